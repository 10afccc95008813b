import type { Duration } from '../base/instant.ts'
import type {
  DataSource,
  FileSource,
  KafkaSource,
  KinesisSource,
  PushSource,
  RequestSource,
  StreamFormat,
} from '../model/data-source.ts'
import { type ConnectionRef, connectionTags } from './connection-ref.ts'
import { define } from './definition.ts'
import { fieldsOfSchema } from './field.ts'
import { type CallSite, callSite, definitionError } from './place.ts'
import type { NoColumns, RowOfSchema, SchemaInput, Typed } from './row-types.ts'
import { type CommonOptions, commonOptionNames, registered, requireKnownOptions, requireName } from './validate.ts'

/** What sources of rows have in common. Column names are logical: after `fieldMapping`. */
export interface RowSourceOptions extends CommonOptions {
  /** The column of event times; found out at apply when the source has a single column of times. */
  readonly timestampField?: string
  /** The column that breaks ties of event times. */
  readonly createdTimestampColumn?: string
  /** Column of the source to logical name. */
  readonly fieldMapping?: Readonly<Record<string, string>>
  /** Where the credentials of the source are kept. */
  readonly connectionRef?: ConnectionRef
}

export interface PartitionedSourceOptions extends RowSourceOptions {
  readonly datePartitionColumn?: string
  /** `DATE` when the event times are dates. */
  readonly timestampFieldType?: string
}

const rowOptionNames = [
  'timestampField',
  'createdTimestampColumn',
  'fieldMapping',
  'connectionRef',
  ...commonOptionNames,
]
export const partitionedOptionNames: readonly string[] = [
  'datePartitionColumn',
  'timestampFieldType',
  ...rowOptionNames,
]

/** The model's part that sources of rows share. @throws FTS2001, FTS2002, FTS2009. */
export function rowSource<N extends string>(
  what: string,
  name: N,
  options: PartitionedSourceOptions,
  optionNames: readonly string[],
  site: CallSite,
): Omit<FileSource, 'kind' | 'path' | 'format' | 's3EndpointOverride'> & { readonly name: N } {
  requireName(what, name, site)
  requireKnownOptions(what, options, optionNames, site)
  const { timestampField = '', createdTimestampColumn = '' } = options
  if (timestampField !== '' && timestampField === createdTimestampColumn) {
    throw definitionError('FTS2009', site, {
      message: `The source "${name}" takes both its event times and its created times from the column "${timestampField}".`,
      mark: 'createdTimestampColumn',
      field: 'createdTimestampColumn',
    })
  }
  return {
    ...registered(name, { ...options, tags: { ...options.tags, ...connectionTags(options.connectionRef) } }),
    timestampField,
    createdTimestampColumn,
    fieldMapping: { ...options.fieldMapping },
    datePartitionColumn: options.datePartitionColumn ?? '',
    timestampFieldType: options.timestampFieldType ?? '',
    classType: '',
  }
}

export interface FileSourceDefinition<Name extends string = string> extends FileSource {
  readonly name: Name
}

export interface FileSourceOptions extends RowSourceOptions {
  /** A Parquet file, a folder or a glob: relative to the feature repository, absolute, or a URI. */
  readonly path: string
  readonly format?: FileSource['format']
  readonly s3EndpointOverride?: string
}

/**
 * Rows in Parquet files.
 * @throws FTS2001 for a bad name, FTS2002 for an unknown option, FTS2009 when both timestamps are one column.
 */
export function fileSource<const Name extends string>(
  name: Name,
  options: FileSourceOptions,
): FileSourceDefinition<Name> {
  const site = callSite(fileSource)
  const model = rowSource(
    'file source',
    name,
    options,
    ['path', 'format', 's3EndpointOverride', ...rowOptionNames],
    site,
  )
  requireName('path', options.path, site)
  const { path, format = 'parquet', s3EndpointOverride = '' } = options
  return define<FileSourceDefinition<Name>>({ ...model, kind: 'file', path, format, s3EndpointOverride }, site)
}

export interface PushSourceDefinition<Name extends string = string> extends PushSource {
  readonly name: Name
}

export interface PushSourceOptions extends CommonOptions {
  /** Where the history of what is pushed stands. */
  readonly batchSource: DataSource
}

