import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createClient, type FeastClient, FeastClientError } from './index.ts'

const servers: Server[] = []

/** A client of a server that answers as told. */
async function clientOf(
  answer: RequestListener,
  options: { retries?: number; timeoutMs?: number } = {},
): Promise<FeastClient> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ...options })
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const read = { features: ['v:f'], entities: { id: [1] } } as const
const push = { source: 's', rows: [{ id: 1 }] } as const
const empty = '{"results":[],"metadata":{"feature_names":[]}}'

/** Answers with the given statuses in turn, the last one for ever; and counts. */
function inTurn(...answers: readonly (readonly [number, string])[]): RequestListener & { asked: number } {
  const listener = Object.assign(
    ((_, response) => {
      const [status, body] = answers[Math.min(listener.asked, answers.length - 1)] ?? [500, '']
      listener.asked += 1
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    }) as RequestListener,
    { asked: 0 },
  )
  return listener
}

describe('errors', () => {
  it.each([
    [
      'of our server',
      422,
      '{"code":"FTS5022","message":"no","field":"df.rate[0]","hint":"h","notes":["n"]}',
      { code: 'FTS5022', message: 'no', field: 'df.rate[0]', hint: 'h', notes: ['n'] },
    ],
    [
      'of Feast, as recorded',
      422,
      '"{\\"module\\": \\"feast.errors\\", \\"class\\": \\"PushSourceNotFoundException\\", \\"message\\": \\"Unable to find push source \'nope\'.\\"}"',
      { code: 'PushSourceNotFoundException', message: "Unable to find push source 'nope'.", field: undefined },
    ],
    [
      'of Python behind Feast, as recorded',
      500,
      '"All arrays must be of the same length"',
      { code: 'HTTP_500', message: 'All arrays must be of the same length' },
    ],
    [
      'of FastAPI, as recorded',
      422,
      '{"detail":[{"type":"missing","loc":["body","df"],"msg":"Field required","input":{"to":"online"}}]}',
      { code: 'VALIDATION', message: 'df: Field required', field: 'df' },
    ],
    ['of a path that is not there', 404, '{"detail":"Not Found"}', { code: 'HTTP_404', message: 'Not Found' }],
    ['of a proxy', 400, '<html>bad</html>', { code: 'HTTP_400', message: '<html>bad</html>' }],
    ['without words', 400, '', { code: 'HTTP_400', message: 'The server answered with status 400.' }],
  ])('%s are read', async (_, status, body, wanted) => {
    const client = await clientOf(inTurn([status, body]))
    const error: unknown = await client.push(push).catch((fault: unknown) => fault)
    expect(error).toBeInstanceOf(FeastClientError)
    expect(error).toMatchObject({ status, ...wanted })
  })

  it('say so when an answer is not one of a feature server', async () => {
    await expect((await clientOf(inTurn([200, '[]']))).getOnlineFeatures(read)).rejects.toMatchObject({
      code: 'BAD_ANSWER',
    })
    await expect((await clientOf(inTurn([200, 'hello']))).getOnlineFeatures(read)).rejects.toMatchObject({
      code: 'BAD_ANSWER',
    })
  })
})

describe('what is tried again', () => {
  it('is a read that meets a busy server, so often and not more', async () => {
    const twice = inTurn([503, ''], [504, ''], [200, empty])
    expect((await (await clientOf(twice)).getOnlineFeatures(read)).rowCount).toBe(0)
    const always = inTurn([503, '{"code":"FTS7006","message":"busy"}'])
    await expect((await clientOf(always, { retries: 1 })).getOnlineFeatures(read)).rejects.toMatchObject({
      code: 'FTS7006',
    })
    expect([twice.asked, always.asked]).toEqual([3, 2])
  })

  it('is a read whose connection breaks', async () => {
    let asked = 0
    const client = await clientOf((request, response) => {
      asked += 1
      if (asked < 3) request.socket.destroy()
      else response.end(empty)
    })
    await client.getOnlineFeatures(read)
    expect(asked).toBe(3)
  })

  it('is no write', async () => {
    const busy = inTurn([503, ''])
    await expect((await clientOf(busy)).push(push)).rejects.toMatchObject({ status: 503 })
    expect(busy.asked).toBe(1)
  })

  it('is no request that is at fault itself', async () => {
    const refused = inTurn([404, '{"code":"FTS3104","message":"no"}'])
    await expect((await clientOf(refused)).getOnlineFeatures(read)).rejects.toMatchObject({ code: 'FTS3104' })
    expect(refused.asked).toBe(1)
  })
})

