import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { frozenClock } from '../src/base/clock.ts'
import { Instant } from '../src/base/instant.ts'
import { silentLogger } from '../src/base/logger.ts'
import {
  entity,
  type FeatureStore,
  featureService,
  featureView,
  fileSource,
  float64,
  hours,
  int32,
  int64,
  onDemandFeatureView,
  openStore,
  pushSource,
  requestSource,
  string,
  unixTimestamp,
} from '../src/index.ts'
import { openMemoryOnlineStore } from '../src/online/memory/memory-online-store.ts'
import type { OnlineRead, OnlineStore } from '../src/plugin/online-store.ts'
import { getOnlineFeatures } from '../src/store/get-online-features.ts'
import { push } from '../src/store/push.ts'
import type { StoreContext } from '../src/store/store-context.ts'
import { testConfig } from '../src/testing/store-options.ts'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const shop = entity('shop', { joinKey: 'shop_id', type: string })
const small = entity('small', { joinKey: 'small_id', type: int32 })
const hour = entity('hour', { joinKey: 'hour', type: unixTimestamp })

const feed = (name: string) =>
  pushSource(`${name}_push`, {
    batchSource: fileSource(`${name}_file`, {
      path: `data/${name}.parquet`,
      timestampField: 'ts',
      fieldMapping: { cr: 'rate' },
    }),
  })
const stats = featureView('stats', {
  entities: [driver],
  ttl: hours(1),
  schema: { rate: float64, trips: int64 },
  source: feed('stats'),
})
const more = featureView('more', { entities: [driver], schema: { level: string }, source: feed('more') })
const sales = featureView('sales', { entities: [driver, shop], schema: { sold: int64 }, source: feed('sales') })
const odd = featureView('odd', { entities: [small, hour], schema: { x: int64 }, source: feed('odd') })
const shared = featureView('shared', { entities: [driver], schema: { rate: float64 }, source: feed('stats') })
const trip = requestSource('trip', { distance: float64 })
const fare = onDemandFeatureView('fare', {
  sources: { stats, trip },
  schema: { price: float64 },
  transform: ({ stats: row, trip: { distance } }) => ({ price: row.rate === null ? null : row.rate * distance }),
})
const drivers = featureService('drivers', [stats.select('trips'), more, fare])

const noon = Instant.parse('2024-03-01T12:00:00Z') ?? Instant.fromEpochMicros(0n)
const time = (minutes: number): Instant => Instant.fromEpochMicros(noon.epochMicros + BigInt(minutes) * 60_000_000n)

let folder: string
let store: FeatureStore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'online-'))
  const configuration = {
    project: 'p',
    provider: 'local',
    registry: 'registry.db',
    online_store: { type: 'sqlite', path: 'o.db' },
  }
  const definitions = [driver, shop, small, hour, stats, more, sales, odd, shared, fare, drivers]
  store = await openStore(configuration, { definitions, repoPath: folder, clock: frozenClock(noon) })
  await store.apply()
  await store.push({
    source: 'stats_push',
    rows: [
      { driver_id: 1n, ts: time(-10), rate: 0.5, trips: 5n },
      { driver_id: 2, ts: '2024-03-01T10:00:00Z', rate: 0.25, trips: 2 },
      { driver_id: 3, ts: new Date(noon.toDate().getTime() - 60_000), rate: null, trips: 3n },
    ],
  })
  await store.push({ source: 'more_push', rows: [{ driver_id: 1, ts: time(-500), level: 'gold' }] })
  await store.push({ source: 'sales_push', rows: [{ driver_id: 1, shop_id: 's', ts: time(-5), sold: 7 }] })
  await store.push({ source: 'odd_push', rows: [{ small_id: 4, hour: time(0), ts: time(-5), x: 1 }] })
})

afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

