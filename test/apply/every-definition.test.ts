import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  aggregation,
  array,
  athenaSource,
  batchFeatureView,
  bigQuerySource,
  type DataType,
  type Definition,
  Duration,
  days,
  entity,
  featureService,
  featureView,
  field,
  fileSource,
  float32,
  float64,
  hours,
  int64,
  kafkaSource,
  kinesisSource,
  labelView,
  minutes,
  onDemandFeatureView,
  permission,
  project,
  pushSource,
  redshiftSource,
  requestSource,
  set,
  snowflakeSource,
  sparkSource,
  streamFeatureView,
  string,
  struct,
  trinoSource,
} from '../../src/index.ts'
import { isEmptyPlan } from '../../src/registry/plan.ts'
import { apply } from '../../src/store/apply.ts'
import { plan } from '../../src/store/plan.ts'
import { type ScalarTypeName, scalarTypes } from '../../src/types/data-type.ts'
import { openContext, temporaryFolder } from './context.ts'
import { repository } from './parts.ts'

const common = { description: 'what it is', tags: { team: 'rides' }, owner: 'ann@example.com' }
const rows = { timestampField: 'at', createdTimestampColumn: 'made', fieldMapping: { raw: 'rate' }, ...common }
const table = { table: 'db.rides', datePartitionColumn: 'day', timestampFieldType: 'DATE', ...rows }

/** Every kind of data source, with every option that it has. */
function everySource() {
  const file = fileSource('file', {
    path: 's3://bucket/rides/',
    format: 'delta',
    s3EndpointOverride: 'http://minio:9000',
    connectionRef: {
      provider: 'vault',
      name: 'secret/rides',
      namespace: 'kv',
      connectionType: 'file',
      authType: 'basic',
      params: { account: 'a' },
    },
    ...rows,
  })
  const kafka = kafkaSource('kafka', {
    bootstrapServers: 'k:9092',
    topic: 'rides',
    messageFormat: { kind: 'avro', schemaJson: '{"type":"record"}' },
    watermarkDelay: minutes(3),
    batchSource: file,
    ...rows,
  })
  const kinesis = kinesisSource('kinesis', {
    region: 'eu-1',
    streamName: 'rides',
    recordFormat: { kind: 'proto', classPath: 'rides.Ride' },
    batchSource: file,
    ...rows,
  })
  return {
    file,
    kafka,
    kinesis,
    push: pushSource('push', { batchSource: file, ...common }),
    request: requestSource('request', { distance: float64 }, common),
    bigquery: bigQuerySource('bigquery', table),
    redshift: redshiftSource('redshift', { ...table, schema: 's', database: 'd' }),
    snowflake: snowflakeSource('snowflake', { ...table, schema: 'S', database: 'D' }),
    spark: sparkSource('spark', {
      ...table,
      fileFormat: 'parquet',
      datePartitionColumnFormat: '%Y%m%d',
      tableFormat: { kind: 'iceberg', catalog: 'c', namespace: 'n', properties: { 'write.format': 'orc' } },
    }),
    query: trinoSource('query', { ...rows, query: 'SELECT 1' }),
    athena: athenaSource('athena', { ...table, database: 'd', dataSource: 'AwsDataCatalog' }),
  }
}

const scalars = (Object.keys(scalarTypes) as ScalarTypeName[]).filter((name) => name !== 'null' && name !== 'invalid')

/** A feature of every type that Feast can store. */
function everyType(): Readonly<Record<string, DataType>> {
  const types = scalars.flatMap((name): [string, DataType][] => {
    const type: DataType = { kind: 'scalar', name }
    const { list, set: codeOfSet } = scalarTypes[name]
    return [
      [name, type],
      ...(list === null ? [] : [[`${name}_list`, array(type)] satisfies [string, DataType]]),
      ...(codeOfSet === null ? [] : [[`${name}_set`, set(type)] satisfies [string, DataType]]),
    ]
  })
  const place = struct({ city: string, at: array(float32) })
  return {
    ...Object.fromEntries(types),
    place,
    places: array(place),
    nested: array(array(int64)),
    sets: set(set(int64)),
  }
}

