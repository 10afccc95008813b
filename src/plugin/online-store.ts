import type { Field } from '../model/field.ts'
import type { InfrastructureObject } from '../model/registry-contents.ts'
import type { OnlineCells } from './online-cells.ts'

/** What a store keeps the values of one view of one project under. */
export interface OnlineTable {
  readonly project: string
  readonly view: string
  /** A version number greater than 0 when versions have tables of their own; else null. */
  readonly version: number | null
  /** Sorted as in the entity key. */
  readonly joinKeys: readonly string[]
  readonly features: readonly Field[]
  /** Tags of the view, for stores that label their tables with them. */
  readonly tags?: Readonly<Record<string, string>> | undefined
}

/** The features of one view for a list of entity keys. */
export interface OnlineRead {
  readonly table: OnlineTable
  readonly features: readonly string[]
  /** Serialised by `types/entity-key.ts`. */
  readonly entityKeys: readonly Uint8Array[]
}

/** Rows of one view to be stored: columns of equal length. */
export interface OnlineWrite {
  readonly table: OnlineTable
  readonly entityKeys: readonly Uint8Array[]
  /** One per feature of `table.features`: serialised `Value`s, empty for null. */
  readonly values: readonly (readonly Uint8Array[])[]
  readonly eventMicros: readonly bigint[]
  readonly createdMicros: readonly (bigint | null)[]
  /**
   * Order rows as Feast's own store of this type does, for deployments that depend on it: the last one written replaces
   * a newer one in SQLite, PostgreSQL, MySQL and DynamoDB; in Redis the first of equal event times stays. Default false.
   */
  readonly feastOrder?: boolean | undefined
}

export interface OnlineWriteSummary {
  /** Keys whose values are now those of this call. */
  readonly written: number
  /** Keys left alone, because what is stored has a later event time. */
  readonly stale: number
}

/** What a store is set up for. */
export interface TableChange {
  readonly keep: readonly OnlineTable[]
  /** Those that are kept too are not dropped. */
  readonly drop: readonly OnlineTable[]
}

/** What a conversion did. */
export interface LayoutConversion {
  /** The layout that all keys are in now. */
  readonly layout: 'feast' | 'packed'
  /** Keys that were in the other one. */
  readonly converted: number
}

/** What a store can do beyond the rules that all of them keep; the support matrix of the docs is made of these. */
export interface OnlineStoreCapabilities {
  /** Drops rows by itself some time after they were written. */
  readonly keyTtl: boolean
  /** Several rows of one {@link OnlineWrite} become visible at once, or none of them. */
  readonly transactionalBatches: boolean
  /** A table per version of a view, for `view@v2:feature`. */
  readonly versionedViews: boolean
  readonly vectorSearch: boolean
  /** What is kept of event times: 1 for microseconds, 1 000 000 for whole seconds. */
  readonly eventPrecisionMicros: bigint
  /** Keeps when a row was created, and so orders rows of equal event times by it. */
  readonly createdTimestamps: boolean
  /** All reads of a request cost one round trip, whatever the number of views. */
  readonly oneRoundTrip: boolean
  /** What Feast answers for a key that this store does not have: `NOT_FOUND`, or `PRESENT` with a null. */
  readonly missingInFeast: 'NOT_FOUND' | 'PRESENT'
}

/** The latest values, by entity key. */
export interface OnlineStore {
  readonly capabilities: OnlineStoreCapabilities

  /** All reads of a request in one call, so that a store can answer with one round trip; one answer per read. */
  read(reads: readonly OnlineRead[], signal?: AbortSignal): Promise<readonly OnlineCells[]>

  /**
   * Stores rows, one batch. Atomic per key and safe to repeat. An older event never replaces a newer one; of equal
   * event times the later created one stays, else the one written last. Of several rows of a key, the newest stays.
   */
  write(batch: OnlineWrite, signal?: AbortSignal): Promise<OnlineWriteSummary>

  /** What {@link update} would make for the tables, for `feast plan`. No I/O. */
  infrastructure(tables: readonly OnlineTable[]): readonly InfrastructureObject[]

  /** Makes what is missing and drops what is named. Safe to repeat. */
  update(change: TableChange): Promise<void>

  /** Drops the tables and nothing that another project uses. */
  teardown(tables: readonly OnlineTable[]): Promise<void>

  /**
   * Brings what is stored in these tables to the layout of the configuration, in place: for stores that have more than
   * one. Each key changes at once and stays readable and writable meanwhile; after a break the same call goes on.
   */
  convert?(tables: readonly OnlineTable[], signal?: AbortSignal): Promise<LayoutConversion>

  /** One cheap round trip, for readiness checks. @throws what a read would throw when the store cannot be reached. */
  ping(signal?: AbortSignal): Promise<void>

  close(): Promise<void>
}