/** Rows that a program pushes. Its columns are those of its batch source. @throws FTS2001, FTS2002. */
export function pushSource<const Name extends string>(
  name: Name,
  options: PushSourceOptions,
): PushSourceDefinition<Name> {
  const site = callSite(pushSource)
  requireName('push source', name, site)
  requireKnownOptions('push source', options, ['batchSource', ...commonOptionNames], site)
  const { batchSource } = options
  const model = {
    ...registered(name, options),
    kind: 'push',
    timestampField: batchSource.timestampField,
    createdTimestampColumn: batchSource.createdTimestampColumn,
    fieldMapping: { ...batchSource.fieldMapping },
    datePartitionColumn: batchSource.datePartitionColumn,
    timestampFieldType: '',
    classType: '',
    batchSource,
  } as const
  return define<PushSourceDefinition<Name>>(model, site, [batchSource])
}

/** A request source whose inputs the compiler knows. */
export interface RequestSourceDefinition<Name extends string, Request>
  extends RequestSource,
    Typed<Name, NoColumns, Request, Request> {
  readonly name: Name
}

/**
 * Values that come with a request, as inputs of on-demand views. They are never null.
 * @throws FTS2001 for a bad name, FTS2002 for an unknown option.
 * @example const trip = requestSource('trip', { distance_km: float64 })
 */
export function requestSource<const Name extends string, const S extends SchemaInput>(
  name: Name,
  schema: S,
  options: CommonOptions = {},
): RequestSourceDefinition<Name, RowOfSchema<S>> {
  const site = callSite(requestSource)
  const model = rowSource('request source', name, options, commonOptionNames, site)
  const fields = fieldsOfSchema(schema, site)
  for (const { name } of fields) requireName('request field', name, site)
  return define<RequestSourceDefinition<Name, RowOfSchema<S>>>({ ...model, kind: 'request', schema: fields }, site)
}

export interface KafkaSourceDefinition<Name extends string = string> extends KafkaSource {
  readonly name: Name
}

export interface KafkaSourceOptions extends RowSourceOptions {
  readonly timestampField: string
  readonly bootstrapServers: string
  readonly topic: string
  readonly messageFormat: StreamFormat
  /** How late a message may come. */
  readonly watermarkDelay?: Duration
  readonly batchSource?: DataSource
}

/** Rows of a Kafka topic. @throws FTS2001, FTS2002, FTS2009. */
export function kafkaSource<const Name extends string>(
  name: Name,
  options: KafkaSourceOptions,
): KafkaSourceDefinition<Name> {
  const site = callSite(kafkaSource)
  const own = ['bootstrapServers', 'topic', 'messageFormat', 'watermarkDelay', 'batchSource']
  const model = rowSource('Kafka source', name, options, [...own, ...rowOptionNames], site)
  const { bootstrapServers, topic, messageFormat, watermarkDelay = null, batchSource = null } = options
  return define<KafkaSourceDefinition<Name>>(
    { ...model, kind: 'kafka', bootstrapServers, topic, messageFormat, watermarkDelay, batchSource },
    site,
    [batchSource],
  )
}

export interface KinesisSourceDefinition<Name extends string = string> extends KinesisSource {
  readonly name: Name
}

export interface KinesisSourceOptions extends RowSourceOptions {
  readonly timestampField: string
  readonly region: string
  readonly streamName: string
  readonly recordFormat: StreamFormat
  readonly batchSource?: DataSource
}

/** Rows of a Kinesis stream. @throws FTS2001, FTS2002, FTS2009. */
export function kinesisSource<const Name extends string>(
  name: Name,
  options: KinesisSourceOptions,
): KinesisSourceDefinition<Name> {
  const site = callSite(kinesisSource)
  const own = ['region', 'streamName', 'recordFormat', 'batchSource']
  const model = rowSource('Kinesis source', name, options, [...own, ...rowOptionNames], site)
  const { region, streamName, recordFormat, batchSource = null } = options
  return define<KinesisSourceDefinition<Name>>(
    { ...model, kind: 'kinesis', region, streamName, recordFormat, batchSource },
    site,
    [batchSource],
  )
}