/** Every kind of definition, with every option that it has. */
function everything(): readonly Definition[] {
  const sources = everySource()
  const driver = entity('driver', { joinKey: 'driver_id', type: int64, ...common })
  const city = entity('city', { type: string })
  const view = { entities: [driver], organization: 'mobility', ...common }
  const schema = {
    rate: field(float64, { description: 'accepted', tags: { unit: '1' } }),
    face: field(array(float32), { vectorIndex: true, vectorLength: 3, vectorSearchMetric: 'cosine' }),
  }
  const stored = { online: true, offline: true, enableValidation: true, ttl: days(2), ...view }
  const stats = featureView('stats', { ...stored, entities: [driver, city], source: sources.push, schema })
  const off = featureView('off', { ...view, source: sources.bigquery, schema: { x: int64 }, enabled: false })
  const transformation = { mode: 'sql', name: 'f', body: new TextEncoder().encode('SELECT 1'), bodyText: 'SELECT 1' }
  const live = streamFeatureView('live', {
    ...stored,
    source: sources.kafka,
    schema: { trips_sum_3600s: int64 },
    timestampField: 'at',
    aggregations: [aggregation({ column: 'trips', function: 'sum', timeWindow: hours(1), slideInterval: minutes(10) })],
    enableTiling: true,
    tilingHopSize: minutes(5),
  })
  const fare = onDemandFeatureView('fare', {
    sources: { stats: stats.select('rate'), trip: sources.request },
    schema: { price: float64 },
    transform: ({ stats: { rate }, trip }) => ({ price: rate === null ? null : rate * trip.distance }),
    organization: 'mobility',
    ...common,
  })
  return [
    project('rides', { ...common, description: 'Rides of a city' }),
    ...Object.values(sources),
    stats,
    off,
    featureView('everywhere', { source: sources.redshift, schema: { temperature: float64 }, ttl: null }),
    featureView('types', { entities: [driver], source: sources.snowflake, schema: everyType() }),
    featureView('derived', { ...view, source: [stats], sinkSource: sources.spark, schema: { mean: float64 } }),
    batchFeatureView('batch', { ...stored, source: sources.athena, schema: { b: int64 }, mode: 'sql', transformation }),
    live,
    featureView('stream', { entities: [driver], source: sources.kinesis, schema: { s: int64 } }),
    fare,
    labelView('fraud', {
      entities: [driver],
      ...common,
      source: sources.push,
      schema: { is_fraud: int64 },
      ttl: days(30),
      online: false,
      labelerField: 'who',
      conflictPolicy: 'LABELER_PRIORITY',
      retainHistory: true,
      referenceFeatureView: 'stats',
    }),
    featureService(
      'ranking',
      [stats.select('face').withName('faces').withJoinKeyMap({ driver_id: 'rival' }), live, fare],
      {
        logging: { sampleRate: 0.25, destination: { kind: 'file', path: 'logs', partitionBy: ['day'] } },
        precomputeOnline: true,
        ...common,
      },
    ),
    featureService('references', ['off:x', 'everywhere']),
    permission('readers', {
      types: ['FEATURE_VIEW'],
      namePatterns: ['st.*'],
      requiredTags: { team: 'rides' },
      actions: ['READ_ONLINE'],
      policy: { kind: 'groupAndNamespace', groups: ['g'], namespaces: ['n'] },
      tags: common.tags,
    }),
    permission('owners', { policy: { kind: 'role', roles: ['admin'] } }),
  ]
}

test('every kind of definition with every option is in the registry as it was defined, and applying it again is safe', async () => {
  const repoPath = await temporaryFolder()
  const path = join(repoPath, 'data/registry.db')
  const first = await apply(await openContext({ repoPath, registry: 'file' }), repository(...everything()))
  expect(new Set(first.registry.map(({ change }) => change))).toEqual(new Set(['created']))
  const bytes = await readFile(path)

  const reopened = await openContext({ repoPath, registry: 'file', now: '2026-02-01T00:00:00Z' })
  const again = repository(...everything())
  const second = await plan(reopened, again)
  expect(
    second.registry.flatMap(({ name, change, properties }) => (change === 'unchanged' ? [] : [[name, properties]])),
  ).toEqual([])
  expect(isEmptyPlan(second)).toBe(true)
  await apply(reopened, again)
  expect(Buffer.compare(await readFile(path), bytes)).toBe(0)

  const contents = await reopened.contents()
  const kinds = [
    'entities',
    'dataSources',
    'featureViews',
    'streamFeatureViews',
    'onDemandFeatureViews',
    'labelViews',
    'permissions',
  ] as const
  for (const kind of kinds) {
    for (const defined of again[kind]) {
      const stored = contents[kind].find(({ name }) => name === defined.name)
      // Feast has no place for this one.
      const kept = defined.kind === 'streamFeatureView' ? { ...defined, offline: false } : defined
      expect(asDefined(stored)).toEqual(asDefined(kept))
    }
  }
  const service = contents.featureServices.find(({ name }) => name === 'ranking')
  expect(service).toMatchObject({ ...common, precomputeOnline: true })
  expect(service?.projections[0]).toMatchObject({
    viewName: 'stats',
    alias: 'faces',
    joinKeyMap: { driver_id: 'rival' },
  })
})

/** What the user says of an object: without what the registry adds to it and to the copies of sources in it. */
function asDefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asDefined)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  // Any age, in both forms.
  if (value instanceof Duration) return value.micros === 0n ? null : value
  const entries = Object.entries(value).filter(([name]) => !added.has(name))
  return Object.fromEntries(entries.map(([name, each]) => [name, asDefined(each)]))
}

const added = new Set(['project', 'createdAt', 'updatedAt', 'currentVersion', 'versionId', 'state', 'function'])
