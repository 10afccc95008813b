import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { CustomSource, DataSource, DataSourceKind } from '../model/data-source.ts'
import { openEnum, optionalDuration, times } from './convert.ts'
import { fieldToMessage, fieldToModel } from './field.ts'
import {
  DataSource_SourceType,
  type DataSource as DataSourceMessage,
  DataSourceSchema,
} from './gen/feast/core/DataSource_pb.ts'
import type { Converter } from './stored-form.ts'
import { streamFormatToMessage, streamFormatToModel } from './stream-format.ts'
import { warehouseMessages, warehousePlace } from './warehouse-options.ts'

/** The number that each kind is stored under, and the Python class that stands for it. */
const kinds: Readonly<Record<DataSourceKind, { readonly type: DataSource_SourceType; readonly classType: string }>> = {
  file: { type: DataSource_SourceType.BATCH_FILE, classType: 'feast.infra.offline_stores.file_source.FileSource' },
  bigquery: {
    type: DataSource_SourceType.BATCH_BIGQUERY,
    classType: 'feast.infra.offline_stores.bigquery_source.BigQuerySource',
  },
  redshift: {
    type: DataSource_SourceType.BATCH_REDSHIFT,
    classType: 'feast.infra.offline_stores.redshift_source.RedshiftSource',
  },
  snowflake: {
    type: DataSource_SourceType.BATCH_SNOWFLAKE,
    classType: 'feast.infra.offline_stores.snowflake_source.SnowflakeSource',
  },
  spark: {
    type: DataSource_SourceType.BATCH_SPARK,
    classType: 'feast.infra.offline_stores.contrib.spark_offline_store.spark_source.SparkSource',
  },
  trino: {
    type: DataSource_SourceType.BATCH_TRINO,
    classType: 'feast.infra.offline_stores.contrib.trino_offline_store.trino_source.TrinoSource',
  },
  athena: {
    type: DataSource_SourceType.BATCH_ATHENA,
    classType: 'feast.infra.offline_stores.contrib.athena_offline_store.athena_source.AthenaSource',
  },
  kafka: { type: DataSource_SourceType.STREAM_KAFKA, classType: 'feast.data_source.KafkaSource' },
  kinesis: { type: DataSource_SourceType.STREAM_KINESIS, classType: 'feast.data_source.KinesisSource' },
  push: { type: DataSource_SourceType.PUSH_SOURCE, classType: 'feast.data_source.PushSource' },
  request: { type: DataSource_SourceType.REQUEST_SOURCE, classType: 'feast.data_source.RequestSource' },
  custom: { type: DataSource_SourceType.CUSTOM_SOURCE, classType: '' },
  unknown: { type: DataSource_SourceType.INVALID, classType: '' },
}

/** The Python class that stands for each kind; none for sources that name their own. */
export const sourceClasses = Object.fromEntries(
  Object.entries(kinds).map(([kind, { classType }]) => [kind, classType]),
) as Readonly<Record<DataSourceKind, string>>

const kindOfType = new Map(Object.entries(kinds).map(([kind, { type }]) => [type, kind as DataSourceKind]))

/** A source as an object of its own in the registry. */
export const dataSourceConverter: Converter<DataSource, typeof DataSourceSchema> = {
  schema: DataSourceSchema,
  toModel: sourceToModel,
  toMessage: (source) => create(DataSourceSchema, { ...viewSourceToMessage(source), project: source.project }),
}

/** A source inside a view: without its project. */
export function viewSourceToMessage(source: DataSource): DataSourceMessage {
  const message = nestedSourceToMessage(source)
  message.dataSourceClassType ||= kinds[source.kind].classType
  return message
}

/** A source inside another source, a projection or an on-demand view: Feast names no class there, but for Spark. */
export function nestedSourceToMessage(source: DataSource): DataSourceMessage {
  const batchSource = 'batchSource' in source ? source.batchSource : null
  return create(DataSourceSchema, {
    name: source.name,
    description: source.description,
    tags: source.tags,
    owner: source.owner,
    type: 'storedType' in source ? openEnum<DataSource_SourceType>(source.storedType) : kinds[source.kind].type,
    fieldMapping: source.fieldMapping,
    timestampField: source.timestampField,
    createdTimestampColumn: source.createdTimestampColumn,
    datePartitionColumn: source.datePartitionColumn,
    timestampFieldType: source.timestampFieldType,
    dataSourceClassType: source.kind === 'spark' ? source.classType || kinds.spark.classType : source.classType,
    ...(batchSource && { batchSource: nestedSourceToMessage(batchSource) }),
    meta: times.toMessage(source),
    options: optionsToMessage(source),
  })
}

type OptionsInit = NonNullable<MessageInitShape<typeof DataSourceSchema>['options']>