describe('an online response', () => {
  test('has a row per entity row, in order, with keys, request values and features', async () => {
    const entities = [3, 1, 9, 1].map((id) => ({ driver_id: id, distance: 2 }))
    const response = await store.getOnlineFeatures({ features: drivers, entities })
    expect(response.names).toEqual(['driver_id', 'distance', 'trips', 'level', 'price'])
    expect(response.rows()).toEqual([
      { driver_id: 3n, distance: 2, trips: 3n, level: null, price: null },
      { driver_id: 1n, distance: 2, trips: 5n, level: 'gold', price: 1 },
      { driver_id: 9n, distance: 2, trips: null, level: null, price: null },
      { driver_id: 1n, distance: 2, trips: 5n, level: 'gold', price: 1 },
    ])
    expect(response.statuses('trips')).toEqual(['PRESENT', 'PRESENT', 'NOT_FOUND', 'PRESENT'])
    expect(response.statuses('price')).toEqual(['NULL_VALUE', 'PRESENT', 'NULL_VALUE', 'PRESENT'])
    expect(response.statuses('driver_id')).toEqual(['PRESENT', 'PRESENT', 'PRESENT', 'PRESENT'])
    expect(response.eventTimestamps('level')).toEqual([null, time(-500), null, time(-500)])
    expect(response.eventTimestamps('price')).toEqual([null, null, null, null])
    expect(response.toDict().trips).toEqual([3n, 5n, null, 5n])
  })

  test('tells a stored null, a missing key and a value outside its ttl apart', async () => {
    const entities = { driver_id: [1, 2, 3, 4] }
    const response = await store.getOnlineFeatures({ features: [stats], entities })
    expect(response.column('rate')).toEqual([0.5, 0.25, null, null])
    expect(response.statuses('rate')).toEqual(['PRESENT', 'OUTSIDE_MAX_AGE', 'NULL_VALUE', 'NOT_FOUND'])
    expect(response.eventTimestamps('rate')).toEqual([time(-10), time(-120), time(-1), null])
  })

  test('counts a value that is exactly as old as its ttl as present', async () => {
    await store.push({ source: 'stats_push', rows: [{ driver_id: 60, ts: time(-60), rate: 1, trips: 1 }] })
    await store.push({ source: 'stats_push', rows: [{ driver_id: 61, ts: time(-61), rate: 1, trips: 1 }] })
    const response = await store.getOnlineFeatures({ features: ['stats:rate'], entities: { driver_id: [60, 61] } })
    expect(response.statuses('rate')).toEqual(['PRESENT', 'OUTSIDE_MAX_AGE'])
  })

  test('takes features by reference, bare view name and view, and names them in full when asked', async () => {
    const entities = [{ driver_id: 1, shop_id: 's' }]
    const response = await store.getOnlineFeatures({
      features: ['stats:rate', more, 'sales'],
      entities,
      fullFeatureNames: true,
    })
    expect(response.rows()).toEqual([
      { driver_id: 1n, shop_id: 's', stats__rate: 0.5, more__level: 'gold', sales__sold: 7n },
    ])
  })

  test('finds keys of every type that a key can have', async () => {
    const response = await store.getOnlineFeatures({
      features: ['odd:x'],
      entities: [
        { small_id: 4, hour: '2024-03-01T12:00:00Z' },
        { small_id: 5, hour: noon },
      ],
    })
    expect(response.column('x')).toEqual([1n, null])
  })

  test('keeps the entity values of its request, whatever the caller does with his own', async () => {
    const entities = { driver_id: [1, 3] }
    const response = await store.getOnlineFeatures({ features: ['stats:trips'], entities })
    entities.driver_id[0] = 9
    expect(response.rows()).toEqual([
      { driver_id: 1n, trips: 5n },
      { driver_id: 3n, trips: 3n },
    ])
  })

  test('of no rows is empty', async () => {
    const response = await store.getOnlineFeatures({ features: drivers, entities: [] })
    expect([response.rowCount, response.rows(), response.column('price')]).toEqual([0, [], []])
  })

  test('ignores columns that nobody needs', async () => {
    const response = await store.getOnlineFeatures({
      features: ['more:level'],
      entities: { driver_id: [1], other: ['x'] },
    })
    expect(response.rows()).toEqual([{ driver_id: 1n, level: 'gold' }])
  })

  test('knows its columns', async () => {
    const response = await store.getOnlineFeatures({ features: ['stats:rate'], entities: { driver_id: [1] } })
    expect(() => response.column('rat')).toThrow('Did you mean "rate"?')
  })
})

