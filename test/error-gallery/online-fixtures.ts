import { renderError } from '../../src/cli/render-error.ts'
import type { StoreServer } from '../../src/online/online-common/server-errors.ts'
import { type Fixture, features, statsSql, yaml } from './stage.ts'

type Row = Readonly<Record<string, unknown>>

/** Reads the latest features in the standard project. */
const online =
  (entities: unknown, references: readonly string[] = ['driver_stats']): Fixture =>
  async (stage) => {
    const store = await stage.applied()
    const request = { features: references, entities: entities as readonly Row[] }
    return store.getOnlineFeatures(request as Parameters<typeof store.getOnlineFeatures>[0])
  }

const write =
  (rows: readonly Row[], view = 'driver_stats'): Fixture =>
  async (stage) =>
    (await stage.applied()).writeToOnlineStore({ view, rows })

const server: StoreServer = { name: 'PostgreSQL', address: 'db.example.com:5432' }

/** What stores make of an error of their driver; their own tests provoke each on the real server. */
async function throwAs(make: (errors: typeof import('../../src/online/online-common/server-errors.ts')) => Error) {
  throw make(await import('../../src/online/online-common/server-errors.ts'))
}

const full = { driver_id: 1001, event_timestamp: '2026-01-01T11:00:00Z', conv_rate: 0.5, trips: 7 }
const end = '2026-01-01T12:00:00Z'

