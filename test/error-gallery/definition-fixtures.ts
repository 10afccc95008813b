import { type Fixture, features, statsSql, yaml } from './stage.ts'

const imports =
  "import { days, entity, featureService, featureView, fileSource, float32, float64, int32, int64, array, field, aggregation, labelView, streamFeatureView, pushSource, onDemandFeatureView, project, requestSource } from 'feast-ts'\n"

const driver = "export const driver = entity('driver', { joinKey: 'driver_id', type: int64 })\n"

/** Loads a definition file that is wrong. */
const definitions =
  (text: string, others: Readonly<Record<string, string>> = {}): Fixture =>
  (stage) =>
    stage.load(`${imports}${text}`, others)

/** The same, with Node itself as the loader. */
const inProcess =
  (text: string, others: Readonly<Record<string, string>> = {}): Fixture =>
  async (stage) => {
    for (const [name, other] of Object.entries(others)) await stage.write(name, other)
    await stage.write('feature_store.yaml', yaml)
    await stage.write('features.ts', text)
    return stage.run('plan')
  }

/** Applies definitions with one change, and asks for features. */
const online =
  (change: (text: string) => string, references: readonly string[] = ['fare:fare']): Fixture =>
  async (stage) => {
    const store = await stage.applied(change(features))
    const row = { driver_id: 1001, distance_km: 2 }
    return (await store.getOnlineFeatures({ features: references, entities: [row] })).rows()
  }

const transform = /transform: .*\n/

/** Uses another function in the on-demand view. */
const withFunction = (text: string): Fixture => online((before) => before.replace(transform, `${text},\n`))