describe('an online read refuses', () => {
  const features = ['stats:rate', 'fare:price']
  test.each([
    ['a missing join key', [{ driver: 1, distance: 1 }], 'FTS5001', 'Rename "driver" to "driver_id".'],
    ['a join key that one row lacks', [{ driver_id: 1, distance: 1 }, { distance: 1 }], 'FTS5001', 'entity row 1'],
    ['a null join key', [{ driver_id: null, distance: 1 }], 'FTS5001', 'is null in entity row 0'],
    ['a hole in a column', { driver_id: new Array(1), distance: [1] }, 'FTS5001', 'is missing in entity row 0'],
    [
      'a key of another type',
      [{ driver_id: 'x', distance: 1 }],
      'FTS5003',
      '"driver_id" of entity row 0 is Int64, and "x" is not',
    ],
    ['a key that is no whole number', [{ driver_id: 1.5, distance: 1 }], 'FTS5003', '1.5'],
    ['a key beyond the safe integers', [{ driver_id: 2 ** 53, distance: 1 }], 'FTS5003', '9007199254740992'],
    ['a missing request value', [{ driver_id: 1 }], 'FTS5004', 'on-demand feature view "fare" needs it'],
    [
      'columns of different length',
      { driver_id: [1, 2], distance: [1] },
      'FTS5002',
      'has 1 values, and "driver_id" has 2',
    ],
    ['a column that is no list', { driver_id: 1 }, 'FTS5002', 'is no array'],
    ['no columns at all', {}, 'FTS5002', 'no columns'],
  ])('%s', async (_, entities, code, words) => {
    const read = store.getOnlineFeatures({ features, entities: entities as never })
    await expect(read).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
  })

  test('an unknown feature, with the nearest name', async () => {
    const read = store.getOnlineFeatures({ features: ['stats:rates'], entities: { driver_id: [1] } })
    await expect(read).rejects.toThrow('Did you mean "rate"?')
  })
})

describe('a push', () => {
  const at = time(-3)

  test('reaches every view that the source feeds, and says what it did', async () => {
    const rows = [{ driver_id: 70, ts: at, rate: 0.7, trips: 7 }]
    const summary = await store.push({ source: 'stats_push', rows })
    expect(summary).toEqual({
      online: [
        { view: 'stats', written: 1, stale: 0 },
        { view: 'shared', written: 1, stale: 0 },
      ],
      offline: [],
    })
    const read = await store.getOnlineFeatures({ features: ['shared:rate'], entities: { driver_id: [70] } })
    expect(read.column('rate')).toEqual([0.7])
  })

  test('keeps the newest row of a key, in one push and in the store', async () => {
    const row = (minutes: number, trips: number) => ({ driver_id: 71, ts: time(minutes), rate: 0, trips })
    await store.push({ source: 'stats_push', rows: [row(-9, 9), row(-7, 7), row(-8, 8)] })
    const late = await store.push({ source: 'stats_push', rows: [row(-10, 10)] })
    expect(late.online[0]).toEqual({ view: 'stats', written: 0, stale: 1 })
    const read = await store.getOnlineFeatures({ features: ['stats:trips'], entities: { driver_id: [71] } })
    expect(read.column('trips')).toEqual([7n])
  })

  test('takes columns by their names in the source as well', async () => {
    await store.push({ source: 'stats_push', rows: [{ driver_id: 72, ts: at, cr: 0.72, trips: 1 }] })
    const read = await store.getOnlineFeatures({ features: ['stats:rate'], entities: { driver_id: [72] } })
    expect(read.column('rate')).toEqual([0.72])
  })

  test('of features that are all null is left out with a warning, as in Feast', async () => {
    const rows = [{ driver_id: 73, ts: at, rate: null, trips: null }]
    expect((await store.push({ source: 'stats_push', rows })).online[0]).toMatchObject({ written: 0 })
    const read = await store.getOnlineFeatures({ features: ['stats:rate'], entities: { driver_id: [73] } })
    expect(read.statuses('rate')).toEqual(['NOT_FOUND'])
  })

  test.each([
    ['an unknown source', 'stat_push', [], 'FTS5020', 'Did you mean "stats_push"?'],
    [
      'rows without a feature',
      'stats_push',
      [{ driver_id: 1, ts: at, rate: 1, trip: 1 }],
      'FTS5021',
      'Rename "trip" to "trips".',
    ],
    ['rows without an event time', 'stats_push', [{ driver_id: 1, rate: 1, trips: 1 }], 'FTS5021', '"ts"'],
    [
      'a null join key',
      'stats_push',
      [{ driver_id: null, ts: at, rate: 1, trips: 1 }],
      'FTS5021',
      '"driver_id" of row 0 is null',
    ],
    [
      'a null event time',
      'stats_push',
      [{ driver_id: 1, ts: null, rate: 1, trips: 1 }],
      'FTS5021',
      '"ts" of row 0 is null',
    ],
    ['a value of another type', 'stats_push', [{ driver_id: 1, ts: at, rate: 'x', trips: 1 }], 'FTS5022', 'Float64'],
    ['a time that is none', 'stats_push', [{ driver_id: 1, ts: 'noon', rate: 1, trips: 1 }], 'FTS4503', 'noon'],
  ])('refuses %s', async (_, source, rows, code, words) => {
    const pushed = store.push({ source, rows })
    await expect(pushed).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
  })
})

