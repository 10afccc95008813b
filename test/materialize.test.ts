import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { frozenClock } from '../src/base/clock.ts'
import { Instant } from '../src/base/instant.ts'
import {
  batchFeatureView,
  days,
  entity,
  type FeatureStore,
  featureView,
  fileSource,
  float64,
  hours,
  int64,
  onDemandFeatureView,
  openStore,
  requestSource,
  string,
} from '../src/index.ts'
import { writeParquet } from './write-parquet.ts'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const city = entity('city', { joinKey: 'city', type: string })
const source = (name: string) =>
  fileSource(name, { path: `data/${name}.parquet`, timestampField: 'ts', createdTimestampColumn: 'created' })

const stats = featureView('stats', {
  entities: [driver],
  ttl: hours(2),
  schema: { rate: float64, trips: int64 },
  source: source('stats'),
})
const ageless = featureView('ageless', { entities: [driver], schema: { trips: int64 }, source: source('stats') })
const offlineOnly = featureView('offline_only', {
  entities: [driver],
  schema: { trips: int64 },
  source: source('stats'),
  online: false,
})
const pairs = featureView('pairs', { entities: [driver, city], schema: { n: int64 }, source: source('pairs') })
const global = featureView('global', { schema: { trips: int64 }, source: source('stats') })
const doubled = onDemandFeatureView('doubled', {
  entities: [driver],
  sources: { stats },
  schema: { twice: int64 },
  writeToOnlineStore: true,
  transform: ({ stats: row }) => ({ twice: row.trips === null ? null : row.trips * 2n }),
})
const definitions = [driver, city, stats, ageless, offlineOnly, pairs, global, doubled]

const at = (clock: string): Instant => Instant.parse(`2024-03-01T${clock}Z`) ?? Instant.fromEpochMicros(0n)
const now = at('13:00:00')
const whole = { start: at('00:00:00'), end: at('12:00:00') }

const row = (id: bigint | null, clock: string, trips: bigint | null, created = clock) => ({
  driver_id: id,
  ts: at(clock),
  created: at(created),
  rate: Number(trips ?? 0n) / 100,
  trips,
})

let folder: string
let store: FeatureStore
let repo: string
let repos = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'materialize-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

beforeEach(async () => {
  repo = join(folder, `repo${repos++}`)
  await writeParquet(join(repo, 'data/stats.parquet'), [
    row(1n, '08:00:00', 8n),
    row(1n, '10:00:00', 10n),
    row(1n, '11:00:00', 11n, '11:10:00'),
    row(1n, '11:00:00', 12n, '11:20:00'),
    row(2n, '10:30:00', 20n),
    row(3n, '09:00:00', 30n),
    row(3n, '11:30:00', null),
    row(null, '11:00:00', 99n),
  ])
  await writeParquet(join(repo, 'data/pairs.parquet'), [
    { driver_id: 1n, city: 'Ulm', ts: at('10:00:00'), created: at('10:00:00'), n: 1n },
    { driver_id: 1n, city: 'Bonn', ts: at('10:00:00'), created: at('10:00:00'), n: 2n },
    { driver_id: 1n, city: 'Ulm', ts: at('11:00:00'), created: at('11:00:00'), n: 3n },
    { driver_id: 2n, city: null, ts: at('11:00:00'), created: at('11:00:00'), n: 4n },
  ])
  store = await open()
  await store.apply()
  return () => store.close()
})

function open(change: Readonly<Record<string, unknown>> = {}): Promise<FeatureStore> {
  const configuration = {
    project: 'shop',
    provider: 'local',
    registry: 'data/registry.db',
    online_store: { type: 'sqlite', path: 'data/online.db' },
    offline_store: { type: 'file' },
    entity_key_serialization_version: 3,
    ...change,
  }
  return openStore(configuration, { definitions, repoPath: repo, clock: frozenClock(now) })
}

/** What the SQLite file holds of one feature: value by event time, in order of keys. */
function stored(view: string, feature: string): unknown[] {
  const database = new DatabaseSync(join(repo, 'data/online.db'))
  try {
    const sql = `SELECT value_text AS value, time(event_ts, 'unixepoch') AS at FROM "shop_${view}" WHERE feature_name = ? ORDER BY entity_key`
    return database.prepare(sql).all(feature)
  } finally {
    database.close()
  }
}