export const definitionFixtures: Readonly<Record<string, Fixture>> = {
  FTS2001: definitions("export const driver = entity('', { type: int64 })\n"),
  FTS2002: definitions("export const driver = entity('driver', { joinKeys: ['driver_id'], type: int64 })\n"),
  FTS2003: definitions(
    `${driver}export const owner = entity('owner', { joinKey: 'driver_id', type: int64 })
export const stats = featureView('stats', { entities: [driver, owner], schema: { x: float32 } })
`,
  ),
  FTS2004: definitions(
    `${driver}export const stats = featureView('stats', { entities: [driver], schema: { driver_id: int32, x: float32 } })\n`,
  ),
  FTS2005: definitions(
    `${driver}export const stats = featureView('stats', {
  entities: [driver],
  schema: { rate: float32 },
  source: fileSource('s', { path: 's.parquet', timestampField: 't', fieldMapping: { rate: 'conv_rate' } }),
})
`,
  ),
  FTS2006: definitions(driver, {
    'other.ts': "import { entity, string } from 'feast-ts'\nexport const driver = entity('driver', { type: string })\n",
  }),
  FTS2007: definitions(
    "export const stats = featureView('stats', { entities: [undefined], schema: { x: float32 } })\n",
  ),
  FTS2008: definitions(
    `${driver}export const stats = featureView('stats', {
  entities: [driver],
  schema: { x: float32 },
  source: requestSource('trip', { distance_km: float64 }),
})
`,
  ),
  FTS2009: definitions(
    "export const s = fileSource('s', { path: 's.parquet', timestampField: 'at', createdTimestampColumn: 'at' })\n",
  ),
  FTS2010: definitions(
    `${driver}export const stats = featureView('stats', { entities: [driver], schema: { x: float32 }, version: 'two' })\n`,
  ),
  FTS2011: definitions(
    `${driver}const vector = field(array(float32), { vectorIndex: true, vectorLength: 4 })
export const stats = featureView('stats', { entities: [driver], schema: { a: vector, b: vector } })
`,
  ),
  FTS2012: definitions(
    `${driver}export const clicks = streamFeatureView('clicks', {
  entities: [driver],
  schema: { sum_x_3600s: float32 },
  source: pushSource('p', { batchSource: fileSource('s', { path: 's.parquet', timestampField: 't' }) }),
  aggregations: [aggregation('x', 'sum', days(1))],
})
`,
  ),
  FTS2013: definitions("export const a = project('a')\nexport const b = project('b')\n"),
  FTS2014: definitions(
    `${driver}export const stats = featureView('stats', { entities: [driver], schema: { x: float32 } })
export const ranking = featureService('ranking', ['stat:x'])
`,
  ),
  FTS2015: definitions(
    `${driver}export const stats = featureView('stats', { entities: [driver], schema: { x: float32 } })
export const ranking = featureService('ranking', [stats.select('x'), stats])
`,
  ),
  FTS2016: definitions("export const fare = onDemandFeatureView('fare', { sources: {}, schema: { fare: float64 } })\n"),
  FTS2017: definitions(
    "export const ranking = featureService('ranking', ['stats:x'], { logging: { sampleRate: 7 } })\n",
  ),
  FTS2101: online((text) => text, ['driver_stats:']),
  FTS2102: online((text) => text, []),
  FTS2103: online((text) => text.replace('ttl: days(1),', 'ttl: days(1),\n  enabled: false,'), ['driver_stats']),
  FTS2104: definitions(
    `${driver}const stats = featureView('driver_stats', { entities: [driver], schema: { conv_rate: float32, trips: int64 } })
export const ranking = featureService('ranking', [stats.select('conv_rat')])
`,
  ),
  FTS2105: online(
    (text) =>
      text.replace(
        'export const trip',
        "export const again = featureView('again', { entities: [driver], schema: { trips: int64 }, source })\nexport const trip",
      ),
    ['driver_stats:trips', 'again:trips'],
  ),
  FTS2106: async (stage) => {
    const store = await stage.applied()
    const contents = await store.contents()
    const { resolveFeatures } = await import('../../src/registry/resolve-features.ts')
    const looped = contents.onDemandFeatureViews.map((view) => ({
      ...view,
      sources: { self: { kind: 'view' as const, projection: { ...projection, viewName: view.name } } },
    }))
    const selection = { kind: 'references' as const, references: ['fare'] }
    const options = { fullFeatureNames: false }
    return resolveFeatures({ ...contents, onDemandFeatureViews: looped }, 'rides', selection, options)
  },
  FTS2107: definitions(
    `${driver}const stats = featureView('stats', { entities: [driver], schema: { x: float32 } })
export const ranking = featureService('ranking', [stats.withJoinKeyMap({ driver: 'origin' })])
`,
  ),
  FTS2108: online((text) => text, ['driver_stats@v7:trips']),
  FTS2201: definitions("throw new TypeError('cannot be loaded')\n"),
  FTS2202: inProcess('export const driver = = 5\n'),
  FTS2203: inProcess("import { fleet } from './fleet.ts'\nexport const car = fleet\n", {
    'fleet.ts': "import { car } from './features.ts'\nexport const fleet = car\n",
  }),
  FTS2204: definitions("import { fleet } from './flet.ts'\nexport const car = fleet\n", { 'fleet.ts': 'export {}\n' }),
  FTS2205: async (stage) => {
    const { loadRepository } = await import('../../src/repository/load-repository.ts')
    return loadRepository(stage.path('nowhere'))
  },
  FTS2301: async (stage) => {
    const store = await stage.applied()
    const contents = await store.contents()
    const { resolveFeatures } = await import('../../src/registry/resolve-features.ts')
    const { findOnDemandFunctions } = await import('../../src/store/on-demand.ts')
    const python = contents.onDemandFeatureViews.map((view) => ({
      ...view,
      transformation: { ...view.transformation, mode: 'pandas' },
    }))
    const selection = { kind: 'references' as const, references: ['fare'] }
    const changed = { ...contents, onDemandFeatureViews: python }
    const resolved = resolveFeatures(changed, 'rides', selection, { fullFeatureNames: false })
    return findOnDemandFunctions({ onDemandFunction: async () => undefined }, resolved)
  },
  FTS2302: async (stage) => {
    await stage.applied()
    const { openStore } = await import('../../src/store/open-store.ts')
    await using elsewhere = await openStore(stage.folder, { definitions: [], env: {} })
    const row = { driver_id: 1001, distance_km: 2 }
    return await elsewhere.getOnlineFeatures({ features: ['fare'], entities: [row] })
  },
  FTS2303: withFunction('transform: ({ stats }) => ({ fare: stats.trips.toFixed(2) })'),
  FTS2304: withFunction('transform: async () => ({ fare: 1 })'),
  FTS2305: withFunction('transform: () => ({ fair: 1 })'),
  FTS2306: withFunction("transform: () => ({ fare: 'much' })"),
  FTS2307: withFunction('transformColumns: () => ({ fare: [1, 2, 3] })'),
  FTS2308: async (stage) => {
    const store = await stage.applied(features, statsSql.replace('0.5::FLOAT', "'high'"))
    const entities = [{ driver_id: 1001, distance_km: 2, event_timestamp: '2026-01-01T11:00:00Z' }]
    return store.getHistoricalFeatures({ features: ['fare'], entities }).toRows()
  },
}

const projection = {
  alias: '',
  features: [],
  joinKeyMap: {},
  timestampField: '',
  createdTimestampColumn: '',
  datePartitionColumn: '',
  batchSource: null,
  streamSource: null,
  version: null,
  viewType: '',
}