describe('writeToOnlineStore', () => {
  test('writes rows of one view', async () => {
    const rows = [{ driver_id: 80, ts: time(-2), level: 'new' }]
    expect(await store.writeToOnlineStore({ view: 'more', rows })).toEqual({ written: 1, stale: 0 })
    const read = await store.getOnlineFeatures({ features: ['more:level'], entities: { driver_id: [80] } })
    expect(read.column('level')).toEqual(['new'])
  })

  test('refuses a view that keeps no values, and an unknown one', async () => {
    await expect(store.writeToOnlineStore({ view: 'fare', rows: [] })).rejects.toMatchObject({ code: 'FTS5023' })
    await expect(store.writeToOnlineStore({ view: 'mor', rows: [] })).rejects.toThrow('Did you mean "more"?')
  })
})

test('all views are read by one call, each key once, by a plan that is kept while the registry stays the same', async () => {
  const memory = openMemoryOnlineStore()
  const calls: (readonly OnlineRead[])[] = []
  const counting: OnlineStore = {
    ...memory,
    read: (reads) => {
      calls.push(reads)
      return memory.read(reads)
    },
    write: (batch) => memory.write(batch),
  }
  const contents = await store.contents()
  let lookups = 0
  const seen = new Proxy(contents, {
    get: (target, name, receiver) => {
      if (name === 'featureViews') lookups++
      return Reflect.get(target, name, receiver)
    },
  })
  const context: StoreContext = {
    config: testConfig({ project: 'p' }),
    project: 'p',
    repoPath: folder,
    clock: frozenClock(noon),
    logger: silentLogger,
    registry: {
      location: '',
      load: () => refuse(),
      transact: () => refuse(),
      remove: () => refuse(),
      close: () => refuse(),
    },
    contents: async () => seen,
    remember: () => {},
    onlineStore: async () => counting,
    offlineStore: () => refuse(),
    onDemandFunction: async () => undefined,
  }
  await push(context, { source: 'more_push', rows: [{ driver_id: 1, ts: noon, level: 'gold' }] })
  lookups = 0
  const request = { features: ['stats:rate', 'more:level'], entities: { driver_id: [1, 2, 1, 1] } }
  const first = await getOnlineFeatures(context, request)
  expect(first.column('level')).toEqual(['gold', null, 'gold', 'gold'])
  expect(calls.map((reads) => reads.map((read) => read.entityKeys.length))).toEqual([[2, 2]])
  const lookupsOnce = lookups
  await getOnlineFeatures(context, request)
  expect(lookupsOnce).toBeGreaterThan(0)
  expect(lookups).toBe(lookupsOnce)
})

function refuse(): Promise<never> {
  return Promise.reject(new Error('an online read has no business here'))
}
