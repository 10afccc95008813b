import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { frozenClock } from '../src/base/clock.ts'
import { silentLogger } from '../src/base/logger.ts'
import { type FeatureStore, featureService, openStore } from '../src/index.ts'
import { at, configuration, definitions, fare, makeData, noon, profile, ranking, row, stats, tip } from './rides.ts'
import { writeParquet } from './write-parquet.ts'

let folder: string
let store: FeatureStore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'main-job-'))
  await makeData(folder)
  store = await openStore(configuration, { definitions, repoPath: folder, clock: frozenClock(noon) })
  await store.apply()
})

afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

describe('a training set', () => {
  const entities = [
    { driver_id: 2, event_timestamp: '2024-03-01T12:00:00Z', distance: 4, label: 'b' },
    { driver_id: 1, event_timestamp: '2024-03-01T12:00:00Z', distance: 2, label: 'a' },
    { driver_id: 1, event_timestamp: '2024-03-01T10:30:00Z', distance: 2, label: 'a' },
    { driver_id: 3, event_timestamp: '2024-03-01T12:00:00Z', distance: 1, label: 'c' },
    { driver_id: null, event_timestamp: '2024-03-01T12:00:00Z', distance: 1, label: 'd' },
  ]

  test('has every entity row in input order with the features as of its time', async () => {
    const job = store.getHistoricalFeatures({ features: [stats, profile.select('city'), fare, tip], entities })
    const rows = await job.toRows()
    expect(Object.keys(rows[0] ?? {})).toEqual([
      'driver_id',
      'event_timestamp',
      'distance',
      'label',
      'conv_rate',
      'trips',
      'city',
      'price',
      'doubled',
      'tip',
    ])
    const rest = rows.map(({ event_timestamp: _, distance: __, ...each }) => each)
    expect(rest).toEqual([
      { driver_id: 2n, label: 'b', conv_rate: null, trips: 20n, city: 'Bonn', price: null, doubled: 40n, tip: null },
      { driver_id: 1n, label: 'a', conv_rate: 0.75, trips: 12n, city: 'Ulm', price: 1.5, doubled: 24n, tip: 0.15 },
      { driver_id: 1n, label: 'a', conv_rate: 0.5, trips: 10n, city: 'Ulm', price: 1, doubled: 20n, tip: 0.1 },
      { driver_id: 3n, label: 'c', conv_rate: null, trips: null, city: null, price: null, doubled: null, tip: null },
      { driver_id: null, label: 'd', conv_rate: null, trips: null, city: null, price: null, doubled: null, tip: null },
    ])
    expect(rows[0]?.event_timestamp).toEqual(noon)
  })

  test('leaves out what only on-demand views need, and works with full names', async () => {
    const job = store.getHistoricalFeatures({ features: [tip], entities, fullFeatureNames: true })
    const table = await job.toArrow()
    const names = table.schema.fields.map((field) => field.name)
    expect(names).toEqual(['driver_id', 'event_timestamp', 'distance', 'label', 'tip__tip'])
  })

  test('streams Arrow batches, explains itself and tells its query', async () => {
    const job = store.getHistoricalFeatures({ features: [stats.select('trips'), fare], entities })
    let rows = 0
    for await (const batch of job) rows += batch.numRows
    expect(rows).toBe(entities.length)
    expect(await job.toSql()).toMatch(/select/i)
    expect(await job.explain()).toMatch(/driver_stats[\s\S]*fare: on-demand view/)
  })

  test('can be asked for by a query over the sources, a Parquet file, a CSV file or an Arrow table', async () => {
    const parquet = join(folder, 'rows.parquet')
    const csv = join(folder, 'rows.csv')
    await writeParquet(parquet, [{ driver_id: 1n, event_timestamp: noon }])
    await writeFile(csv, 'driver_id,event_timestamp\n1,2024-03-01 12:00:00\n')
    const inputs = [
      `SELECT 1::BIGINT AS driver_id, max(event_timestamp) + INTERVAL 1 HOUR AS event_timestamp FROM stats_source`,
      { path: parquet },
      csv,
    ]
    for (const input of inputs) {
      const rows = await store.getHistoricalFeatures({ features: ['driver_stats:trips'], entities: input }).toRows()
      expect(rows.map((each) => each.trips)).toEqual([12n])
    }
    const table = await store.getHistoricalFeatures({ features: ['driver_profile'], entities: csv }).toArrow()
    const again = await store.getHistoricalFeatures({ features: ['driver_stats:trips'], entities: table }).toRows()
    expect(again).toEqual([{ driver_id: 1n, event_timestamp: noon, city: 'Ulm', trips: 12n }])
  })

  test('without entity rows has every key seen in the range, as of its end', async () => {
    const job = store.getHistoricalFeatures({
      features: ['driver_stats:trips'],
      start: '2024-03-01T00:00:00Z',
      end: '2024-03-01T12:00:00Z',
    })
    const rows = await job.toRows()
    expect(rows.map((each) => [each.driver_id, each.trips, each.event_timestamp]).sort()).toEqual([
      [1n, 12n, noon],
      [2n, 20n, noon],
    ])
  })

  test('without entity rows goes back by the ttl from now, and by 30 days where no view has one', async () => {
    const recent = await store.getHistoricalFeatures({ features: ['driver_stats:trips'] }).toRows()
    expect(recent.map((each) => each.driver_id).sort()).toEqual([1n, 2n])
    expect(await store.getHistoricalFeatures({ features: ['driver_profile:city'] }).toRows()).toEqual([])
    const start = '2023-12-31'
    expect(await store.getHistoricalFeatures({ features: ['driver_profile:city'], start }).toRows()).toHaveLength(2)
  })

  test('hides rows that were created after the time of the entity row, when told so', async () => {
    const early = [{ driver_id: 1n, event_timestamp: at('2024-03-01T11:10:00Z') }]
    const job = (filterByCreatedTimestamp: boolean) =>
      store.getHistoricalFeatures({ features: ['driver_stats:trips'], entities: early, filterByCreatedTimestamp })
    expect((await job(false).toRows()).map((each) => each.trips)).toEqual([12n])
    expect((await job(true).toRows()).map((each) => each.trips)).toEqual([11n])
  })

  test('is computed batch by batch, every row with its own values', async () => {
    const sql = `SELECT (1 + i % 2)::BIGINT AS driver_id, TIMESTAMPTZ '2024-03-01 12:00:00Z' AS event_timestamp,
      i::DOUBLE AS distance FROM range(150000) AS numbers(i)`
    const job = store.getHistoricalFeatures({ features: ['fare:doubled', 'fare:price'], entities: { sql } })
    let batches = 0
    let first = 0
    for await (const batch of job) {
      const last = first + batch.numRows - 1
      const odd = last % 2 === 1
      const read = (name: string) => batch.getChild(name)?.get(batch.numRows - 1)
      expect([read('distance'), read('doubled'), read('price')]).toEqual([
        last,
        odd ? 40n : 24n,
        odd ? null : last * 0.75,
      ])
      batches++
      first += batch.numRows
    }
    expect(first).toBe(150_000)
    expect(batches).toBeGreaterThan(1)
  })

  test('of a service is what was applied under its name, and a warning says so when another was given', async () => {
    const warnings: string[] = []
    const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) }
    await using loud = await openStore(configuration, {
      definitions,
      repoPath: folder,
      clock: frozenClock(noon),
      logger,
    })
    const changed = featureService('ranking', [stats])
    const rows = await loud.getHistoricalFeatures({ features: changed, entities: entities as never }).toRows()
    expect(Object.keys(rows[0] ?? {}).slice(4)).toEqual(['trips', 'city', 'price'])
    await loud.getHistoricalFeatures({ features: ranking, entities }).toRows()
    expect(warnings).toEqual(['The feature service "ranking" differs from the applied one, whose features are used.'])
  })

  test('of no rows has all columns', async () => {
    const table = await store.getHistoricalFeatures({ features: [stats, fare], entities: [] }).toArrow()
    expect(table.numRows).toBe(0)
    const names = table.schema.fields.map((field) => field.name)
    expect(names).toEqual(['event_timestamp', 'driver_id', 'distance', 'conv_rate', 'trips', 'price', 'doubled'])
  })

  test.each(['with', 'without'])(
    'is written to a file and never in the place of a folder, %s on-demand outputs',
    async (how) => {
      const job = store.getHistoricalFeatures({ features: [how === 'with' ? fare : stats], entities })
      const place = await mkdtemp(join(folder, 'place-'))
      await writeFile(join(place, 'one.parquet'), 'mine')
      await expect(job.toParquet(place)).rejects.toMatchObject({ code: 'FTS4019' })
      expect(await readdir(place)).toEqual(['one.parquet'])
      expect(await job.toParquet(join(place, 'rows'))).toEqual({ rows: 5 })
      expect((await readdir(place)).sort()).toEqual(['one.parquet', 'rows'])
      expect((await stat(join(place, 'rows'))).isFile()).toBe(true)
    },
  )

  test('is written as Parquet with and without on-demand outputs', async () => {
    const plain = join(folder, 'plain.parquet')
    const computed = join(folder, 'computed.parquet')
    expect(await store.getHistoricalFeatures({ features: [stats], entities }).toParquet(plain)).toEqual({ rows: 5 })
    expect(await store.getHistoricalFeatures({ features: [fare], entities }).toParquet(computed)).toEqual({ rows: 5 })
    const back = await store.getHistoricalFeatures({ features: ['driver_profile:city'], entities: computed }).toRows()
    expect(back.map((each) => [each.price, each.city])).toEqual([
      [null, 'Bonn'],
      [1.5, 'Ulm'],
      [1, 'Ulm'],
      [null, null],
      [null, null],
    ])
  })
})

