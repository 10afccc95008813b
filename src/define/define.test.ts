import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { days, hours, seconds } from '../base/instant.ts'
import { plainField } from '../model/field.ts'
import { array, bool, float32, float64, int32, int64, invalid, string } from '../types/data-type.ts'
import type { ConnectionRef } from './connection-ref.ts'
import { fileSource, kafkaSource, kinesisSource, pushSource, requestSource } from './data-source.ts'
import { definitionsUsedBy, isDefinition, placeOf } from './definition.ts'
import { entity } from './entity.ts'
import { featureService } from './feature-service.ts'
import { batchFeatureView, featureView } from './feature-view.ts'
import { field } from './field.ts'
import { onDemandFeatureView } from './on-demand-feature-view.ts'
import { permission } from './permission.ts'
import { project } from './project.ts'
import { aggregation, labelView, streamFeatureView } from './stream-feature-view.ts'
import { athenaSource, bigQuerySource, redshiftSource, snowflakeSource, sparkSource } from './warehouse-source.ts'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const city = entity('city', { type: string })
const file = fileSource('stats_source', {
  path: 'data/stats.parquet',
  timestampField: 'event_timestamp',
  createdTimestampColumn: 'created',
})
const kinesis = kinesisSource('k', {
  timestampField: 't',
  region: 'r',
  streamName: 's',
  recordFormat: { kind: 'proto', classPath: 'a.B' },
  batchSource: file,
})
const stats = featureView('stats', {
  entities: [driver],
  ttl: days(1),
  schema: { conv_rate: float32, trips: int64 },
  source: file,
})
const trip = requestSource('trip', { distance_km: float64 })

