// Every kind of object and of data source that real Feast can list with the extras that it is installed with.
import {
  aggregation,
  array,
  athenaSource,
  batchFeatureView,
  bigQuerySource,
  type Definition,
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
  permission,
  project,
  pushSource,
  redshiftSource,
  requestSource,
  snowflakeSource,
  sparkSource,
  streamFeatureView,
  string,
  struct,
} from 'feast-ts'

const common = { description: 'naïve "text"\n', tags: { 'a b': 'ü,:"', '😀': '' }, owner: 'ann@example.com' }
const rows = { timestampField: 'at', createdTimestampColumn: 'made', fieldMapping: { raw: 'rate' }, ...common }

const file = fileSource('file', {
  ...rows,
  path: 's3://bucket/rides/',
  format: 'delta',
  s3EndpointOverride: 'http://minio:9000',
})
const kafka = kafkaSource('kafka', {
  ...rows,
  bootstrapServers: 'k:9092',
  topic: 'rides',
  messageFormat: { kind: 'avro', schemaJson: '{"type":"record"}' },
  watermarkDelay: minutes(3),
  batchSource: file,
})
const kinesis = kinesisSource('kinesis', {
  ...rows,
  region: 'eu-1',
  streamName: 'rides',
  recordFormat: { kind: 'proto', classPath: 'rides.Ride' },
  batchSource: file,
})
const push = pushSource('push', { batchSource: file, ...common })
const bigquery = bigQuerySource('bigquery', { ...rows, table: 'a.b.c', datePartitionColumn: 'day' })
const redshift = redshiftSource('redshift', { ...rows, table: 't', database: 'd' })
const snowflake = snowflakeSource('snowflake', { ...rows, query: 'SELECT 1' })
const athena = athenaSource('athena', { timestampField: 'at', table: 't', dataSource: 'AwsDataCatalog' })
const lakes = [
  sparkSource('iceberg', { ...rows, table: 't', tableFormat: { kind: 'iceberg', catalog: 'c', namespace: 'n' } }),
  sparkSource('delta', { ...rows, path: 's3://d', tableFormat: { kind: 'delta', checkpointLocation: 's3://c' } }),
  sparkSource('hudi', { ...rows, table: 't', tableFormat: { kind: 'hudi', recordKey: 'k', properties: { a: 'b' } } }),
  sparkSource('files', { ...rows, path: 's3://p', fileFormat: 'parquet', datePartitionColumn: 'day' }),
]

const driver = entity('driver', { joinKey: 'driver_id', type: int64, ...common })
const city = entity('city', { type: string })
const view = { entities: [driver], organization: 'mobility', ...common }

const stats = featureView('stats', {
  ...view,
  entities: [driver, city],
  source: push,
  ttl: days(2),
  offline: true,
  schema: {
    rate: field(float64, { description: 'accepted', tags: { unit: '1' } }),
    face: field(array(float32), { vectorIndex: true, vectorLength: 3, vectorSearchMetric: 'cosine' }),
    place: struct({ city: string, at: array(float32) }),
  },
})
const live = streamFeatureView('live', {
  ...view,
  source: kafka,
  ttl: hours(3),
  schema: { trips_sum_3600s: int64 },
  timestampField: 'at',
  aggregations: [aggregation({ column: 'trips', function: 'sum', timeWindow: hours(1), slideInterval: minutes(10) })],
  enableTiling: true,
  tilingHopSize: minutes(5),
})
const fraud = labelView('fraud', {
  entities: [driver],
  ...common,
  source: push,
  schema: { is_fraud: int64, who: string },
  ttl: days(30),
  online: false,
  labelerField: 'who',
  conflictPolicy: 'LABELER_PRIORITY',
  referenceFeatureView: 'stats',
})
const warehouses = [bigquery, redshift, snowflake, athena, kinesis, ...lakes].map((source) =>
  featureView(`of_${source.name}`, { ...view, source, schema: { x: int64 }, online: false }),
)

export const everyKind: readonly Definition[] = [
  project('interop', common),
  requestSource('request', { distance: float64 }, common),
  stats,
  live,
  fraud,
  ...warehouses,
  featureView('derived', { ...view, source: [stats], sinkSource: file, schema: { mean: float64 } }),
  batchFeatureView('batch', { ...view, source: bigquery, schema: { b: int64 }, ttl: days(1) }),
  featureView('off', { ...view, source: file, schema: { y: int64 }, enabled: false }),
  featureService(
    'ranking',
    [stats.select('face').withName('faces').withJoinKeyMap({ driver_id: 'rival' }), live, fraud, ...warehouses],
    {
      ...common,
      logging: { sampleRate: 0.25, destination: { kind: 'file', path: 'logs', partitionBy: ['day'] } },
      precomputeOnline: true,
    },
  ),
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
