import type { RecordBatch, Table } from 'apache-arrow'
import type { Duration, Instant } from '../base/instant.ts'
import type { DataSource } from '../model/data-source.ts'
import type { LoggingDestination } from '../model/feature-service.ts'
import type { SavedDatasetStorage } from '../model/saved-dataset.ts'
import type { DataType } from '../types/data-type.ts'
import type { FeatureRow } from '../types/feature-value.ts'

/** The rows that features are wanted for. */
export type EntityRows =
  | { readonly kind: 'rows'; readonly rows: readonly FeatureRow[] }
  | { readonly kind: 'table'; readonly table: Table }
  /** A Parquet or CSV file. */
  | { readonly kind: 'file'; readonly path: string }
  /** A query over the project's sources, each a table named like the source. */
  | { readonly kind: 'sql'; readonly query: string }
  /** No rows: every key with an event in the range (inclusive), as of its end. */
  | { readonly kind: 'range'; readonly start: Instant; readonly end: Instant }

/** One view's part in a point-in-time join. Column names of the source are physical: before the field mapping. */
export interface ViewJoin {
  /** Alias or name of the view, for messages and explain. */
  readonly name: string
  readonly source: DataSource
  /** Empty for a view without entities, whose latest row goes to every entity row. */
  readonly keys: readonly { readonly sourceColumn: string; readonly entityColumn: string }[]
  readonly timestampColumn: string
  /** Null when the source has none. */
  readonly createdColumn: string | null
  /** What is delivered, in order: a source column under an output name. */
  readonly features: readonly { readonly sourceColumn: string; readonly output: string }[]
  /** Null means any age. */
  readonly ttl: Duration | null
}

export interface HistoricalRequest {
  readonly entityRows: EntityRows
  readonly views: readonly ViewJoin[]
  /** Hide rows that were created after the entity row's time. */
  readonly filterByCreated: boolean
  /** Sources that an SQL entity query may name. */
  readonly sources: readonly DataSource[]
}

/** A point-in-time join that has not run yet. Each method that delivers runs it anew. */
export interface HistoricalJob {
  /** Arrow batches of bounded size: the entity columns in their order, then the features; every row in input order. */
  batches(signal?: AbortSignal): AsyncIterable<RecordBatch>
  /** The result as one Parquet file, without passing through JavaScript where the engine can. */
  toParquet(path: string, signal?: AbortSignal): Promise<{ readonly rows: number }>
  /** The SQL text that the engine runs. */
  toSql(): Promise<string>
  /** Which plan was chosen for each view and why, in words. */
  explain(): Promise<string>
  /** Read from the schema of the rows. */
  entityColumns(): Promise<EntityRowColumns>
}

/** The columns of entity rows. */
export interface EntityRowColumns {
  readonly names: readonly string[]
  /** The one that holds the times as of which features are taken. */
  readonly timestamp: string
}

/** Rows of a source: the named physical columns, in this order. */
export interface PullRequest {
  readonly source: DataSource
  readonly keyColumns: readonly string[]
  readonly featureColumns: readonly string[]
  readonly timestampColumn: string
  readonly createdColumn: string | null
  /** Inclusive; null means unbounded. */
  readonly start: Instant | null
  readonly end: Instant | null
}

/** A column as a source has it. */
export interface SourceColumn {
  readonly name: string
  /** The data type that Feast infers from it; `invalid` when Feast has none for it. */
  readonly type: DataType
  /** The type in the words of the source, for messages. */
  readonly storedAs?: string | undefined
  readonly isTimestamp: boolean
}

/** By what a source knows a batch of rows that may be sent to it again, after a crash. */
export interface BatchMark {
  /** Who sends batches, for ever the same; letters, digits and dashes. */
  readonly sender: string
  /** Rises from batch to batch of a sender, which sends them one after the other. */
  readonly sequence: number
}

/** All history. */
export interface OfflineStore {
  historical(request: HistoricalRequest): HistoricalJob

  /**
   * The latest row per key in the window, by event time, then created, then file position. Columns: keys, features,
   * timestamp, created. Rows with a null key are left out and counted through `onNullKeys`. Rows come in the order of
   * the source, or, when asked, nearly in that of their serialised entity keys: a hint, for online stores with an
   * ordered index load such rows fastest.
   */
  pullLatest(
    request: PullRequest,
    options?: {
      readonly onNullKeys?: (rows: number) => void
      readonly order?: 'source' | 'entityKey'
      readonly signal?: AbortSignal
    },
  ): AsyncIterable<RecordBatch>

  /** Every row in the window, in file order. Columns: keys, features, timestamp, created. */
  pullAll(request: PullRequest, signal?: AbortSignal): AsyncIterable<RecordBatch>

  /** Columns of a source, read from its metadata. @throws FTS4xxx when it is missing. */
  columns(source: DataSource): Promise<readonly SourceColumn[]>

  /** The oldest event time of a source; null when it has no rows. */
  oldestEvent(source: DataSource, timestampColumn: string): Promise<Instant | null>

  /**
   * Appends rows to a source, all or nothing; columns must be the source's, in any order when `reorder`. With `once` the
   * source remembers the batch together with its rows, and a batch that it knows already is not added again.
   */
  append(
    source: DataSource,
    rows: Table,
    options: { readonly reorder: boolean; readonly once?: BatchMark | undefined },
  ): Promise<void>

  /** Stores a result. @throws FTS4xxx when something is there and `overwrite` is false. */
  persist(
    batches: AsyncIterable<RecordBatch>,
    storage: SavedDatasetStorage,
    options: { readonly overwrite: boolean },
  ): Promise<void>

  /** Reads what {@link persist} stored: the named columns with event time in the window (inclusive). */
  readPersisted(
    storage: SavedDatasetStorage,
    request: {
      readonly columns: readonly string[]
      readonly timestampColumn: string
      readonly start: Instant
      readonly end: Instant
    },
  ): AsyncIterable<RecordBatch>

  /** Stores served features, one more file. */
  writeLogs(rows: Table, destination: LoggingDestination): Promise<void>
  readLogs(
    destination: LoggingDestination,
    window: { readonly start: Instant; readonly end: Instant },
  ): AsyncIterable<RecordBatch>

  close(): Promise<void>
}