/** The error that a definition is refused with. */
function refusal(definition: () => unknown): FeatureStoreError {
  try {
    definition()
  } catch (error) {
    if (error instanceof FeatureStoreError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** The text that an error marks in this file. */
function marked(error: FeatureStoreError): string | undefined {
  const { file: path, line = 0, column = 0, length = 0 } = error.where ?? { file: '' }
  expect(path).toBe(fileURLToPath(import.meta.url))
  return readFileSync(path, 'utf8')
    .split('\n')
    [line - 1]?.slice(column - 1, column - 1 + length)
}

describe('defaults are those of Feast', () => {
  test('of an entity: the name is the join key, the type is found out at apply', () => {
    expect(entity('driver')).toMatchObject({ joinKey: 'driver', type: invalid, description: '', tags: {}, owner: '' })
  })

  test('of a feature view: any age, online, not offline', () => {
    const view = featureView('v', { source: file })
    expect(view).toMatchObject({
      online: true,
      offline: false,
      enabled: true,
      version: 'latest',
      organization: '',
      mode: '',
    })
    expect(view.ttl?.micros).toBe(0n)
    expect(view).toMatchObject({ entities: [], entityColumns: [], features: [], state: 'UNSPECIFIED', intervals: [] })
  })

  test('of a batch feature view: no ttl, not online, mode python', () => {
    expect(batchFeatureView('v', { source: file })).toMatchObject({ ttl: null, online: false, mode: 'python' })
  })

  test('of a stream feature view: any age, online, mode python', () => {
    const view = streamFeatureView('v', { source: pushSource('p', { batchSource: file }) })
    expect(view).toMatchObject({ online: true, mode: 'python', aggregations: [], enableTiling: false })
    expect(view.ttl?.micros).toBe(0n)
  })

  test('of what a service takes of a view: where the rows are, also those of labels', () => {
    const source = pushSource('p', { batchSource: file })
    const labels = labelView('labels', { entities: [driver], source, schema: { good: bool } })
    const [projection] = featureService('s', [stats, labels]).projections.slice(1)
    expect(projection).toMatchObject({ viewName: 'labels', batchSource: file, createdTimestampColumn: 'created' })
  })

  test('of a label view: labeler, last write wins', () => {
    expect(labelView('labels', { entities: [driver], schema: { good: bool } })).toMatchObject({
      labelerField: 'labeler',
      conflictPolicy: 'LAST_WRITE_WINS',
      online: true,
      entityColumns: [plainField('driver_id', int64)],
    })
  })

  test('of a permission: every type and action, for everybody', () => {
    const all = permission('all')
    expect([all.types.length, all.actions.length, all.policy]).toEqual([12, 8, { kind: 'allowAll' }])
  })

  test('of an aggregation: it slides by its own window', () => {
    expect(aggregation({ column: 'x', function: 'sum', timeWindow: hours(1) }).slideInterval).toEqual(hours(1))
  })

  test('of a project: it is its own project', () => {
    expect(project('p', { tags: { a: 'b' } })).toMatchObject({ name: 'p', project: 'p', tags: { a: 'b' } })
  })
})

describe('a feature view', () => {
  test('keeps the schema in order, with descriptions, tags and vectors', () => {
    const view = featureView('v', {
      source: file,
      schema: {
        b: field(float32, { description: 'a rate', tags: { unit: '1' } }),
        a: field(array(float32), { vectorIndex: true, vectorLength: 3, vectorSearchMetric: 'L2' }),
      },
    })
    expect(view.features).toEqual([
      { ...plainField('b', float32), description: 'a rate', tags: { unit: '1' } },
      { ...plainField('a', array(float32)), vectorIndex: true, vectorLength: 3, vectorSearchMetric: 'L2' },
    ])
  })

  test('makes key columns of schema columns that name a join key, and adds the keys that are not named', () => {
    const view = featureView('v', { entities: [driver, city], schema: { a: float32, city: string }, source: file })
    expect(view.entityColumns).toEqual([plainField('city', string), plainField('driver_id', int64)])
    expect(view.features.map((feature) => feature.name)).toEqual(['a'])
    expect(view.entities).toEqual(['driver', 'city'])
  })

  test('divides a push source into stream and history', () => {
    const push = pushSource('push', { batchSource: file })
    const view = featureView('v', { source: push })
    expect([view.streamSource, view.batchSource]).toEqual([push, file])
    expect(push).toMatchObject({ timestampField: 'event_timestamp', createdTimestampColumn: 'created' })
  })

  test('may be made from other views when a sink keeps its rows', () => {
    const view = featureView('v', { source: [stats], sinkSource: file })
    expect([view.sourceViews, view.batchSource]).toEqual([['stats'], file])
    expect(refusal(() => featureView('v', { source: stats })).code).toBe('FTS2008')
  })

  test('is immutable in every part', () => {
    expect(Object.isFrozen(stats) && Object.isFrozen(stats.features) && Object.isFrozen(stats.features[0])).toBe(true)
    expect(Object.isFrozen(stats.tags) && Object.isFrozen(file.fieldMapping)).toBe(true)
  })

  test('does not share what the caller passed', () => {
    const tags: Record<string, string> = { a: '1' }
    const view = featureView('v', { source: file, tags })
    tags.a = '2'
    expect(view.tags).toEqual({ a: '1' })
  })
})

describe('a definition', () => {
  test('is recognised, whichever copy of the package made it, and a copy made by spread is plain data', () => {
    expect([driver, file, stats, trip].every(isDefinition)).toBe(true)
    expect(Object.getOwnPropertySymbols(stats)).toEqual([Symbol.for('feast-ts.definition')])
    expect(isDefinition({ ...stats })).toBe(false)
    expect(isDefinition(stats.select('trips'))).toBe(false)
  })

  test('knows what it was made from and where it stands', () => {
    expect(definitionsUsedBy(stats)).toEqual([driver, file])
    const service = featureService('s', [stats.select('trips').withName('a')])
    expect(definitionsUsedBy(service)).toEqual([stats])
    expect(placeOf(service)?.file).toBe(fileURLToPath(import.meta.url))
  })
})

describe('a selection', () => {
  test('names features in the order asked for, an alias and other key columns', () => {
    const origin = stats.select('trips', 'conv_rate').withName('origin').withJoinKeyMap({ driver_id: 'origin_id' })
    expect(origin).toMatchObject({ viewName: 'stats', alias: 'origin', joinKeyMap: { driver_id: 'origin_id' } })
    expect(origin.features.map((feature) => feature.name)).toEqual(['trips', 'conv_rate'])
    expect(origin.withName('other').joinKeyMap).toEqual({ driver_id: 'origin_id' })
  })

  test('of a view without a schema leaves the types open', () => {
    expect(featureView('v', { source: file }).select('later').features).toEqual([plainField('later', invalid)])
  })

  test('of an unknown feature is refused with the nearest name, at its place', () => {
    const error = refusal(() => stats.select('conv_rat' as 'conv_rate'))
    expect(error.code).toBe('FTS2104')
    expect(error.hint).toBe('did you mean "conv_rate"?')
    expect(error.notes).toEqual(['features of stats: conv_rate, trips'])
    expect(marked(error)).toBe('conv_rat')
  })

  test('with a mapping of an unknown join key is refused', () => {
    const error = refusal(() => stats.withJoinKeyMap({ driver: 'x' } as object))
    expect([error.code, marked(error)]).toEqual(['FTS2107', 'driver'])
  })
})

describe('a definition is refused, at its place, for', () => {
  const cases: readonly (readonly [rule: string, code: string, mark: string, definition: () => unknown])[] = [
    ['an empty name', 'FTS2001', '', () => entity('')],
    ['a colon in the name of a view', 'FTS2001', 'a:b', () => featureView('a:b', { source: file })],
    ['a blank at the end of a name', 'FTS2001', 'late ', () => requestSource('trip', { 'late ': int32 })],
    ['a reserved name', 'FTS2001', '__dummy', () => entity('__dummy')],
    ['a project name with a blank', 'FTS2001', 'my project', () => project('my project')],
    ['a misspelt option', 'FTS2002', 'entites', () => featureView('v', { source: file, entites: [] } as object)],
    [
      'two entities with one join key',
      'FTS2003',
      'chauffeur',
      () => featureView('v', { entities: [driver, entity('chauffeur', { joinKey: 'driver_id' })], source: file }),
    ],
    [
      'a key type that is not that of the entity',
      'FTS2004',
      'driver_id',
      () => featureView('v', { entities: [driver], schema: { driver_id: string }, source: file }),
    ],
    [
      'a column that the source maps away',
      'FTS2005',
      'cr',
      () =>
        featureView('v', {
          schema: { cr: float32 },
          source: fileSource('f', { path: 'x', fieldMapping: { [`c${'r'}`]: 'conv_rate' } }),
        }),
    ],
    ['entities that are no list', 'FTS2007', 'entities', () => featureView('v', { entities: driver as never })],
    ['a source among the entities', 'FTS2007', '', () => featureView('v', { entities: [file] as never })],
    ['an entity that is undefined', 'FTS2007', '', () => featureView('v', { entities: [undefined] as never })],
    ['a request source as history', 'FTS2008', 'source', () => featureView('v', { source: trip })],
    [
      'a stream without history',
      'FTS2008',
      'source',
      () =>
        featureView('v', {
          source: kafkaSource('k', {
            timestampField: 't',
            bootstrapServers: 'h:1',
            topic: 'x',
            messageFormat: { kind: 'json', schemaJson: '' },
          }),
        }),
    ],
    ['a batch view without any source', 'FTS2008', 'v', () => batchFeatureView('v', {})],
    ['a stream view over a file', 'FTS2008', 'source', () => streamFeatureView('v', { source: file })],
    ['a stream view over Kinesis', 'FTS2008', 'source', () => streamFeatureView('v', { source: kinesis })],
    ['a warehouse source without table and query', 'FTS2008', 'bq', () => bigQuerySource('bq', {})],
    [
      'one column for both timestamps',
      'FTS2009',
      'createdTimestampColumn',
      () => fileSource('f', { path: 'x', timestampField: 't', createdTimestampColumn: 't' }),
    ],
    ['a version that is none', 'FTS2010', 'two', () => featureView('v', { source: file, version: 'two' })],
    [
      'two vector indexes',
      'FTS2011',
      'w',
      () =>
        featureView('view', {
          source: file,
          schema: {
            u: field(array(float32), { vectorIndex: true }),
            w: field(array(float32), { vectorIndex: true }),
          },
        }),
    ],
    [
      'aggregations without a time',
      'FTS2012',
      'aggregations',
      () =>
        streamFeatureView('v', {
          source: pushSource('p', { batchSource: file }),
          aggregations: [aggregation({ column: 'x', function: 'sum' })],
        }),
    ],
    [
      'tiles as long as a window',
      'FTS2012',
      'tilingHopSize',
      () =>
        streamFeatureView('v', {
          source: pushSource('p', { batchSource: file }),
          timestampField: 't',
          aggregations: [aggregation({ column: 'x', function: 'sum', timeWindow: seconds(60) })],
          enableTiling: true,
          tilingHopSize: seconds(60),
        }),
    ],
    ['a feature that is listed twice', 'FTS2015', 's', () => featureService('s', [stats, stats.select('trips')])],
    [
      'an on-demand view without sources',
      'FTS2016',
      'sources',
      () => onDemandFeatureView('v', { sources: {}, schema: { a: int32 }, transform: () => ({ a: 1 }) }),
    ],
    [
      'an on-demand view without a function',
      'FTS2016',
      'v',
      () => onDemandFeatureView('v', { sources: { trip }, schema: { a: int32 } } as never),
    ],
    [
      'an on-demand view that is stored but has no entities',
      'FTS2016',
      'writeToOnlineStore',
      () =>
        onDemandFeatureView('v', {
          sources: { trip },
          schema: { a: int32 },
          transform: () => ({ a: 1 }),
          writeToOnlineStore: true,
        }),
    ],
    [
      'a sample rate above one',
      'FTS2017',
      'sampleRate',
      () => featureService('s', [stats], { logging: { sampleRate: 2 } }),
    ],
    [
      'an option of a label view that no registry can keep',
      'FTS2002',
      'organization',
      () => labelView('v', { entities: [driver], organization: 'rides' } as object),
    ],
    ['an owner of a permission', 'FTS2002', 'owner', () => permission('p', { owner: 'ann' } as object)],
    ['the name of a type', 'FTS2017', 'int64', () => entity('e', { type: 'int64' as never })],
    ['a column of no type', 'FTS2017', 'rating', () => requestSource('r', { rating: undefined as never })],
    ['a number as a ttl', 'FTS2017', 'ttl', () => featureView('v', { ttl: 3600 as never, source: file })],
    ['a permission of nothing', 'FTS2017', 'actions', () => permission('p', { actions: [] })],
  ]

  test.each(cases)('%s (%s)', (_rule, code, mark, definition) => {
    const error = refusal(definition)
    expect(error.code).toBe(code)
    expect(marked(error)).toBe(mark)
  })
})

describe('sources', () => {
  test('keep the place of their credentials in the tags that Feast uses', () => {
    const reference = { provider: 'vault', name: 'secret/x', namespace: 'kv', connectionType: 'spark' }
    const more = { authType: 'basic', params: { account: 'acc' } }
    const tagsOf = (connectionRef: ConnectionRef) =>
      fileSource('f', { path: 'x', tags: { a: 'b' }, connectionRef }).tags
    // As real Feast writes them.
    expect(tagsOf({ ...reference, ...more })).toEqual({
      a: 'b',
      'feast.connection-ref.provider': 'vault',
      'feast.connection-ref.name': 'secret/x',
      'feast.connection-ref.namespace': 'kv',
      'feast.connection-ref.connection-type': 'spark',
      'feast.connection-ref.auth-type': 'basic',
      'feast.connection-ref.param.account': 'acc',
    })
    expect(Object.keys(tagsOf({ provider: 'env', name: 'X', authType: 'secret' }))).toHaveLength(3)
  })

  test('of warehouses keep their own options by name', () => {
    const athena = athenaSource('a', { table: 't', database: 'd', dataSource: 'c', datePartitionColumn: 'day' })
    expect(athena).toMatchObject({ kind: 'athena', table: 't', query: '', datePartitionColumn: 'day' })
    expect(athena.options).toEqual({ database: 'd', dataSource: 'c' })
  })

  test('of warehouses have the options that Feast fills in', () => {
    expect(sparkSource('s', { path: 's3://x' }).options).toEqual({ path: 's3://x' })
    expect(redshiftSource('r', { table: 't' }).options).toEqual({ schema: 'public' })
    expect(snowflakeSource('s', { table: 't', database: 'd' }).options).toEqual({ schema: 'PUBLIC', database: 'd' })
    expect(snowflakeSource('s', { query: 'select 1' }).options).toEqual({})
    expect(athenaSource('a', { table: 't' }).options).toEqual({ database: 'default' })
  })

  test('of lakes say the settings of their format as properties too, as Feast does', () => {
    const { options } = sparkSource('s', {
      table: 't',
      tableFormat: { kind: 'delta', checkpointLocation: 's3://c', properties: { a: 'b' } },
    })
    expect(options).toEqual({
      tableFormat: 'delta',
      'tableFormat.checkpointLocation': 's3://c',
      'tableFormat.properties.a': 'b',
      'tableFormat.properties.delta.checkpointLocation': 's3://c',
    })
  })

  test('of streams keep their format and their history', () => {
    expect(kinesis).toMatchObject({ kind: 'kinesis', recordFormat: { kind: 'proto', classPath: 'a.B' } })
    expect(definitionsUsedBy(kinesis)).toEqual([file])
  })
})

describe('an on-demand view', () => {
  test('keeps its function as text in mode typescript and alive beside it', () => {
    const fare = onDemandFeatureView('fare', {
      sources: { stats: stats.select('conv_rate'), trip },
      schema: { expected: float64 },
      transform: ({ stats, trip }) => ({
        expected: stats.conv_rate === null ? null : stats.conv_rate * trip.distance_km,
      }),
    })
    expect(fare).toMatchObject({ mode: 'typescript', singleton: true, transformation: { mode: 'typescript' } })
    expect(fare.transformation.bodyText).toBe(fare.function?.run.toString())
    expect(fare.function?.run({ stats: { conv_rate: 0.5 }, trip: { distance_km: 4 } } as never)).toEqual({
      expected: 2,
    })
    expect(fare.sources).toMatchObject({
      stats: { kind: 'view', projection: { viewName: 'stats', features: [{ name: 'conv_rate' }] } },
      trip: { kind: 'request', source: { name: 'trip' } },
    })
    expect(definitionsUsedBy(fare)).toEqual([stats, trip])
  })

  test('over columns is no singleton', () => {
    const doubled = onDemandFeatureView('doubled', {
      sources: { trip },
      schema: { twice: float64 },
      transformColumns: ({ trip }) => ({ twice: trip.distance_km.map((km) => km * 2) }),
    })
    expect([doubled.singleton, doubled.function?.over]).toEqual([false, 'columns'])
  })
})

describe('a feature service', () => {
  test('takes views, selections and references, in order', () => {
    const service = featureService('s', [stats.select('trips'), 'other:x', 'third', 'stats@v2:conv_rate'], {
      logging: { destination: { kind: 'file', path: 'logs' } },
    })
    expect(service.projections.map((each) => [each.viewName, each.version, each.features.map((f) => f.name)])).toEqual([
      ['stats', null, ['trips']],
      ['other', null, ['x']],
      ['third', null, []],
      ['stats', 2, ['conv_rate']],
    ])
    expect(service.logging).toEqual({
      sampleRate: 1,
      destination: { kind: 'file', path: 'logs', s3EndpointOverride: '', partitionBy: [] },
    })
  })
})