describe('a request that cannot be answered', () => {
  const entities = [{ driver_id: 1n, event_timestamp: noon }]

  test('is refused at once where that needs no look at registry or data', () => {
    const ask = (request: object) => () => store.getHistoricalFeatures(request as never)
    const code = (expected: string) => expect.objectContaining({ code: expected })
    expect(ask({ features: [], entities })).toThrow(code('FTS2102'))
    expect(ask({ features: ['driver_stats:'], entities })).toThrow(code('FTS2101'))
    expect(ask({ features: ['driver_stats'], entities, end: noon })).toThrow(code('FTS4506'))
    expect(ask({ features: ['driver_stats'], start: '2025-01-01', end: '2024-01-01' })).toThrow(code('FTS4509'))
    expect(ask({ features: ['driver_stats'], start: 'yesterday' })).toThrow(code('FTS4503'))
  })

  test.each<[string, object, string, RegExp]>([
    ['an unknown view', { features: ['driver_stat:trips'] }, 'FTS3104', /Did you mean "driver_stats"\?/],
    ['an unknown feature', { features: ['driver_stats:trip'] }, 'FTS2104', /Did you mean "trips"\?/],
    [
      'a missing join key',
      { features: ['driver_stats'], entities: [{ driverid: 1n, event_timestamp: noon }] },
      'FTS4001',
      /no column "driver_id", which the view "driver_stats" joins on. Rename "driverid" to "driver_id"./,
    ],
    [
      'a missing request value',
      { features: ['fare'], entities: [{ driver_id: 1n, event_timestamp: noon, distanc: 1 }] },
      'FTS4504',
      /no column "distance".* Rename "distanc" to "distance"/,
    ],
    [
      'an entity column named like a feature',
      { features: ['driver_stats:trips'], entities: [{ driver_id: 1n, event_timestamp: noon, trips: 1 }] },
      'FTS4505',
      /have a column "trips"/,
    ],
  ])('says what is wrong: %s', async (_, request, code, message) => {
    const job = store.getHistoricalFeatures({ features: [], entities, ...request } as never)
    await expect(job.toRows()).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

describe('a saved data set', () => {
  const entities = [
    { driver_id: 1n, seen_at: noon, distance: 2, label: 7n },
    { driver_id: 2n, seen_at: at('2024-03-01T11:30:00Z'), distance: 2, label: 8n },
  ]
  const job = () => store.getHistoricalFeatures({ features: ranking, entities, fullFeatureNames: true })

  test('is stored, registered with what it holds, and read back', async () => {
    const created = await store.createSavedDataset({
      name: 'train',
      from: job(),
      storage: 'data/train.parquet',
      tags: { a: 'b' },
    })
    expect(created).toMatchObject({
      name: 'train',
      project: 'rides',
      tags: { a: 'b' },
      features: ['driver_stats:trips', 'driver_profile:city', 'fare:price'],
      joinKeys: ['driver_id'],
      fullFeatureNames: true,
      featureServiceName: 'ranking',
      minEventTimestamp: at('2024-03-01T11:30:00Z'),
      maxEventTimestamp: noon,
    })
    expect(await store.getSavedDataset('train')).toMatchObject({
      name: 'train',
      storage: { path: 'data/train.parquet' },
    })
    expect((await store.listSavedDatasets()).map((each) => each.name)).toContain('train')
    expect(await store.readSavedDataset('train').toRows()).toEqual([
      { driver_id: 1n, seen_at: noon, driver_stats__trips: 12n, driver_profile__city: 'Ulm', fare__price: 1.5 },
      {
        driver_id: 2n,
        seen_at: at('2024-03-01T11:30:00Z'),
        driver_stats__trips: 20n,
        driver_profile__city: 'Bonn',
        fare__price: null,
      },
    ])
  })

  test('may hold columns of types that Feast has no name for', async () => {
    const sql = `SELECT 1::BIGINT AS driver_id, TIMESTAMPTZ '2024-03-01 12:00:00Z' AS event_timestamp, DATE '2024-01-01' AS day`
    const from = store.getHistoricalFeatures({ features: ['driver_stats:trips'], entities: { sql } })
    await store.createSavedDataset({ name: 'dated', from, storage: 'data/dated.parquet' })
    expect(await store.readSavedDataset('dated').toRows()).toEqual([
      { driver_id: 1n, event_timestamp: noon, trips: 12n },
    ])
  })

  test('is neither stored nor read when the call is cancelled', async () => {
    const signal = AbortSignal.abort()
    const cancelled = store.createSavedDataset({ name: 'cut', from: job(), storage: 'data/cut.parquet', signal })
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' })
    await expect(store.getSavedDataset('cut')).rejects.toMatchObject({ code: 'FTS3106' })
    expect(existsSync(join(store.repoPath, 'data/cut.parquet'))).toBe(false)
    await expect(store.readSavedDataset('train').toRows(signal)).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('is replaced only when asked, and what cannot be stored is not registered', async () => {
    await store.createSavedDataset({ name: 'kept', from: job(), storage: 'data/kept.parquet' })
    const unnamed = store.createSavedDataset({ name: '', from: job(), storage: 'data/other.parquet' })
    await expect(unnamed).rejects.toMatchObject({ code: 'FTS2001', field: 'name' })
    const taken = store.createSavedDataset({ name: 'kept', from: job(), storage: 'data/other.parquet' })
    await expect(taken).rejects.toMatchObject({ code: 'FTS4514' })
    const there = store.createSavedDataset({ name: 'second', from: job(), storage: 'data/kept.parquet' })
    await expect(there).rejects.toMatchObject({ code: expect.stringMatching(/^FTS4/) })
    await expect(store.getSavedDataset('second')).rejects.toMatchObject({ code: 'FTS3106' })
    const one = store.getHistoricalFeatures({ features: ['driver_stats:trips'], entities: entities.slice(0, 1) })
    await store.createSavedDataset({ name: 'kept', from: one, storage: 'data/kept.parquet', overwrite: true })
    expect(await store.readSavedDataset('kept').toRows()).toEqual([{ driver_id: 1n, seen_at: noon, trips: 12n }])
  })
})

describe('the online side', () => {
  test('serves what was materialized, with on-demand outputs', async () => {
    await store.materialize({ start: '2024-01-01', end: noon })
    const online = await store.getOnlineFeatures({
      features: [stats, profile, fare],
      entities: [
        { driver_id: 1, distance: 2 },
        { driver_id: 9, distance: 2 },
      ],
    })
    expect(online.rows()).toEqual([
      { driver_id: 1n, distance: 2, conv_rate: 0.75, trips: 12n, city: 'Ulm', price: 1.5, doubled: 24n },
      { driver_id: 9n, distance: 2, conv_rate: null, trips: null, city: null, price: null, doubled: null },
    ])
    expect(online.statuses('trips')).toEqual(['PRESENT', 'NOT_FOUND'])
  })
})

describe('what is added to the history', () => {
  let other: FeatureStore
  let repo: string

  beforeAll(async () => {
    repo = await mkdtemp(join(tmpdir(), 'main-job-'))
    await makeData(repo)
    other = await openStore(configuration, { definitions, repoPath: repo, clock: frozenClock(noon) })
    await other.apply()
  })
  afterAll(async () => {
    await other.close()
    await rm(repo, { recursive: true, force: true })
  })

  const trips = async () =>
    (await other.pullAll('driver_stats', { features: ['trips'] }).toRows()).map((each) => each.trips)

  test('is found by later reads; columns are those of the source', async () => {
    const rows = [{ ...row(5n, '2024-03-01T11:00:00Z', 0.1, 50n), trips: 50 }]
    expect(await other.writeToOfflineStore({ view: 'driver_stats', rows })).toBe(1)
    expect((await trips()).sort()).toEqual([10n, 11n, 12n, 20n, 30n, 50n])
    const latest = await other.pullLatest('driver_stats').toRows()
    expect(latest.filter((each) => each.driver_id === 1n)).toEqual([
      {
        driver_id: 1n,
        cr: 0.75,
        trips: 12n,
        event_timestamp: at('2024-03-01T11:00:00Z'),
        created: at('2024-03-01T11:30:00Z'),
      },
    ])
  })

  test('is refused whole when columns or values do not fit, with the name that the source has', async () => {
    const before = (await trips()).length
    const { cr, ...others } = row(6n, '2024-03-01T11:00:00Z', 0.1, 60n)
    const wrong = other.writeToOfflineStore({ view: 'driver_stats', rows: [{ ...others, crr: 0.1 }] })
    await expect(wrong).rejects.toMatchObject({
      code: 'FTS4510',
      notes: expect.arrayContaining(['"crr" is called "cr" in the source']),
    })
    const { created, ...rest } = row(6n, '2024-03-01T11:00:00Z', cr, 60n)
    const ordered = other.writeToOfflineStore({
      view: 'driver_stats',
      rows: [{ created, ...rest }],
      reorderColumns: false,
    })
    await expect(ordered).rejects.toMatchObject({ code: 'FTS4510' })
    const typed = other.writeToOfflineStore({ view: 'driver_stats', rows: [{ ...rest, created, trips: 1.5 }] })
    await expect(typed).rejects.toMatchObject({ code: 'FTS4508' })
    expect(await trips()).toHaveLength(before)
  })

  test('can be a log of what was served, read back by time', async () => {
    const logged = (id: bigint, time: string) => ({
      driver_id: id,
      driver_stats__trips: 1,
      driver_stats__trips__timestamp: '2024-03-01T11:59:59.9Z',
      driver_stats__trips__status: 2,
      driver_profile__city: 'Ulm',
      driver_profile__city__timestamp: null,
      driver_profile__city__status: 1,
      distance: 2,
      fare__price: 1.5,
      fare__price__timestamp: noon,
      fare__price__status: 2,
      __log_timestamp: at(time),
      __request_id: `r${id}`,
    })
    const logs = [logged(1n, '2024-03-01T12:00:00Z'), logged(2n, '2024-03-01T13:00:00.000001Z')]
    expect(await other.writeLoggedFeatures({ service: 'ranking', logs })).toBe(2)
    const window = { start: '2024-03-01T12:00:00Z', end: '2024-03-01T13:00:00Z' }
    const rows = await other.readLoggedFeatures({ service: 'ranking', ...window }).toRows()
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      driver_id: 1n,
      driver_stats__trips: 1n,
      driver_stats__trips__timestamp: at('2024-03-01T11:59:59Z'),
      driver_stats__trips__status: 2,
      driver_profile__city__timestamp: null,
      __log_timestamp: noon,
      __log_date: at('2024-03-01'),
      __request_id: 'r1',
    })
    const strange = other.writeLoggedFeatures({ service: 'ranking', logs: [{ driver: 1n }] })
    await expect(strange).rejects.toMatchObject({ code: 'FTS4513' })
  })
})

test('a repository of files does the same: definitions and functions come from the folder', async () => {
  const repo = await mkdtemp(join(tmpdir(), 'main-job-'))
  const library = pathToFileURL(join(import.meta.dirname, '../src/index.ts')).href
  try {
    await makeData(repo)
    await writeFile(
      join(repo, 'feature_store.yaml'),
      `project: rides\nprovider: local\nregistry: data/registry.db\nonline_store:\n  path: data/online.db\nentity_key_serialization_version: 3\n`,
    )
    await writeFile(
      join(repo, 'features.ts'),
      `import { entity, featureView, fileSource, float64, int64, onDemandFeatureView, requestSource } from '${library}'
export const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
export const stats = featureView('driver_stats', {
  entities: [driver],
  schema: { trips: int64 },
  source: fileSource('stats', { path: 'data/stats.parquet', timestampField: 'event_timestamp' }),
})
export const fare = onDemandFeatureView('fare', {
  sources: { stats, trip: requestSource('trip', { distance: float64 }) },
  schema: { price: float64 },
  transform: ({ stats, trip }) => ({ price: stats.trips === null ? null : Number(stats.trips) * trip.distance }),
})
`,
    )
    await using first = await openStore(repo)
    await first.apply()
    await first.materialize({ start: '2024-01-01', end: '2024-03-02' })
    await using second = await openStore(join(repo, 'feature_store.yaml'))
    const features = ['driver_stats:trips', 'fare:price']
    const online = await second.getOnlineFeatures({ features, entities: [{ driver_id: 2n, distance: 3 }] })
    expect(online.rows()).toEqual([{ driver_id: 2n, distance: 3, trips: 20n, price: 60 }])
    const entities = [{ driver_id: 2n, event_timestamp: noon, distance: 3 }]
    const rows = await second.getHistoricalFeatures({ features, entities }).toRows()
    expect(rows).toEqual([{ driver_id: 2n, event_timestamp: noon, distance: 3, trips: 20n, price: 60 }])
  } finally {
    await rm(repo, { recursive: true, force: true })
  }
})

test('a function that is only text in the registry is not run', async () => {
  await using reader = await openStore({ ...configuration, registry: join(folder, 'data/registry.db') })
  const entities = [{ driver_id: 1n, event_timestamp: noon, distance: 1 }]
  const job = reader.getHistoricalFeatures({ features: ['fare:price'], entities })
  await expect(job.toRows()).rejects.toMatchObject({ code: 'FTS2302' })
  expect((await reader.getOnDemandFeatureView('fare')).transformation.mode).toBe('typescript')
})

test.each([
  ['registry', { ...configuration, registry: { registry_type: 'sql', path: 'sqlite:///x.db' } }],
  ['online_store', { ...configuration, online_store: { type: 'milvus' } }],
  ['offline_store', { ...configuration, offline_store: { type: 'bigquery' } }],
])('a %s that is not built in is named when it is used', async (key, config) => {
  const use = async (): Promise<unknown> => {
    await using opened = await openStore(config, { repoPath: folder, definitions })
    if (key === 'online_store') return opened.getOnlineFeatures({ features: [stats], entities: [{ driver_id: 1n }] })
    return opened.pullAll('driver_stats').toRows()
  }
  await expect(use()).rejects.toMatchObject({ code: 'FTS8001', field: `${key}.type` })
})

test('a store that serves nothing says so', async () => {
  await using opened = await openStore({ ...configuration, online_store: null }, { repoPath: folder, definitions })
  const asked = opened.getOnlineFeatures({ features: [stats], entities: [{ driver_id: 1n }] })
  await expect(asked).rejects.toMatchObject({ code: 'FTS5009' })
})
