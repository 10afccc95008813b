import { expect, test } from 'vitest'
import type { ErrorCode } from '../base/errors/catalogue.ts'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'
import { dummyEntity } from '../model/entity.ts'
import type { FeatureView, OnDemandFeatureView, OnDemandSource } from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import { plainField } from '../model/field.ts'
import { emptyRegistry, type RegistryContents } from '../model/registry-contents.ts'
import { float64, int64 } from '../types/data-type.ts'
import { type ResolveOptions, resolveFeatures } from './resolve-features.ts'
import type { FeatureSelection } from './resolved-features.ts'
import { recordVersion } from './versions.ts'

const registered = { project: 'p', description: '', tags: {}, owner: '' }
const view = { ...registered, enabled: true, version: 'latest', organization: '', currentVersion: null, versionId: '' }

function storedView(name: string, features: readonly string[], change: Partial<FeatureView> = {}): FeatureView {
  return {
    ...view,
    kind: 'featureView',
    name,
    state: 'UNSPECIFIED',
    entities: ['driver'],
    entityColumns: [plainField('driver_id', int64)],
    features: features.map((feature) => plainField(feature, float64)),
    ttl: null,
    batchSource: null,
    streamSource: null,
    online: true,
    offline: false,
    mode: '',
    enableValidation: false,
    transformation: null,
    sourceViews: [],
    intervals: [],
    ...change,
  }
}

function projection(
  viewName: string,
  features: readonly string[],
  change: Partial<FeatureViewProjection> = {},
): FeatureViewProjection {
  return {
    viewName,
    alias: '',
    features: features.map((feature) => plainField(feature, float64)),
    joinKeyMap: {},
    timestampField: '',
    createdTimestampColumn: '',
    datePartitionColumn: '',
    batchSource: null,
    streamSource: null,
    version: null,
    viewType: '',
    ...change,
  }
}

function onDemandView(
  name: string,
  features: readonly string[],
  sources: Readonly<Record<string, OnDemandSource>>,
): OnDemandFeatureView {
  return {
    ...view,
    kind: 'onDemandFeatureView',
    name,
    state: 'UNSPECIFIED',
    entities: [],
    entityColumns: [],
    features: features.map((feature) => plainField(feature, float64)),
    sources,
    transformation: { mode: 'typescript', name: '', body: new Uint8Array(), bodyText: '' },
    mode: 'typescript',
    writeToOnlineStore: false,
    singleton: true,
    aggregations: [],
  }
}

const source = (viewName: string, features: readonly string[]): OnDemandSource => ({
  kind: 'view',
  projection: projection(viewName, features),
})

const trip: OnDemandSource = {
  kind: 'request',
  source: {
    ...registered,
    kind: 'request',
    name: 'trip',
    schema: [plainField('distance', float64)],
    timestampField: '',
    createdTimestampColumn: '',
    fieldMapping: {},
    datePartitionColumn: '',
    timestampFieldType: '',
    classType: '',
  },
}

const driver = { ...registered, kind: 'entity', name: 'driver', joinKey: 'driver_id', type: int64 } as const

const contents: RegistryContents = {
  ...emptyRegistry,
  entities: [dummyEntity('p'), driver],
  featureViews: [
    storedView('stats', ['conv', 'acc', 'trips']),
    storedView('weekly', ['conv', 'best']),
    storedView('off', ['x'], { enabled: false }),
    storedView('busy', ['x'], { state: 'MATERIALIZING' }),
    storedView('world', ['rate'], { entities: ['__dummy'], entityColumns: [] }),
  ],
  onDemandFeatureViews: [
    onDemandView('fare', ['cheap', 'dear'], { stats: source('stats', ['acc', 'conv']), trip }),
    onDemandView('tip', ['tip'], { fare: source('fare', ['dear']), stats: source('stats', ['trips']) }),
    onDemandView('egg', ['e'], { hen: source('hen', ['h']) }),
    onDemandView('hen', ['h'], { egg: source('egg', ['e']) }),
  ],
  featureServices: [
    {
      ...registered,
      kind: 'featureService',
      name: 'pair',
      projections: [
        projection('stats', ['conv'], { alias: 'origin', joinKeyMap: { driver_id: 'origin_id' } }),
        projection('stats', ['trips', 'conv'], { alias: 'target', joinKeyMap: { driver_id: 'target_id' } }),
      ],
      logging: null,
      precomputeOnline: false,
    },
  ],
}