export const onlineFixtures: Readonly<Record<string, Fixture>> = {
  FTS5001: online([{ driver: 1001 }]),
  FTS5002: online({ driver_id: [1001, 1002], distance_km: [1] }, ['fare']),
  FTS5003: online([{ driver_id: 'first' }]),
  FTS5004: online([{ driver_id: 1001 }], ['fare']),
  FTS5005: async (stage) => {
    const store = await stage.applied()
    const response = await store.getOnlineFeatures({ features: ['driver_stats'], entities: [{ driver_id: 1001 }] })
    return response.column('conv_rat' as never)
  },
  FTS5009: async (stage) => {
    await stage.parquet()
    const store = await stage.store(features, `${yaml}online_store: null\n`)
    await store.apply()
    return store.getOnlineFeatures({ features: ['driver_stats'], entities: [{ driver_id: 1001 }] })
  },
  FTS5010: async (stage) => {
    const store = await stage.applied()
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(stage.path('data/online.db'))
    database.exec('DROP TABLE rides_driver_stats')
    database.close()
    return store.materializeIncremental({ end })
  },
  FTS5012: async (stage) => {
    await stage.write('data/online.db/hello.txt', 'a folder where a file should be')
    return stage.applied()
  },
  FTS5013: async (stage) => {
    await stage.write(
      'data/online.db',
      'this is not a database, but it is long enough to be taken for one. '.repeat(20),
    )
    return stage.applied()
  },
  FTS5014: async () => throwAs((errors) => errors.unreachable(server, new Error('connect ECONNREFUSED 10.0.0.7:5432'))),
  FTS5015: async () =>
    throwAs((errors) => errors.loginRefused(server, new Error('password authentication failed for user "feast"'))),
  FTS5016: async () => throwAs((errors) => errors.timedOut(server, 'the read', 5)),
  FTS5017: async () =>
    throwAs((errors) => errors.tooLarge(server, { what: 'a value of feature "picture"', bytes: 70_000, most: 65_535 })),
  FTS5018: async () => throwAs((errors) => errors.refused(server, new Error('type "vector" does not exist'))),
  FTS5019: async () => throwAs((errors) => errors.full(server, new Error('No space left on device'))),
  FTS5020: async (stage) => (await stage.applied()).push({ source: 'driver_source', rows: [full] }),
  FTS5021: write([{ driver_id: 1001, conv_rate: 0.5 }]),
  FTS5022: write([{ ...full, conv_rate: 'high' }]),
  FTS5023: write([full], 'fare'),
  FTS5026: async (stage) => {
    const { onlineStores } = await import('../../src/plugin/catalogue.ts')
    const { testStoreOptions } = await import('../../src/testing/store-options.ts')
    const options = testStoreOptions({ type: 'sqlite', options: { path: 'data/online.db' } }, stage.folder)
    const store = await (await onlineStores.sqlite?.load())?.open(options)
    await store?.close()
    return store?.ping()
  },
  FTS5027: async () => {
    const { tableName } = await import('../../src/online/dynamodb/dynamodb-layout.ts')
    const table = { project: 'rides', view: 'driver stats', version: null, joinKeys: ['driver_id'], features: [] }
    return tableName('{project}.{table_name}', table)
  },
  FTS5024: async () => {
    const { frameOf } = await import('../../src/serve/frame-request.ts')
    return frameOf({ driver_id: [1001, 1002], conv_rate: [0.5] })
  },
  FTS5040: async () => {
    const { nameHashes } = await import('../../src/online/online-common/packed-row.ts')
    return nameHashes(['feature_38961', 'feature_115567'])
  },
  FTS5041: async () => {
    const { unpackRow } = await import('../../src/online/online-common/packed-row.ts')
    return unpackRow(new Uint8Array([254, 1, 0]))
  },
  FTS5042: async (stage) => {
    const { convertOnlineStore } = await import('../../src/store/convert-online-store.ts')
    const { openMemoryOnlineStore } = await import('../../src/online/memory/memory-online-store.ts')
    const { FeatureStore } = await import('../../src/store/feature-store.ts')
    const context = FeatureStore.contextOf(await stage.applied())
    const config = { ...context.config, onlineStore: { type: 'postgres', options: {} } }
    return convertOnlineStore({ ...context, config, onlineStore: async () => openMemoryOnlineStore() })
  },
  FTS5081: async () => {
    const { encodeValue } = await import('../../src/types/value-codec.ts')
    const { int32 } = await import('../../src/types/data-type.ts')
    return encodeValue(3_000_000_000, int32)
  },
  FTS5082: async () => {
    const { deserializeEntityKey } = await import('../../src/types/entity-key.ts')
    return deserializeEntityKey(new Uint8Array([2, 0, 0]))
  },
  FTS5083: async () => {
    const { entityKeyValue } = await import('../../src/types/entity-key.ts')
    const { float64 } = await import('../../src/types/data-type.ts')
    return entityKeyValue(0.5, float64)
  },
  FTS5084: async () => {
    const { decodeValue } = await import('../../src/types/value-codec.ts')
    return decodeValue(new Uint8Array([255, 255, 255]))
  },
  FTS5085: async () => {
    const { dataTypeOfArrow } = await import('../../src/types/arrow.ts')
    const { DurationSecond } = await import('apache-arrow')
    return dataTypeOfArrow(new DurationSecond())
  },
  FTS6001: async (stage) => {
    await stage.applied()
    return stage.feast('materialize', '2026-01-02', '2026-01-01')
  },
  FTS6002: async (stage) => (await stage.applied()).materialize({ start: '2026-01-01' }),
  FTS6003: async (stage) => {
    await stage.applied()
    return stage.feast('materialize-incremental', end, '--views', 'fare')
  },
  FTS6004: async (stage) => {
    const text = features
      .replace('import {', 'import { batchFeatureView,')
      .replace(
        'export const trip',
        "export const made = batchFeatureView('made', { entities: [driver], schema: { x: float32 }, source, online: true, mode: 'sql', transformation: { kind: 'sql', mode: 'sql', text: 'SELECT 1', name: 'made' } as never })\nexport const trip",
      )
    return (await stage.applied(text)).materializeIncremental({ end })
  },
  FTS6005: async (stage) => {
    const store = await stage.applied(features, statsSql)
    await stage.parquet(statsSql.replace('7::BIGINT', "'many'"))
    return store.materializeIncremental({ end })
  },
  FTS6006: async (stage) => (await stage.applied()).materializeIncremental({ end, version: 'v2' }),
  FTS8002: async () => {
    const { loadDriver } = await import('../../src/plugin/load-driver.ts')
    const name: string = 'a-package-that-nobody-has'
    return loadDriver('postgres', 'pg', () => import(name))
  },
  FTS9001: async (stage) =>
    renderError(new TypeError('undefined is not iterable'), { cwd: stage.folder, output: process.stderr }),
}
