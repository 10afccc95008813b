import { performance } from 'node:perf_hooks'
import { plainField } from '../../src/model/field.ts'
import { parseConnectionString, redisConfig } from '../../src/online/redis/redis-config.ts'
import { RedisConnection } from '../../src/online/redis/redis-driver.ts'
import { openRedisOnlineStore } from '../../src/online/redis/redis-online-store.ts'
import type { OnlineRead, OnlineStore, OnlineTable } from '../../src/plugin/online-store.ts'
import { testStoreOptions } from '../../src/testing/store-options.ts'
import { float64, int64 } from '../../src/types/data-type.ts'
import { serializeEntityKey } from '../../src/types/entity-key.ts'
import { encodeValue } from '../../src/types/value-codec.ts'

/** What one kind of request costs through our client, without a server around it. */
export interface FloorFigure {
  readonly name: string
  /** Of this process, user and system, per request. */
  readonly cpuMicros: number
  readonly requestsPerSecond: number
}

const [viewCount, featuresPerView, entityCount, concurrency] = [5, 10, 10_000, 8]
const project = 'redis_floor'

const tables: readonly OnlineTable[] = Array.from({ length: viewCount }, (_, view) => ({
  project,
  view: `view${view}`,
  version: null,
  joinKeys: ['user_id'],
  features: Array.from({ length: featuresPerView }, (_, feature) =>
    plainField(`f${view}_${feature}`, feature % 2 === 0 ? int64 : float64),
  ),
}))

const features = tables.map((table) => table.features.map((field) => field.name))
const keyOf = (id: number): Uint8Array => serializeEntityKey(['user_id'], [{ kind: 'int64', value: BigInt(id) }], 3)
const keys = Array.from({ length: entityCount }, (_, id) => keyOf(id))

/**
 * The floor of serving: PING, GET of a small value, and reads of 50 features of 5 views with their event times, at 1, 10
 * and 100 rows, each with eight requests under way. Data is loaded into a project of its own and deleted again.
 *
 * @param connectionString as in `feature_store.yaml`, of a single server.
 */
export async function measureRedisFloor(connectionString: string, seconds = 2): Promise<readonly FloorFigure[]> {
  const options = testStoreOptions({ type: 'redis', options: { connection_string: connectionString } }, '/')
  const store = await openRedisOnlineStore(options)
  const [address = { host: 'localhost', port: 6379 }] = parseConnectionString(connectionString).addresses
  const connection = await RedisConnection.open(address, redisConfig(options).connection)
  try {
    await load(store)
    const small = `${project}:small`
    await connection.command(['SET', small, '0123456789'])
    const figures: FloorFigure[] = [
      await measure('PING', seconds, () => connection.command(['PING'])),
      await measure('GET', seconds, () => connection.command(['GET', small])),
    ]
    for (const rows of [1, 10, 100]) {
      figures.push(await measure(`HMGET ${rows} × 55`, seconds, () => store.read(randomReads(rows))))
    }
    await connection.command(['DEL', small])
    return figures
  } finally {
    await store.teardown(tables)
    await store.close()
    connection.close()
  }
}

/** {@link measureRedisFloor} in one sentence. */
export async function measureFloor(port: number): Promise<string> {
  const figures = await measureRedisFloor(`127.0.0.1:${port}`)
  const texts = figures.map(({ name, cpuMicros, requestsPerSecond }) => {
    return `${name} ${cpuMicros.toFixed(1)} µs (${Math.round(requestsPerSecond)}/s)`
  })
  return `The floor, cpu per request of our Redis client alone with ${concurrency} under way: ${texts.join(', ')}.`
}

function randomReads(rows: number): readonly OnlineRead[] {
  const entityKeys = Array.from({ length: rows }, () => keys[Math.floor(Math.random() * entityCount)] as Uint8Array)
  return tables.map((table, view) => ({ table, features: features[view] ?? [], entityKeys }))
}

async function load(store: OnlineStore): Promise<void> {
  for (const table of tables) {
    const values = table.features.map(({ type }, feature) =>
      keys.map((_, id) => encodeValue(feature % 2 === 0 ? BigInt(id * 97 + feature) : Math.sqrt(id + feature), type)),
    )
    const eventMicros = keys.map((_, id) => 1_795_000_000_000_000n + BigInt(id))
    await store.write({ table, entityKeys: keys, values, eventMicros, createdMicros: keys.map(() => null) })
  }
}

async function measure(name: string, seconds: number, request: () => Promise<unknown>): Promise<FloorFigure> {
  const loop = async (milliseconds: number): Promise<number> => {
    const end = performance.now() + milliseconds
    let count = 0
    const client = async (): Promise<void> => {
      while (performance.now() < end) {
        await request()
        count++
      }
    }
    await Promise.all(Array.from({ length: concurrency }, client))
    return count
  }
  await loop(300)
  const before = process.cpuUsage()
  const start = performance.now()
  const count = await loop(seconds * 1000)
  const elapsed = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(before)
  return { name, cpuMicros: (user + system) / count, requestsPerSecond: count / elapsed }
}

if (import.meta.main) {
  const [connectionString = 'localhost:6379', seconds = '2'] = process.argv.slice(2)
  for (const { name, cpuMicros, requestsPerSecond } of await measureRedisFloor(connectionString, Number(seconds))) {
    console.log(`${name.padEnd(16)} ${cpuMicros.toFixed(1).padStart(8)} µs cpu  ${requestsPerSecond.toFixed(0)} /s`)
  }
}
