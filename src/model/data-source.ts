import type { Duration } from '../base/instant.ts'
import type { Field } from './field.ts'
import type { Registered } from './registered.ts'

/** What every source of rows has. Column names are logical: after `fieldMapping`. */
interface RowSource extends Registered {
  /** The column of event times; the empty string until apply infers it. */
  readonly timestampField: string
  /** The column that breaks ties of event times; the empty string when there is none. */
  readonly createdTimestampColumn: string
  /** Column of the source to logical name. */
  readonly fieldMapping: Readonly<Record<string, string>>
  readonly datePartitionColumn: string
  readonly timestampFieldType: string
  /** Full Python class name that Feast stores; the empty string means the default of the kind. */
  readonly classType: string
}

/** A Parquet file, a folder of them or a glob; or another format that Feast names. */
export interface FileSource extends RowSource {
  readonly kind: 'file'
  /** Relative to the feature repository, absolute, or a URI. */
  readonly path: string
  readonly format: 'parquet' | 'delta'
  readonly s3EndpointOverride: string
}

/**
 * In the options of a Spark source: how a lake keeps the table. `tableFormat.NAME` says more about it, and
 * `tableFormat.properties.NAME` is a property of the format.
 */
export const tableFormatOption = 'tableFormat'

/** A table or query of a warehouse. Which of the options apply depends on the kind. */
export interface WarehouseSource extends RowSource {
  readonly kind: 'bigquery' | 'redshift' | 'snowflake' | 'spark' | 'trino' | 'athena'
  readonly table: string
  readonly query: string
  readonly options: Readonly<Record<string, string>>
}

export interface KafkaSource extends RowSource {
  readonly kind: 'kafka'
  readonly bootstrapServers: string
  readonly topic: string
  readonly messageFormat: StreamFormat | null
  readonly watermarkDelay: Duration | null
  readonly batchSource: DataSource | null
}

export interface KinesisSource extends RowSource {
  readonly kind: 'kinesis'
  readonly region: string
  readonly streamName: string
  readonly recordFormat: StreamFormat | null
  readonly batchSource: DataSource | null
}

export type StreamFormat =
  | { readonly kind: 'json' | 'avro'; readonly schemaJson: string }
  | { readonly kind: 'proto'; readonly classPath: string }

/** Rows that a program pushes; their history is in the batch source. */
export interface PushSource extends RowSource {
  readonly kind: 'push'
  readonly batchSource: DataSource | null
}

/** Values that come with the request. */
export interface RequestSource extends RowSource {
  readonly kind: 'request'
  readonly schema: readonly Field[]
}

/** A source of a plug-in, or of a type that has no kind here such as Iceberg. What it says of itself is kept as bytes. */
export interface CustomSource extends RowSource {
  readonly kind: 'custom' | 'unknown'
  /** The number of its type: `feast.core.DataSource.SourceType`. */
  readonly storedType: number
  readonly configuration: Uint8Array
  readonly batchSource: DataSource | null
}

export type DataSource =
  | FileSource
  | WarehouseSource
  | KafkaSource
  | KinesisSource
  | PushSource
  | RequestSource
  | CustomSource

export type DataSourceKind = DataSource['kind']

/** The source that holds the history: itself, or the batch source behind a stream or push source. */
export function batchSourceOf(source: DataSource): DataSource | null {
  return source.kind === 'push' || source.kind === 'kafka' || source.kind === 'kinesis' ? source.batchSource : source
}