function optionsToMessage(source: DataSource): OptionsInit {
  switch (source.kind) {
    case 'file':
      return {
        case: 'fileOptions',
        value: {
          uri: source.path,
          s3EndpointOverride: source.s3EndpointOverride,
          // Feast stores no format where the user names none, and then reads Parquet.
          ...(source.format === 'delta' && { fileFormat: { format: { case: 'deltaFormat', value: {} } } }),
        },
      }
    case 'bigquery':
      return { case: 'bigqueryOptions', value: warehouseMessages.bigquery(source) }
    case 'redshift':
      return { case: 'redshiftOptions', value: warehouseMessages.redshift(source) }
    case 'snowflake':
      return { case: 'snowflakeOptions', value: warehouseMessages.snowflake(source) }
    case 'spark':
      return { case: 'sparkOptions', value: warehouseMessages.spark(source) }
    case 'trino':
      return { case: 'trinoOptions', value: warehouseMessages.trino(source) }
    case 'athena':
      return { case: 'athenaOptions', value: warehouseMessages.athena(source) }
    case 'kafka': {
      const messageFormat = streamFormatToMessage(source.messageFormat)
      const delay = optionalDuration.toMessage(source.watermarkDelay)
      return {
        case: 'kafkaOptions',
        value: {
          kafkaBootstrapServers: source.bootstrapServers,
          topic: source.topic,
          ...(messageFormat && { messageFormat }),
          ...(delay && { watermarkDelayThreshold: delay }),
        },
      }
    }
    case 'kinesis': {
      const recordFormat = streamFormatToMessage(source.recordFormat)
      const { region, streamName } = source
      return { case: 'kinesisOptions', value: { region, streamName, ...(recordFormat && { recordFormat }) } }
    }
    case 'request':
      return { case: 'requestDataOptions', value: { schema: source.schema.map(fieldToMessage) } }
    case 'custom':
    case 'unknown':
      if (source.kind === 'unknown' && source.configuration.length === 0) return { case: undefined }
      return { case: 'customOptions', value: { configuration: source.configuration } }
    case 'push':
      return { case: undefined }
  }
}

export function sourceToModel(message: DataSourceMessage): DataSource {
  const kind = kindOfType.get(message.type) ?? 'unknown'
  const { dataSourceClassType } = message
  const common = {
    name: message.name,
    project: message.project,
    description: message.description,
    tags: message.tags,
    owner: message.owner,
    timestampField: message.timestampField,
    createdTimestampColumn: message.createdTimestampColumn,
    fieldMapping: message.fieldMapping,
    datePartitionColumn: message.datePartitionColumn,
    timestampFieldType: message.timestampFieldType,
    classType: dataSourceClassType === kinds[kind].classType ? '' : dataSourceClassType,
    ...times.toModel(message.meta),
  }
  const batchSource = message.batchSource === undefined ? null : sourceToModel(message.batchSource)
  return { ...common, ...optionsToModel(kind, message, batchSource) }
}

type CommonProperties = keyof DataSource

/** A source without what all sources have. */
type Special<S> = S extends DataSource ? Omit<S, Exclude<CommonProperties, 'kind'>> : never

function optionsToModel(
  kind: DataSourceKind,
  { type, options }: DataSourceMessage,
  batchSource: DataSource | null,
): Special<DataSource> {
  const custom = (configuration: Uint8Array): Special<CustomSource> => ({
    kind: kind === 'custom' ? 'custom' : 'unknown',
    storedType: type,
    configuration,
    batchSource,
  })
  switch (options.case) {
    case 'fileOptions': {
      const { uri, s3EndpointOverride, fileFormat } = options.value
      const format = fileFormat?.format.case === 'deltaFormat' ? 'delta' : 'parquet'
      return { kind: 'file', path: uri, format, s3EndpointOverride }
    }
    case 'bigqueryOptions':
      return { kind: 'bigquery', ...warehousePlace(options.value) }
    case 'redshiftOptions':
      return { kind: 'redshift', ...warehousePlace(options.value) }
    case 'snowflakeOptions':
      return { kind: 'snowflake', ...warehousePlace(options.value) }
    case 'sparkOptions':
      return { kind: 'spark', ...warehousePlace(options.value) }
    case 'trinoOptions':
      return { kind: 'trino', ...warehousePlace(options.value) }
    case 'athenaOptions':
      return { kind: 'athena', ...warehousePlace(options.value) }
    case 'kafkaOptions': {
      const { kafkaBootstrapServers, topic, messageFormat, watermarkDelayThreshold } = options.value
      return {
        kind: 'kafka',
        bootstrapServers: kafkaBootstrapServers,
        topic,
        messageFormat: streamFormatToModel(messageFormat),
        watermarkDelay: optionalDuration.toModel(watermarkDelayThreshold),
        batchSource,
      }
    }
    case 'kinesisOptions': {
      const { region, streamName, recordFormat } = options.value
      return { kind: 'kinesis', region, streamName, recordFormat: streamFormatToModel(recordFormat), batchSource }
    }
    case 'requestDataOptions':
      return { kind: 'request', schema: options.value.schema.map(fieldToModel) }
    case 'customOptions':
      return custom(options.value.configuration)
    case 'pushOptions':
    case undefined:
      if (kind === 'push') return { kind: 'push', batchSource }
      if (kind === 'request') return { kind: 'request', schema: [] }
      return custom(new Uint8Array())
  }
}