async function intervals(view: string): Promise<readonly string[]> {
  const found = (await store.refreshRegistry()).featureViews.find((each) => each.name === view)
  return (found?.intervals ?? []).map(({ start, end }) => `${start} – ${end}`)
}

const day = (clock: string): string => `2024-03-01T${clock}Z`

describe('materialize', () => {
  test('stores the latest row per key by event, then created, and counts null keys', async () => {
    const summary = await store.materialize({ ...whole, views: ['stats'] })
    expect(summary.views).toEqual([{ view: 'stats', ...whole, written: 3, stale: 0, nullKeys: 1 }])
    expect(stored('stats', 'trips')).toEqual([
      { value: '12', at: '11:00:00' },
      { value: '20', at: '10:30:00' },
      { value: null, at: '11:30:00' },
    ])
    expect(await intervals('stats')).toEqual([`${day('00:00:00')} – ${day('12:00:00')}`])
  })

  test('takes texts without a zone as UTC, and dates', async () => {
    await store.materialize({ start: '2024-03-01T09:00:00', end: new Date('2024-03-01T10:30:00Z'), views: ['stats'] })
    expect(stored('stats', 'trips')).toEqual([
      { value: '10', at: '10:00:00' },
      { value: '20', at: '10:30:00' },
      { value: '30', at: '09:00:00' },
    ])
  })

  test('leaves newer rows alone when an older window comes later, and says how many', async () => {
    await store.materialize({ ...whole, views: ['stats'] })
    const before = stored('stats', 'trips')
    const older = await store.materialize({ start: at('00:00:00'), end: at('10:00:00'), views: ['stats'] })
    expect(older.views).toMatchObject([{ written: 0, stale: 2 }])
    expect(stored('stats', 'trips')).toEqual(before)
    expect(await intervals('stats')).toHaveLength(2)
  })

  test('without names takes all views that are served online, and on-demand views that are stored', async () => {
    const summary = await store.materialize(whole)
    expect(summary.views.map((each) => [each.view, each.written]).sort()).toEqual([
      ['ageless', 3],
      ['doubled', 3],
      ['global', 1],
      ['pairs', 2],
      ['stats', 3],
    ])
    expect(stored('doubled', 'twice').map((each) => Object.values(each as object)[0])).toEqual(['24', '40', null])
    const read = await store.getOnlineFeatures({ features: [pairs], entities: [{ driver_id: 1, city: 'Ulm' }] })
    expect(read.column('n')).toEqual([3n])
    const everywhere = await store.getOnlineFeatures({ features: [global], entities: [{}, {}] })
    expect(everywhere.column('trips')).toEqual([null, null])
    expect(everywhere.statuses('trips')).toEqual(['NULL_VALUE', 'NULL_VALUE'])
  })

  test('with an empty list of names does nothing', async () => {
    expect(await store.materialize({ ...whole, views: [] })).toEqual({ views: [] })
  })

  test('an empty window is recorded too, and start may equal end', async () => {
    const start = at('10:00:00')
    const summary = await store.materialize({ start, end: start, views: [stats, 'ageless'] })
    expect(summary.views.map((each) => each.written)).toEqual([1, 1])
    await store.materialize({ start: at('01:00:00'), end: at('02:00:00'), views: ['stats'] })
    expect(await intervals('stats')).toHaveLength(2)
  })

  test('without a window takes all of history when event timestamps are disabled', async () => {
    const summary = await store.materialize({ disableEventTimestamp: true, views: ['stats'] })
    expect(summary.views).toMatchObject([{ start: Instant.fromEpochMicros(0n), end: now, written: 3 }])
    expect(stored('stats', 'trips')[0]).toEqual({ value: '12', at: '11:00:00' })
  })

  test('writes in batches of the configured size', async () => {
    await store.close()
    store = await open({ materialization: { online_write_batch_size: 2 } })
    const rowsDone: number[] = []
    await store.materialize({
      ...whole,
      views: ['stats'],
      onProgress: (progress) => {
        expect(progress).toMatchObject({ view: 'stats', viewNumber: 1, viewCount: 1, ...whole })
        rowsDone.push(progress.rowsDone)
      },
    })
    expect(rowsDone).toEqual([0, 2, 3])
  })

  test('a cancelled run records nothing, and the same call succeeds later', async () => {
    await store.close()
    store = await open({ materialization: { online_write_batch_size: 1 } })
    const abort = new AbortController()
    const run = store.materialize({
      ...whole,
      views: ['stats'],
      signal: abort.signal,
      onProgress: ({ rowsDone }) => {
        if (rowsDone === 2) abort.abort()
      },
    })
    await expect(run).rejects.toThrow(/abort/i)
    expect(stored('stats', 'trips')).toHaveLength(2)
    expect(await intervals('stats')).toEqual([])
    expect((await store.materialize({ ...whole, views: ['stats'] })).views).toMatchObject([{ written: 3 }])
    expect(await intervals('stats')).toHaveLength(1)
  })

  test('a view that fails records nothing and leaves the views before it recorded', async () => {
    await rm(join(repo, 'data/pairs.parquet'))
    await expect(store.materialize({ ...whole, views: ['stats', 'pairs', 'ageless'] })).rejects.toMatchObject({
      code: 'FTS4002',
    })
    expect(
      [await intervals('stats'), await intervals('pairs'), await intervals('ageless')].map((all) => all.length),
    ).toEqual([1, 0, 0])
  })

  test('says so when the registry lost the view meanwhile', async () => {
    const run = store.materialize({
      ...whole,
      views: ['stats'],
      onProgress: ({ rowsDone }) => {
        if (rowsDone > 0) rmSync(join(repo, 'data/registry.db'), { force: true })
      },
    })
    await expect(run).rejects.toMatchObject({ code: 'FTS3104', message: expect.stringContaining('was removed') })
    await store.apply()
    await store.materialize({ ...whole, views: ['stats'] })
    expect(await intervals('stats')).toHaveLength(1)
  })

  test('two views that are materialized at once both keep their windows', async () => {
    const other = await open()
    await Promise.all([
      store.materialize({ ...whole, views: ['stats'] }),
      other.materialize({ ...whole, views: ['ageless'] }),
    ])
    await other.close()
    expect([await intervals('stats'), await intervals('ageless')].map((all) => all.length)).toEqual([1, 1])
  })

  test('names the column and the type when the source holds what a feature cannot', async () => {
    const broken = featureView('broken', { entities: [driver], schema: { rate: int64 }, source: source('stats') })
    await store.apply([broken])
    await expect(store.materialize({ ...whole, views: ['broken'] })).rejects.toMatchObject({
      code: 'FTS6005',
      message: expect.stringContaining('"rate" of the view "broken" is not Int64: 0.12'),
    })
    expect(await intervals('broken')).toEqual([])
  })
})

