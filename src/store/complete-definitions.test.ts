import { expect, test } from 'vitest'
import { collectDefinitions } from '../define/collect-definitions.ts'
import { fileSource, pushSource } from '../define/data-source.ts'
import { entity } from '../define/entity.ts'
import { featureService } from '../define/feature-service.ts'
import { featureView } from '../define/feature-view.ts'
import { onDemandFeatureView } from '../define/on-demand-feature-view.ts'
import type { DataSource } from '../model/data-source.ts'
import type { Definition, Definitions } from '../model/definitions.ts'
import { emptyRegistry } from '../model/registry-contents.ts'
import type { SourceColumn } from '../plugin/offline-store.ts'
import { float64, int64, string, unixTimestamp } from '../types/data-type.ts'
import { type CompletionOptions, completeDefinitions } from './complete-definitions.ts'

const columns: readonly SourceColumn[] = [
  { name: 'driver_id', type: int64, isTimestamp: false },
  { name: 'at', type: unixTimestamp, isTimestamp: true },
  { name: 'conv_rate', type: float64, isTimestamp: false },
]

function options(change: Partial<CompletionOptions> = {}): CompletionOptions {
  return {
    project: 'rides',
    projectDescription: 'Rides of a city',
    partial: false,
    registered: emptyRegistry,
    columns: async () => columns,
    ...change,
  }
}

const collected = (...objects: readonly Definition[]): Definitions =>
  collectDefinitions(objects.map((definition) => ({ definition })))

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const batch = fileSource('batch', { path: 'stats.parquet' })
const stats = featureView('stats', { entities: [driver], source: pushSource('pushed', { batchSource: batch }) })

test('the project is made from the configuration when the repository defines none', async () => {
  const { projects } = await completeDefinitions(collected(driver), options())
  expect(projects).toEqual([
    { kind: 'project', name: 'rides', project: 'rides', description: 'Rides of a city', tags: {}, owner: '' },
  ])
})

test('the source behind a push source is one of the sources, and every copy has the inferred event time', async () => {
  const desired = await completeDefinitions(collected(stats), options())
  const times = (source: DataSource | null): string | undefined => source?.timestampField
  expect(desired.dataSources.map((source) => source.name).sort()).toEqual(['batch', 'pushed'])
  expect(desired.dataSources.find((source) => source.name === 'batch')?.timestampField).toBe('at')
  expect(desired.featureViews.map((view) => times(view.batchSource))).toEqual(['at'])
})

test('each source is read once, however many views infer from it', async () => {
  const reads: string[] = []
  const read = async (source: DataSource): Promise<readonly SourceColumn[]> => {
    reads.push(source.name)
    return columns
  }
  const other = featureView('other', { entities: [driver], source: batch })
  await completeDefinitions(collected(stats, other), options({ columns: read }))
  expect(reads).toEqual(['batch'])
})

test('a service freezes the inferred features of a whole view and the types of the selected ones', async () => {
  const service = featureService('ranking', [stats, 'stats:conv_rate'])
  const { featureServices } = await completeDefinitions(
    { ...collected(stats), featureServices: [{ ...service }] },
    options(),
  )
  const [frozen] = featureServices
  expect(frozen?.projections.map((each) => each.features.map((field) => [field.name, field.type]))).toEqual([
    [['conv_rate', float64]],
    [['conv_rate', float64]],
  ])
  expect(frozen?.projections[0]).toMatchObject({ viewType: 'featureView', batchSource: { timestampField: 'at' } })
})

test('a service may take features of a view that is only registered, when objects are applied one by one', async () => {
  const complete = await completeDefinitions(collected(stats), options())
  const registered = { ...emptyRegistry, ...complete }
  const service = collectDefinitions([{ definition: featureService('ranking', ['stats:conv_rate']) }], {
    partial: true,
  })
  const { featureServices } = await completeDefinitions(service, options({ partial: true, registered }))
  expect(featureServices[0]?.projections[0]?.features).toMatchObject([{ name: 'conv_rate', type: float64 }])
  await expect(completeDefinitions(service, options({ registered }))).rejects.toMatchObject({ code: 'FTS3310' })
})

test('a feature that the completed view does not have is refused with the nearest one', async () => {
  const service = { ...featureService('ranking', ['stats:conv_rat']) }
  const definitions = { ...collected(stats), featureServices: [service] }
  await expect(completeDefinitions(definitions, options())).rejects.toMatchObject({
    code: 'FTS2104',
    message: expect.stringContaining('Did you mean "conv_rate"?'),
  })
})

test('an on-demand view holds the completed features of its source views', async () => {
  const doubled = onDemandFeatureView('doubled', {
    sources: { stats },
    schema: { twice: float64 },
    transform: () => ({ twice: 1 }),
  })
  const desired = await completeDefinitions(collected(doubled), options())
  expect(desired.onDemandFeatureViews[0]?.sources.stats).toMatchObject({
    projection: { features: [{ name: 'conv_rate', type: float64 }] },
  })
})

test('two different sources of one name are refused, case ignored; two copies of one are not', async () => {
  const view = (name: string, path: string, source: string): Definition =>
    featureView(name, { source: fileSource(source, { path, timestampField: 'at' }), schema: { x: string } })
  const clash = { ...collected(view('a', 'a.parquet', 'batch')), dataSources: [{ ...batch, name: 'BATCH' }] }
  await expect(completeDefinitions(clash, options())).rejects.toMatchObject({ code: 'FTS3311' })
  const same = collected(view('a', 'a.parquet', 'batch'), view('b', 'a.parquet', 'batch'))
  expect((await completeDefinitions(same, options())).dataSources).toHaveLength(1)
})

test('a fault in a copy that was completed on the way is reported where its definition was written', async () => {
  const untyped = entity('rider', { joinKey: 'rider_id' })
  const view = featureView('riders', { entities: [untyped], source: batch })
  const file = import.meta.filename
  await expect(completeDefinitions(collected(view), options())).rejects.toMatchObject({
    code: 'FTS3308',
    where: { file: expect.stringContaining(file), line: expect.any(Number) },
  })
})