const ask = (references: readonly (string | FeatureViewProjection)[]): FeatureSelection => ({
  kind: 'references',
  references,
})

const resolve = (references: readonly (string | FeatureViewProjection)[], options: Partial<ResolveOptions> = {}) =>
  resolveFeatures(contents, 'p', ask(references), { fullFeatureNames: false, ...options })

function fault(run: () => unknown): FeatureStoreError {
  try {
    run()
  } catch (error) {
    if (error instanceof FeatureStoreError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('interleaved references are grouped by view in order of first mention', () => {
  const { outputs, views } = resolve(['weekly:best', 'stats:trips', 'weekly:conv', 'stats:acc'])
  expect(outputs).toEqual(['best', 'conv', 'trips', 'acc'])
  expect(views.map((each) => each.name)).toEqual(['weekly', 'stats'])
  expect(views[0]?.joinKeys).toEqual([{ key: 'driver_id', column: 'driver_id', field: plainField('driver_id', int64) }])
})

test('a bare view name means all of its features', () => {
  expect(resolve(['stats'], { fullFeatureNames: true }).outputs).toEqual(['stats__conv', 'stats__acc', 'stats__trips'])
})

test('a view without entities has no join keys', () => {
  expect(resolve(['world:rate']).views[0]?.joinKeys).toEqual([])
})

test('a projection object selects, renames and maps join keys', () => {
  const { outputs, views } = resolve(
    [projection('stats', ['acc'], { alias: 'me', joinKeyMap: { driver_id: 'who' } })],
    {
      fullFeatureNames: true,
    },
  )
  expect(outputs).toEqual(['me__acc'])
  expect(views[0]?.joinKeys.map((key) => key.column)).toEqual(['who'])
})

test("a feature service is replaced by the registry's copy of the same name", () => {
  const [service] = contents.featureServices
  if (service === undefined) throw new Error('no service')
  const given: FeatureSelection = { kind: 'service', service: { ...service, projections: [] } }
  const { outputs, views } = resolveFeatures(contents, 'p', given, { fullFeatureNames: true })
  expect(outputs).toEqual(['origin__conv', 'target__trips', 'target__conv'])
  expect(views.map((each) => each.joinKeys[0]?.column)).toEqual(['origin_id', 'target_id'])
})

test('what an on-demand view needs is read without a column in the result', () => {
  const resolved = resolve(['fare:dear', 'stats:trips'])
  expect(resolved.outputs).toEqual(['trips', 'dear'])
  expect(resolved.views[0]?.features.map(({ field, output }) => [field.name, output])).toEqual([
    ['trips', 'trips'],
    ['acc', null],
    ['conv', null],
  ])
  expect(resolved.requestFields.map((field) => field.name)).toEqual(['distance'])
})

test('a feature that is requested after an on-demand view needed it keeps its column', () => {
  expect(resolve(['fare:dear', 'stats:conv']).outputs).toEqual(['conv', 'dear'])
})

test('an on-demand view that another needs runs first, and its outputs keep the order of mention', () => {
  const resolved = resolve(['tip:tip', 'fare:cheap'])
  expect(resolved.onDemandViews.map((each) => each.name)).toEqual(['fare', 'tip'])
  expect(resolved.outputs).toEqual(['tip', 'cheap'])
  const tip = resolved.onDemandViews[1]
  expect(tip?.sources.fare).toMatchObject({ kind: 'onDemand', view: resolved.onDemandViews[0] })
  expect(resolved.onDemandViews[0]?.features.map((feature) => feature.output)).toEqual(['cheap', null])
})

test('a collision lists every reference and suggests full names', () => {
  const error = fault(() => resolve(['stats:conv', 'weekly:conv', 'stats:acc']))
  expect(error.code).toBe('FTS2105')
  expect(error.message).toBe('Duplicate features named conv found: stats:conv, weekly:conv.')
  expect(error.notes[0]).toContain('fullFeatureNames')
})

test('a reference given twice collides with full names too, and full names are not suggested', () => {
  const error = fault(() => resolve(['stats:conv', 'stats:conv'], { fullFeatureNames: true }))
  expect(error.code).toBe('FTS2105')
  expect(error.notes[0]).toContain('each feature once')
})

test('an implied feature never collides', () => {
  expect(resolve(['fare:dear', 'weekly:conv']).outputs).toEqual(['conv', 'dear'])
})

test('an unknown feature is answered with the nearest one and the list', () => {
  const error = fault(() => resolve(['stats:con']))
  expect(error.code).toBe('FTS2104')
  expect(error.message).toBe('The view "stats" has no feature "con". Did you mean "conv"?')
  expect(error.notes).toEqual(['features of stats: conv, acc, trips'])
})

test.each<[string, readonly string[], ErrorCode]>([
  ['nothing', [], 'FTS2102'],
  ['an empty text', [''], 'FTS2101'],
  ['an empty feature', ['stats:'], 'FTS2101'],
  ['an empty view', [':conv'], 'FTS2101'],
  ['an unknown view', ['stat:conv'], 'FTS3104'],
  ['a join key', ['stats:driver_id'], 'FTS2104'],
  ['a disabled view', ['off:x'], 'FTS2103'],
  ['a view that is being materialized', ['busy:x'], 'FTS2103'],
  ['a version while versions are off', ['stats@v2:conv'], 'FTS2108'],
  ['a cycle', ['egg:e'], 'FTS2106'],
])('%s is refused', (_, references, code) => {
  expect(fault(() => resolve(references)).code).toBe(code)
})

test('a view that is being materialized serves when the registry says so', () => {
  expect(resolve(['busy:x'], { serveWhileMaterializing: true }).outputs).toEqual(['x'])
})

test('the current version can be named, another one must be in the registry', () => {
  expect(resolve(['stats@v0:conv'], { versions: true, fullFeatureNames: true }).outputs).toEqual(['stats@v0__conv'])
  expect(resolve(['stats@latest:conv']).outputs).toEqual(['conv'])
  expect(fault(() => resolve(['stats@v7:conv'], { versions: true })).code).toBe('FTS2108')
})

test('a former version is read as it was', () => {
  const former = storedView('stats', ['conv', 'gone'])
  const now = Instant.fromEpochMicros(0n)
  const versioned = recordVersion(contents, former, 3, { now, newId: () => 'id' })
  const selection = ask(['stats@v3:gone', 'stats:trips'])
  const { outputs, views } = resolveFeatures(versioned, 'p', selection, { versions: true, fullFeatureNames: true })
  expect(outputs).toEqual(['stats@v3__gone', 'stats__trips'])
  expect(views.map((each) => each.version)).toEqual([3, null])
  const call = (): unknown =>
    resolveFeatures(versioned, 'p', ask(['stats@v4:conv']), { versions: true, fullFeatureNames: true })
  expect(fault(call).notes).toEqual(['versions of stats: v3, v0'])
})

test('a join key map of an unknown key is refused', () => {
  const error = fault(() => resolve([projection('stats', [], { joinKeyMap: { driver: 'who' } })]))
  expect(error.code).toBe('FTS2107')
  expect(error.notes).toEqual(['join keys of stats: driver_id'])
})