describe('materialize refuses', () => {
  test.each([
    ['a reversed window', { start: at('12:00:00'), end: at('11:00:00') }, 'FTS6001'],
    ['a window without an end', { start: at('12:00:00') }, 'FTS6002'],
    ['a window without a start', { end: at('12:00:00') }, 'FTS6002'],
    ['an unknown view', { ...whole, views: ['stat'] }, 'FTS3104'],
    ['a view that is not served online', { ...whole, views: ['offline_only'] }, 'FTS6003'],
  ])('%s', async (_, request, code) => {
    await expect(store.materialize(request)).rejects.toMatchObject({ code })
    expect(await intervals('stats')).toEqual([])
  })

  test('an unknown view with the nearest name', async () => {
    await expect(store.materialize({ ...whole, views: ['statz'] })).rejects.toThrow('Did you mean "stats"?')
  })

  test('a disabled view when it is named, and leaves it out otherwise', async () => {
    await store.setViewEnabled('stats', false)
    await expect(store.materialize({ ...whole, views: ['stats'] })).rejects.toMatchObject({ code: 'FTS6003' })
    await store.setViewEnabled('pairs', false)
    await store.setViewEnabled('doubled', false)
    const summary = await store.materialize(whole)
    expect(summary.views.map((each) => each.view).sort()).toEqual(['ageless', 'global'])
  })

  test('an on-demand view that is not stored, and one that needs values of a request', async () => {
    const transform = () => ({ x: 1 })
    const trip = requestSource('trip', { distance: float64 })
    const shape = { entities: [driver], sources: { trip }, schema: { x: float64 }, transform }
    await store.apply([onDemandFeatureView('computed', shape)])
    await expect(store.materialize({ ...whole, views: ['computed'] })).rejects.toMatchObject({ code: 'FTS6003' })
    await store.apply([onDemandFeatureView('computed', { ...shape, writeToOnlineStore: true })])
    await expect(store.materialize({ ...whole, views: ['computed'] })).rejects.toMatchObject({ code: 'FTS6004' })
  })

  test('a batch view whose transformation it cannot run, before anything is written', async () => {
    const transformation = { mode: 'pandas', name: 'f', body: new Uint8Array([1]), bodyText: 'def f(df): return df' }
    const view = batchFeatureView('batch', {
      entities: [driver],
      schema: { trips: int64 },
      source: source('stats'),
      online: true,
      mode: 'pandas',
      transformation,
    })
    await store.apply([view])
    await expect(store.materialize(whole)).rejects.toMatchObject({ code: 'FTS6004' })
    expect(stored('stats', 'trips')).toEqual([])
  })

  test('an engine that is not built in', async () => {
    await store.close()
    store = await open({ batch_engine: { type: 'spark.engine' } })
    await expect(store.materialize(whole)).rejects.toMatchObject({ code: 'FTS8001' })
  })
})

