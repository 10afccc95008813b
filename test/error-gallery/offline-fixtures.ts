import { tableFromRows } from '../../src/types/arrow.ts'
import { type Fixture, features, statsSql, yaml } from './stage.ts'

const at = '2026-01-01T11:00:00Z'
const row = { driver_id: 1001, distance_km: 2, event_timestamp: at }

type Row = Readonly<Record<string, unknown>>

/** Asks for past features in the standard project. */
const historical =
  (entities: unknown, references: readonly string[] = ['driver_stats'], more: object = {}): Fixture =>
  async (stage) => {
    const store = await stage.applied()
    const request = { features: references, entities: entities as readonly Row[], ...more }
    return store.getHistoricalFeatures(request as Parameters<typeof store.getHistoricalFeatures>[0]).toRows()
  }

/** The same with other definitions or data; what is wrong need not be seen at apply. */
const historicalOf =
  (text: string, sql: string, after?: (stage: Parameters<Fixture>[0]) => Promise<unknown>): Fixture =>
  async (stage) => {
    const store = await stage.applied(text, sql)
    await after?.(stage)
    return store.getHistoricalFeatures({ features: ['driver_stats'], entities: [row] }).toRows()
  }

const append =
  (rows: readonly Row[]): Fixture =>
  async (stage) => {
    const store = await stage.applied()
    return store.writeToOfflineStore({ view: 'driver_stats', rows })
  }

const full = { event_timestamp: at, driver_id: 1001n, conv_rate: 0.5, trips: 7n }

const logging = (text: string): string =>
  text.replace('[stats, fare])', "[stats], { logging: { destination: { kind: 'file', path: 'data/log' } } })")

