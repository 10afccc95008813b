import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { entity, type FeatureStore, featureView, fileSource, int64, openStore, string } from '../../src/index.ts'
import { startHttpServer } from '../../src/serve/http/http-server.ts'
import type { RunningServer } from '../../src/serve/serving-context.ts'

let folder: string
let store: FeatureStore
let server: RunningServer

const user = entity('user', { joinKey: 'user_id', type: int64 })
const source = fileSource('file', { path: 'data/v.parquet', timestampField: 'ts' })
const profile = featureView('profile', { entities: [user], schema: { number: int64, about: string }, source })
const users = 400
const about = (id: number): string => `user ${id} `.repeat(300)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'large-'))
  const online = { type: 'sqlite', path: 'online.db' }
  const configuration = { project: 'p', provider: 'local', registry: 'registry.db', online_store: online }
  store = await openStore(configuration, { definitions: [user, profile], repoPath: folder })
  await store.apply()
  const rows = Array.from({ length: users }, (_, id) => {
    return { user_id: id, ts: new Date(), number: id * 1000, about: about(id) }
  })
  await store.writeToOnlineStore({ view: 'profile', rows })
  server = await startHttpServer({ store })
})

afterAll(async () => {
  await server.close()
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

function requestOf(ids: readonly number[]): string {
  const body = JSON.stringify({ features: ['profile:number', 'profile:about'], entities: { user_id: ids } })
  return `POST /get-online-features HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

/** Sends requests one behind the other on one connection, begins to read late, and gives the bodies of the answers. */
async function pipelined(requests: readonly (readonly number[])[], pauseMillis: number): Promise<readonly string[]> {
  const socket = connect(server.port, '127.0.0.1')
  let received = Buffer.alloc(0)
  const bodies: string[] = []
  try {
    socket.write(requests.map(requestOf).join(''))
    // More than the system keeps for a connection: the server has to wait in the middle of an answer.
    await new Promise((resolve) => setTimeout(resolve, pauseMillis))
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer])
      for (;;) {
        const head = received.indexOf('\r\n\r\n')
        const length = Number(
          /content-length: (\d+)/i.exec(received.subarray(0, head).toString('latin1'))?.[1] ?? 'NaN',
        )
        if (head < 0 || received.length < head + 4 + length) break
        bodies.push(received.subarray(head + 4, head + 4 + length).toString())
        received = received.subarray(head + 4 + length)
      }
      if (bodies.length === requests.length) break
    }
  } finally {
    socket.destroy()
  }
  return bodies
}

interface Answer {
  readonly results: readonly { readonly values: readonly unknown[] }[]
}

// The bytes of a long answer are lent to the connection and used again when they were sent.
test('every one of many large answers is its own, however slowly it is read, and whoever hangs up', async () => {
  const idsOf = (seed: number): readonly number[] =>
    Array.from({ length: 100 + ((seed * 37) % 150) }, (_, row) => (seed * 101 + row * 7) % users)
  const connections = Array.from({ length: 7 }, async (_, connection) => {
    const requests = Array.from({ length: 24 }, (__, index) => idsOf(connection * 24 + index))
    // Some go away in the middle of their answers.
    if (connection % 3 === 2) {
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(requests.map(requestOf).join(''))
      await new Promise((resolve) => setTimeout(resolve, 40))
      socket.destroy()
      return
    }
    const bodies = await pipelined(requests, 100 * connection)
    expect(bodies).toHaveLength(requests.length)
    for (const [index, ids] of requests.entries()) {
      const { results } = JSON.parse(bodies[index] ?? '') as Answer
      const numbers = ids.map((id) => id * 1000)
      expect(results.map((result) => result.values)).toEqual([ids, numbers, ids.map(about)])
    }
  })
  await Promise.all(connections)
}, 30_000)
