import { expect, test } from 'vitest'
import { fileSource, pushSource } from '../define/data-source.ts'
import { entity } from '../define/entity.ts'
import { featureView } from '../define/feature-view.ts'
import { streamFeatureView } from '../define/stream-feature-view.ts'
import type { Entity } from '../model/entity.ts'
import type { SourceColumn } from '../plugin/offline-store.ts'
import {
  array,
  type DataType,
  float64,
  formatDataType,
  int64,
  invalid,
  string,
  unixTimestamp,
} from '../types/data-type.ts'
import { inferTimestampField, inferView } from './infer-schema.ts'

const columns = (types: Readonly<Record<string, DataType>>): readonly SourceColumn[] =>
  Object.entries(types).map(([name, type]) => ({ name, type, isTimestamp: type === unixTimestamp }))

const statsColumns = columns({
  event_timestamp: unixTimestamp,
  driver_id: int64,
  conv_rate: float64,
  __index: int64,
  tail__: int64,
  created: string,
})

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const source = fileSource('stats', {
  path: 'stats.parquet',
  timestampField: 'event_timestamp',
  createdTimestampColumn: 'created',
})

function context(found: readonly SourceColumn[], entities: readonly Entity[] = [driver]) {
  const reads: string[] = []
  return {
    reads,
    entities: new Map(entities.map((each) => [each.name, each])),
    place: () => undefined,
    columns: async (from: { readonly name: string }) => {
      reads.push(from.name)
      return found
    },
  }
}

const shown = (fields: readonly { readonly name: string; readonly type: DataType }[]): readonly string[] =>
  fields.map((field) => `${field.name}: ${formatDataType(field.type)}`)

test('the only column of times is the event time column, also behind a push source', async () => {
  const plain = fileSource('stats', { path: 'stats.parquet' })
  const inferred = await inferTimestampField(plain, context(statsColumns))
  expect(inferred.timestampField).toBe('event_timestamp')
  const pushed = await inferTimestampField(pushSource('pushed', { batchSource: plain }), context(statsColumns))
  expect(pushed).toMatchObject({ batchSource: { timestampField: 'event_timestamp' } })
})

test('several columns of times, or none, are refused by name of source and columns', async () => {
  const plain = fileSource('stats', { path: 'stats.parquet', createdTimestampColumn: 'made' })
  const several = context(columns({ at: unixTimestamp, made: unixTimestamp, x: int64 }))
  await expect(inferTimestampField(plain, several)).rejects.toMatchObject({
    code: 'FTS3306',
    message: expect.stringMatching(/"stats".*several.*at, made/),
  })
  await expect(inferTimestampField(plain, context(columns({ x: int64 })))).rejects.toMatchObject({ code: 'FTS3306' })
})

test('features are all columns beside keys, times and names with leading underscores', async () => {
  const view = await inferView(featureView('v', { entities: [driver], source }), context(statsColumns))
  expect(shown(view.features)).toEqual(['conv_rate: Float64', 'tail__: Int64'])
  expect(shown(view.entityColumns)).toEqual(['driver_id: Int64'])
})

test('inferred features have their mapped names, and a mapped event time column is none of them', async () => {
  const mapped = fileSource('stats', {
    path: 'stats.parquet',
    timestampField: 'ev',
    fieldMapping: { event_timestamp: 'ev', conv_rate: 'rate' },
  })
  const view = await inferView(featureView('v', { entities: [driver], source: mapped }), context(statsColumns))
  expect(shown(view.features)).toEqual(['rate: Float64', 'tail__: Int64', 'created: String'])
})

test('a view that says everything is not looked up in its source', async () => {
  const asked = context(statsColumns)
  const view = await inferView(featureView('v', { entities: [driver], source, schema: { conv_rate: float64 } }), asked)
  expect(shown(view.entityColumns)).toEqual(['driver_id: Int64'])
  expect(asked.reads).toEqual([])
})

test('an entity without a type has its key column read from the source, and only that', async () => {
  const untyped = entity('driver', { joinKey: 'driver_id' })
  const definition = featureView('v', { entities: [untyped], source, schema: { conv_rate: string } })
  const view = await inferView(definition, context(statsColumns, [untyped]))
  expect(shown(view.entityColumns)).toEqual(['driver_id: Int64'])
  expect(shown(view.features)).toEqual(['conv_rate: String'])
})

test('a column of a type that Feast does not have matters only where it would be a feature or a key', async () => {
  const found = [
    ...columns({ event_timestamp: unixTimestamp, driver_id: int64, conv_rate: float64 }),
    { name: 'day', type: invalid, storedAs: 'Date32<DAY>', isTimestamp: false },
  ]
  const untyped = entity('driver', { joinKey: 'driver_id' })
  const plain = fileSource('stats', { path: 'stats.parquet' })
  expect((await inferTimestampField(plain, context(found))).timestampField).toBe('event_timestamp')
  const declared = featureView('v', { entities: [untyped], source, schema: { conv_rate: float64 } })
  expect(shown((await inferView(declared, context(found, [untyped]))).entityColumns)).toEqual(['driver_id: Int64'])
  await expect(inferView(featureView('v', { entities: [driver], source }), context(found))).rejects.toMatchObject({
    code: 'FTS4005',
    message: 'The column "day" of the data source "stats" is Date32<DAY>, and Feast has no such type.',
  })
})

test.each<[string, DataType]>([
  ['nulls', { kind: 'scalar', name: 'null' }],
  ['lists of nulls', array({ kind: 'scalar', name: 'null' })],
])('a column of %s is no feature: Feast cannot read such a view', async (_, type) => {
  const found = columns({ event_timestamp: unixTimestamp, driver_id: int64, empty: type })
  await expect(inferView(featureView('v', { entities: [driver], source }), context(found))).rejects.toMatchObject({
    code: 'FTS4005',
  })
})

test('a join key that the source does not have is refused with the nearest column', async () => {
  const untyped = entity('driver', { joinKey: 'driver_idd' })
  const definition = featureView('v', { entities: [untyped], source })
  await expect(inferView(definition, context(statsColumns, [untyped]))).rejects.toMatchObject({
    code: 'FTS3308',
    message: expect.stringContaining('Did you mean "driver_id"?'),
  })
})

test('a source with nothing but keys and times gives no features', async () => {
  const bare = context(columns({ event_timestamp: unixTimestamp, driver_id: int64 }))
  await expect(inferView(featureView('v', { entities: [driver], source }), bare)).rejects.toMatchObject({
    code: 'FTS3307',
    message: expect.stringContaining('source "stats"'),
  })
})

test('an entity that is not there is refused with the nearest one', async () => {
  const definition = { ...featureView('v', { source, schema: { x: int64 } }), entities: ['drivr'] }
  await expect(inferView(definition, context([]))).rejects.toMatchObject({
    code: 'FTS3301',
    message: 'View "v" refers to entity "drivr", which is not defined. Did you mean "driver"?',
  })
})

test('a stream view must say what its features are', async () => {
  const definition = {
    ...streamFeatureView('clicks', {
      entities: [driver],
      source: pushSource('p', { batchSource: source }),
      schema: {},
    }),
  }
  const asked = context(statsColumns)
  await expect(inferView(definition, asked)).rejects.toMatchObject({ code: 'FTS3309' })
  expect(asked.reads).toEqual([])
})