describe('time', () => {
  it('runs out for each attempt', async () => {
    let asked = 0
    const client = await clientOf(
      () => {
        asked += 1
      },
      { timeoutMs: 200, retries: 1 },
    )
    await expect(client.getOnlineFeatures(read)).rejects.toMatchObject({ code: 'TIMEOUT', status: 0 })
    await expect(client.push({ ...push, timeoutMs: 150 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(asked).toBe(3)
  })

  it('runs out, and the signal ends it, also while the headers are made', async () => {
    const headers = (): Promise<never> => new Promise(() => {})
    const client = createClient({ url: 'http://127.0.0.1:9', headers, timeoutMs: 20, retries: 1 })
    await expect(client.getOnlineFeatures(read)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('headers'),
    })
    const signal = AbortSignal.timeout(10)
    await expect(client.getOnlineFeatures({ ...read, timeoutMs: 0, signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })

  it('is not spent on headers that cannot be made, whose error comes as it is', async () => {
    const fault = new Error('no token')
    const client = createClient({ url: 'http://127.0.0.1:9', headers: () => Promise.reject(fault) })
    await expect(client.getOnlineFeatures(read)).rejects.toBe(fault)
  })

  it('ends with the signal of the caller, also between two attempts', async () => {
    const client = await clientOf(inTurn([503, '']), { retries: 100 })
    const reason = new Error('enough')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 20)
    await expect(client.getOnlineFeatures({ ...read, signal: controller.signal })).rejects.toBe(reason)
    await expect(client.push({ ...push, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('is not wasted on a server that is not there, which is not healthy', async () => {
    const client = createClient({ url: 'http://user:secret@127.0.0.1:9', retries: 0 })
    await expect(client.getOnlineFeatures(read)).rejects.toMatchObject({ code: 'NETWORK' })
    const error: unknown = await client.getOnlineFeatures(read).catch((fault: unknown) => fault)
    expect(String(error)).not.toContain('secret')
    expect(await client.health()).toBe(false)
    expect(await (await clientOf(inTurn([503, '']), { retries: 0 })).health()).toBe(false)
    expect(await (await clientOf(inTurn([200, '']))).health()).toBe(true)
  })
})

describe('a request', () => {
  it('goes below the path of the URL, with the headers of the moment', async () => {
    const seen: unknown[] = []
    const server = createServer((request, response) => {
      seen.push([request.url, request.headers.authorization])
      response.end(empty)
    }).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    let token = 0
    const client = createClient({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/feast/`,
      headers: async () => ({ authorization: `Bearer ${++token}` }),
    })
    await client.getOnlineFeatures(read)
    await client.getOnlineFeatures(read)
    expect(seen).toEqual([
      ['/feast/get-online-features', 'Bearer 1'],
      ['/feast/get-online-features', 'Bearer 2'],
    ])
  })

  it('is sent by the function that was given', async () => {
    const bodies: string[] = []
    const client = createClient({
      url: 'http://features.test',
      fetch: async (url, init) => {
        bodies.push(`${url} ${String(init?.body)}`)
        return new Response(empty)
      },
    })
    const when = new Date(0)
    await client.getOnlineFeatures({ features: ['v:f'], entities: [{ id: 9007199254740993n, when }, { id: 2 }] })
    expect(bodies).toEqual([
      'http://features.test/get-online-features {"features":["v:f"],' +
        '"entities":{"id":[9007199254740993,2],"when":["1970-01-01T00:00:00.000Z",null]},"full_feature_names":false}',
    ])
  })
})
