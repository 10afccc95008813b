import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { plainField } from '../../model/field.ts'
import { cellBytes } from '../../plugin/online-cells.ts'
import type { OnlineRead, OnlineStore, OnlineTable } from '../../plugin/online-store.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { string } from '../../types/data-type.ts'
import { serializeEntityKey } from '../../types/entity-key.ts'
import { redisConfig } from './redis-config.ts'
import { RedisConnection } from './redis-driver.ts'
import { openRedisOnlineStore } from './redis-online-store.ts'

/** A server of which a test says what it answers: to the login at once, to all else as `answer` does. */
let server: Server
let sockets: Socket[]
let connections: number
let answer: (socket: Socket, request: string) => void

beforeEach(async () => {
  sockets = []
  connections = 0
  server = createServer((socket) => {
    sockets.push(socket)
    connections++
    let isLoggedIn = false
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      if (isLoggedIn) answer(socket, bytes.toString('latin1'))
      else socket.write('+OK\r\n')
      isLoggedIn = true
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

async function open(settings = '', more: object = {}): Promise<OnlineStore & AsyncDisposable> {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const options = { connection_string: `127.0.0.1:${port},socket_timeout=0.3${settings}`, ...more }
  const store = await openRedisOnlineStore(testStoreOptions({ type: 'redis', options }, '/'))
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() })
}

const table: OnlineTable = {
  project: 'p',
  view: 'v',
  version: null,
  joinKeys: ['id'],
  features: [plainField('a', string), plainField('b', string)],
}

function readOf(id: string): OnlineRead {
  return { table, features: ['a', 'b'], entityKeys: [serializeEntityKey(['id'], [{ kind: 'string', value: id }], 3)] }
}

async function read(store: OnlineStore, id: string, signal?: AbortSignal): Promise<string> {
  const [cells] = await store.read([readOf(id)], signal)
  if (cells === undefined) throw new Error('no answer')
  return [0, 1].map((feature) => Buffer.from(cellBytes(cells, 0, feature) ?? []).toString()).join(' ')
}

const keyStart = Buffer.from(readOf('x').entityKeys[0] ?? [])
  .toString('latin1')
  .slice(0, -1)

/** The keys that are asked for in what was received, which are the ids of {@link readOf}. */
const idsIn = (request: string): readonly string[] =>
  request.split('\r\n').flatMap((line) => (line.startsWith(keyStart) ? [line.charAt(keyStart.length)] : []))

const replyFor = (id: string): string => `*3\r\n$2\r\na${id}\r\n$2\r\nb${id}\r\n$-1\r\n`

it('requests of one turn are sent together, and everyone gets the own answer', async () => {
  await using store = await open()
  const requests: string[] = []
  answer = (socket, request) => {
    requests.push(request)
    socket.write(idsIn(request).map(replyFor).join(''))
  }
  await read(store, 'z')
  const ids = [...'abcdefgh']
  expect(await Promise.all(ids.map((id) => read(store, id)))).toEqual(ids.map((id) => `a${id} b${id}`))
  expect(requests).toHaveLength(2)
  expect(idsIn(requests[1] ?? '')).toEqual(ids)
})

it('answers that come byte by byte are the same answers', async () => {
  await using store = await open()
  answer = async (socket, request) => {
    socket.setNoDelay(true)
    for (const byte of idsIn(request).map(replyFor).join('')) {
      socket.write(byte)
      await sleep(1)
    }
  }
  expect(await Promise.all(['x', 'y'].map((id) => read(store, id)))).toEqual(['ax bx', 'ay by'])
})

it('a connection cut in the middle of a reply fails exactly those whose replies were not complete', async () => {
  await using store = await open()
  let cuts = 0
  answer = (socket, request) => {
    const ids = idsIn(request)
    // Whoever is not answered asks once more, on a new connection.
    socket.end(`${replyFor(ids[0] ?? '')}${replyFor(ids[1] ?? '').slice(0, 9)}`, 'latin1')
    cuts++
  }
  const outcomes = await Promise.allSettled(['x', 'y', 'z'].map((id) => read(store, id)))
  expect(cuts).toBe(2)
  expect(outcomes[0]).toEqual({ status: 'fulfilled', value: 'ax bx' })
  expect(outcomes[1]).toEqual({ status: 'fulfilled', value: 'ay by' })
  expect(outcomes[2]).toMatchObject({ status: 'rejected', reason: { code: 'FTS5014' } })
})

it('half an answer that is never finished times out, and what comes late is nobody else’s answer', async () => {
  await using store = await open()
  answer = (socket, request) => socket.write(replyFor(idsIn(request)[0] ?? '').slice(0, 9))
  await expect(read(store, 'x')).rejects.toMatchObject({ code: 'FTS5016' })
  const [first] = sockets
  answer = (socket, request) => {
    first?.write(replyFor('x').slice(9))
    socket.write(replyFor(idsIn(request)[0] ?? ''))
  }
  expect(await read(store, 'y')).toBe('ay by')
  expect(connections).toBe(2)
})

it('a request that is given up gets its reason, and its late answer is thrown away', async () => {
  await using store = await open()
  answer = (socket, request) => {
    setTimeout(() => socket.write(idsIn(request).map(replyFor).join('')), 120)
  }
  const patience = AbortSignal.timeout(40)
  await expect(read(store, 'x', patience)).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(await read(store, 'y')).toBe('ay by')
  expect(connections).toBe(1)
})

it.each([
  ['an answer of another kind', '+PONG\r\n'],
  ['an answer of another length', '*2\r\n$1\r\na\r\n$1\r\nb\r\n'],
  ['more answers than questions', `${replyFor('x')}${replyFor('y')}${replyFor('z')}`],
  ['what is no Redis', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
])('%s ends the connection, and nobody gets it', async (_, bytes) => {
  await using store = await open()
  answer = (socket) => socket.write(bytes)
  const outcomes = await Promise.allSettled(['x', 'y'].map((id) => read(store, id)))
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') expect(outcome.value).toBe(['ax bx', 'ay by'][index])
    else expect(outcome.reason).toMatchObject({ code: 'FTS5018' })
  }
  await sleep(20)
  answer = (socket, request) => socket.write(idsIn(request).map(replyFor).join(''))
  expect(await read(store, 'z')).toBe('az bz')
})

it('an event time that is none is the fault of one request, not of those beside it', async () => {
  await using store = await open()
  answer = (socket, request) => {
    const bad = replyFor('x').replace('$-1\r\n', '$2\r\nxx\r\n')
    socket.write(
      idsIn(request)
        .map((id) => (id === 'x' ? bad : replyFor(id)))
        .join(''),
    )
  }
  const [x, y] = await Promise.allSettled(['x', 'y'].map((id) => read(store, id)))
  expect(x).toMatchObject({ status: 'rejected', reason: { code: 'FTS5084' } })
  expect(y).toEqual({ status: 'fulfilled', value: 'ay by' })
  expect(connections).toBe(1)
})

it('a connection that nobody uses is closed, and not while somebody waits', async () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const given = testStoreOptions({ type: 'redis', options: { connection_string: `127.0.0.1:${port}` } }, '/')
  const options = { ...redisConfig(given).connection, idleMs: 100 }
  const connection = await RedisConnection.open({ host: '127.0.0.1', port }, options)
  answer = (socket) => void setTimeout(() => socket.write('+PONG\r\n'), 250)
  expect(await connection.command(['PING'])).toBe('PONG')
  expect(connection.isOpen).toBe(true)
  await sleep(250)
  expect(connection.isOpen).toBe(false)
  await expect(connection.command(['PING'])).rejects.toThrow(/not used/)
})

it('values beyond the size of one read of the socket arrive whole', async () => {
  await using store = await open()
  const [large, larger] = ['l'.repeat(300_000), 'm'.repeat(700_001)]
  answer = (socket) => socket.write(`*3\r\n$300000\r\n${large}\r\n$700001\r\n${larger}\r\n$-1\r\n`)
  expect(await read(store, 'x')).toBe(`${large} ${larger}`)
})

it('a server that starts is waited for, and no longer than a second', async () => {
  await using store = await open()
  let refusals = 3
  answer = (socket, request) => {
    socket.write(
      refusals-- > 0 ? '-LOADING Redis is loading the dataset in memory\r\n' : replyFor(idsIn(request)[0] ?? ''),
    )
  }
  expect(await read(store, 'x')).toBe('ax bx')
  refusals = Number.POSITIVE_INFINITY
  await expect(read(store, 'x')).rejects.toMatchObject({ code: 'FTS5014' })
})

it('a cluster in which no server keeps any slot is not ready, and nothing is taken for deleted in it', async () => {
  await using store = await open('', { redis_type: 'redis_cluster' })
  answer = (socket) => socket.write('*0\r\n')
  await expect(store.ping()).rejects.toMatchObject({ code: 'FTS5014' })
  await expect(store.teardown([table])).rejects.toMatchObject({ code: 'FTS5014' })
})

it.each(['redis', 'redis_cluster', 'redis_sentinel'])(
  '%s: who asks with a signal is told its reason while the server is still being connected to, others are not',
  async (type) => {
    await using silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const options = { connection_string: `127.0.0.1:${port},socket_connect_timeout=0.4`, redis_type: type }
    const store = await openRedisOnlineStore(testStoreOptions({ type: 'redis', options }, '/'))
    const started = performance.now()
    const patient = read(store, 'x').catch((error: unknown) => error)
    await expect(read(store, 'y', AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(performance.now() - started).toBeLessThan(350)
    expect(await patient).toMatchObject({ code: 'FTS5016' })
    await store.close()
  },
)

it('a server that accepts and says nothing is given up', async () => {
  await using silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  const address = silent.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const options = { connection_string: `127.0.0.1:${port},socket_connect_timeout=0.1,password=s3cret` }
  const store = await openRedisOnlineStore(testStoreOptions({ type: 'redis', options }, '/'))
  const failure = await store.ping().catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'FTS5016' })
  expect(String(failure)).not.toContain('s3cret')
  await store.close()
})
