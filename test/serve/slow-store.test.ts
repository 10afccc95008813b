import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningHttpServer, startHttpServer } from '../../src/serve/http/http-server.ts'
import { servingContext } from '../../src/serve/serving-context.ts'
import { send } from './process-requests.ts'
import { RidesStore } from './rides-store.ts'

const slowStore = fileURLToPath(new URL('./slow-online-store.ts', import.meta.url))
const limits = { request_timeout_seconds: 1, header_timeout_seconds: 0.4, max_concurrent_requests: 4 }
const wanted = { features: ['stats:rate'], entities: { driver_id: [1] } }

let rides: RidesStore
let server: RunningHttpServer
let context: ReturnType<typeof servingContext>
const agent = new Agent({ keepAlive: true })

beforeAll(async () => {
  rides = await RidesStore.open({ serving: { limits }, online_store: { type: slowStore, read_seconds: 30 } })
  context = servingContext({ store: rides.store })
  server = await startHttpServer({ store: rides.store, context })
})

afterAll(async () => {
  agent.destroy()
  await server.close()
  await rides[Symbol.asyncDispose]()
})

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5)
}

const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`

describe('with a store that does not answer', () => {
  test('requests end with 504 after their time, the reads are given up, and none is left over', async () => {
    const started = performance.now()
    const outcomes = await Promise.all([1, 2, 3].map(() => send(agent, url('/get-online-features'), wanted)))
    const millis = performance.now() - started
    expect(outcomes.map(({ status }) => status)).toEqual([504, 504, 504])
    expect(JSON.parse(outcomes[0]?.body ?? '')).toMatchObject({ code: 'FTS7007' })
    expect(millis).toBeGreaterThanOrEqual(990)
    expect(millis).toBeLessThan(6000)
    await until(() => context.gate.inFlight === 0)
  })

  test('what is more than may be at work is answered 503 at once, and other routes go on', async () => {
    const atWork = [1, 2, 3, 4].map(() => send(agent, url('/get-online-features'), wanted))
    await until(() => context.gate.inFlight === 4)
    const refused = await send(agent, url('/get-online-features'), wanted)
    expect(refused.status).toBe(503)
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'FTS7006' })
    const health = await fetch(url('/health'))
    expect(health.status).toBe(200)
    // None of them has ended yet.
    expect(context.gate.inFlight).toBe(4)
    await Promise.all(atWork)
  })

  test('a refusal says when to try again', async () => {
    const atWork = [1, 2, 3, 4].map(() => send(agent, url('/get-online-features'), wanted))
    await until(() => context.gate.inFlight === 4)
    const answer = await fetch(url('/get-online-features'), { method: 'POST', body: JSON.stringify(wanted) })
    expect(answer.headers.get('retry-after')).toBe('1')
    await answer.text()
    await Promise.all(atWork)
  })
})

describe('a client that is slow itself', () => {
  test('is cut off when the head of its request does not come', async () => {
    const socket = connect(server.port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    socket.write('POST /get-online-features HTTP/1.1\r\nhost: x\r\n')
    const started = performance.now()
    await new Promise((resolve) => socket.once('close', resolve))
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(answer).toContain('{"code":"FTS7013",')
    expect(performance.now() - started).toBeLessThan(6000)
  })

  test('is cut off when the body does not come', async () => {
    const sending = request(url('/get-online-features'), { method: 'POST', headers: { 'content-length': 100 } })
    sending.flushHeaders()
    const status = await new Promise((resolve) => {
      sending.once('response', (response) => resolve(response.statusCode))
      sending.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    })
    expect([408, 'ECONNRESET']).toContain(status)
    sending.destroy()
  })
})