export const offlineFixtures: Readonly<Record<string, Fixture>> = {
  FTS4001: historical([{ event_timestamp: at }]),
  FTS4002: historicalOf(features, statsSql, async (stage) => {
    const { rm } = await import('node:fs/promises')
    await rm(stage.path('data/stats.parquet'))
  }),
  FTS4003: historicalOf(features, statsSql, (stage) => stage.write('data/stats.parquet', 'not Parquet at all')),
  FTS4004: historicalOf(features.replace('trips: int64', 'rides: int64'), statsSql),
  FTS4005: async (stage) => {
    await stage.parquet(`${statsSql}, INTERVAL 1 DAY AS age`)
    const store = await stage.store(features.replace('schema: { conv_rate: float32, trips: int64 },', ''))
    return store.apply()
  },
  FTS4006: async (stage) => {
    const store = await stage.store(
      features
        .replace('import {', 'import { snowflakeSource,')
        .replace(
          /export const source = .*/,
          "export const source = snowflakeSource('driver_source', { table: 'STATS', timestampField: 'event_timestamp' })",
        ),
    )
    await store.apply()
    return store.getHistoricalFeatures({ features: ['driver_stats'], entities: [row] }).toRows()
  },
  FTS4007: historical({ sql: "SELECT 'first' AS driver_id, TIMESTAMPTZ '2026-01-01 11:00:00+00' AS event_timestamp" }),
  FTS4008: historical([{ driver_id: 1001 }]),
  FTS4009: historical({ sql: "SELECT 1001 AS driver_id, 'last Tuesday' AS event_timestamp" }),
  FTS4011: historical({ sql: 'DROP TABLE driver_source' }),
  FTS4013: async (stage) => {
    await stage.applied(features, statsSql.replace('7::BIGINT', '7::INTEGER'))
    const { offlineStores } = await import('../../src/plugin/catalogue.ts')
    const { testStoreOptions } = await import('../../src/testing/store-options.ts')
    const { tableFromRows } = await import('../../src/types/arrow.ts')
    const { Instant } = await import('../../src/base/instant.ts')
    const [source] = (await stage.load(features)).dataSources
    const duckdb = await offlineStores.duckdb?.load()
    const store = await duckdb?.open(testStoreOptions({ type: 'duckdb', options: {} }, stage.folder))
    const time = Instant.parse(at) ?? null
    const rows = await tableFromRows([{ ...full, event_timestamp: time, trips: 2n ** 40n }])
    return source && store?.append(source, rows, { reorder: true })
  },
  FTS4014: async (stage) => {
    const store = await stage.applied()
    await stage.write('data/set.parquet', 'something of mine')
    const from = store.getHistoricalFeatures({ features: ['driver_stats'], entities: [row] })
    return store.createSavedDataset({ name: 'training', from, storage: 'data/set.parquet' })
  },
  FTS4016: async (stage) => {
    const store = await stage.applied()
    const job = store.getHistoricalFeatures({ features: ['driver_stats'], entities: [{ ...row, TRIPS: 1 }] })
    return job.toParquet(stage.path('out.parquet'))
  },
  FTS4017: async (stage) => {
    const store = await stage.store(features.replace('data/stats.parquet', 's3://bucket/stats.parquet'))
    await store.apply(undefined, { skipSourceValidation: true })
    return store.getHistoricalFeatures({ features: ['driver_stats'], entities: [row] }).toRows()
  },
  FTS4018: historicalOf(features.replace("timestampField: 'event_timestamp'", "timestampField: 'trips'"), statsSql),
  FTS4019: async (stage) => {
    const store = await stage.applied()
    const job = store.getHistoricalFeatures({ features: ['driver_stats'], entities: [row] })
    return job.persist({ kind: 'file', path: 'data', s3EndpointOverride: '' }, { overwrite: true })
  },
  FTS4501: async (stage) => {
    const store = await stage.applied(features.replace('  source,\n', ''))
    return store.getHistoricalFeatures({ features: ['driver_stats'], entities: [row] }).toRows()
  },
  FTS4502: async (stage) => {
    const { given } = await import('../../src/testing/index.ts')
    const { entity } = await import('../../src/define/entity.ts')
    const { fileSource } = await import('../../src/define/data-source.ts')
    const { featureView } = await import('../../src/define/feature-view.ts')
    const { float32, int64 } = await import('../../src/types/data-type.ts')
    const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
    const source = fileSource('driver_source', { path: stage.path('x.parquet') })
    const stats = featureView('driver_stats', { entities: [driver], schema: { conv_rate: float32 }, source })
    return given([]).at(at).expect(stats, { driver_id: 1001 }, {})
  },
  FTS4503: historical(undefined, ['driver_stats'], { start: 'yesterday' }),
  FTS4504: historical([{ driver_id: 1001, event_timestamp: at }], ['fare']),
  FTS4505: historical([{ ...row, trips: 3 }]),
  FTS4506: historical([row], ['driver_stats'], { start: at }),
  FTS4507: historical(7),
  FTS4508: historical([{ ...row, driver_id: 'first' }]),
  FTS4509: historical(undefined, ['driver_stats'], { start: '2026-01-02', end: '2026-01-01' }),
  FTS4510: append([{ event_timestamp: at, driver_id: 1001n, conv_rate: 0.5 }]),
  FTS4511: async (stage) => {
    const store = await stage.applied()
    const from = store.getHistoricalFeatures({ features: ['driver_stats'], entities: [row] })
    await store.createSavedDataset({ name: 'training', from, storage: 'data/set.parquet' })
    await stage.parquet(
      'SELECT 1001::BIGINT AS driver_id, 0.5::FLOAT AS conv_rate, 7::BIGINT AS trips',
      'data/set.parquet',
    )
    for await (const batch of store.readSavedDataset('training')) return batch
    return undefined
  },
  FTS4512: async (stage) => {
    const store = await stage.applied()
    return store.writeLoggedFeatures({ service: 'ranking', logs: [{ driver_id: 1001 }] })
  },
  FTS4513: async (stage) => {
    const store = await stage.applied(logging(features))
    return store.writeLoggedFeatures({ service: 'ranking', logs: [{ driver_id: 1001, speed: 3 }] })
  },
  FTS4514: async (stage) => {
    const store = await stage.applied()
    const from = store.getHistoricalFeatures({ features: ['driver_stats'], entities: [row] })
    await store.createSavedDataset({ name: 'training', from, storage: 'data/one.parquet' })
    return store.createSavedDataset({ name: 'training', from, storage: 'data/two.parquet' })
  },
  FTS4515: async (stage) => {
    const store = await stage.applied()
    const rows = await tableFromRows([{ driver_id: 1001n }])
    return store.addToHistory({ source: 'former_source', rows, once: { sender: 'server', sequence: 1 } })
  },
  FTS4516: append([7 as never]),
  FTS4517: async (stage) => {
    const store = await stage.applied()
    return store.push({ source: 'driver_push', rows: [], to: 'ONLINE' as never })
  },
  FTS8001: async (stage) => {
    const store = await stage.store(
      features,
      `${yaml}offline_store: snowflake\n`.replace('offline_store: snowflake', 'offline_store: ray'),
    )
    await stage.parquet()
    await store.apply()
    return store.getHistoricalFeatures({ features: ['driver_stats'], entities: [row] }).toRows()
  },
}