describe('materializeIncremental', () => {
  test('starts at the end less the ttl, then where the latest window ended', async () => {
    await store.materializeIncremental({ end: at('11:00:00'), views: ['stats'] })
    await store.materializeIncremental({ end: at('12:00:00'), views: ['stats'] })
    expect(await intervals('stats')).toEqual([
      `${day('09:00:00')} – ${day('11:00:00')}`,
      `${day('11:00:00')} – ${day('12:00:00')}`,
    ])
    expect(stored('stats', 'trips')[2]).toEqual({ value: null, at: '11:30:00' })
  })

  test('starts at the oldest row where the view has no ttl', async () => {
    const summary = await store.materializeIncremental({ end: '2024-03-01T12:00:00Z', views: ['ageless'] })
    expect(summary.views).toMatchObject([{ start: at('08:00:00'), end: at('12:00:00'), written: 3 }])
  })

  test('with an end before the oldest row records an empty window', async () => {
    const summary = await store.materializeIncremental({ end: at('07:00:00'), views: ['ageless'] })
    expect(summary.views).toMatchObject([{ start: at('07:00:00'), end: at('07:00:00'), written: 0 }])
  })

  test('with an end before the latest window writes nothing, and goes on from the latest end', async () => {
    await store.materialize({ ...whole, views: ['stats'] })
    const back = await store.materializeIncremental({ end: at('11:00:00'), views: ['stats'] })
    expect(back.views).toMatchObject([{ start: at('12:00:00'), end: at('11:00:00'), written: 0, stale: 0 }])
    const on = await store.materializeIncremental({ end: at('12:30:00'), views: ['stats'] })
    expect(on.views).toMatchObject([{ start: at('12:00:00'), end: at('12:30:00') }])
  })

  test('of an on-demand view covers all that its source may still serve', async () => {
    const summary = await store.materializeIncremental({ end: at('12:00:00'), views: ['doubled'] })
    expect(summary.views).toMatchObject([{ start: at('10:00:00'), written: 3 }])
    const read = await store.getOnlineFeatures({ features: ['doubled:twice'], entities: [{ driver_id: 1 }] })
    expect(read.column('twice')).toEqual([24n])
    expect(read.eventTimestamps('twice')).toEqual([now])
  })
})

test('a ttl counts from now when values are read: older ones keep their value and say so', async () => {
  await store.materialize({ ...whole, views: ['stats'] })
  const read = await store.getOnlineFeatures({
    features: [stats],
    entities: [1, 2, 4].map((id) => ({ driver_id: id })),
  })
  expect(read.column('trips')).toEqual([12n, 20n, null])
  expect(read.statuses('trips')).toEqual(['PRESENT', 'OUTSIDE_MAX_AGE', 'NOT_FOUND'])
})

test('a longer ttl takes effect with the next apply, without a new load', async () => {
  await store.materialize({ ...whole, views: ['stats'] })
  const longer = featureView('stats', {
    entities: [driver],
    ttl: days(1),
    schema: { rate: float64, trips: int64 },
    source: source('stats'),
  })
  await store.apply([longer])
  const read = await store.getOnlineFeatures({ features: ['stats:trips'], entities: [{ driver_id: 2 }] })
  expect(read.statuses('trips')).toEqual(['PRESENT'])
  expect(await intervals('stats')).toHaveLength(1)
})
