import type { Field } from '../model/field.ts'
import type { InfrastructureObject } from '../model/registry-contents.ts'

/** What a store keeps the values of one view of one project under. */
export interface OnlineTable {
  readonly project: string
  readonly view: string
  /** A version number greater than 0 when versions have tables of their own; else null. */
  readonly version: number | null
  /** Sorted as in the entity key. */
  readonly joinKeys: readonly string[]
  readonly features: readonly Field[]
}

/** The features of one view for a list of entity keys. */
export interface OnlineRead {
  readonly table: OnlineTable
  readonly features: readonly string[]
  /** Serialised by `types/entity-key.ts`. */
  readonly entityKeys: readonly Uint8Array[]
}

/** Answers of one {@link OnlineRead}: columns, whose element i belongs to `entityKeys[i]`. */
export interface OnlineColumns {
  /**
   * `values[f][i]` is feature f of key i as a serialised `feast.types.Value`: an empty array for a stored null, null
   * when nothing is stored.
   */
  readonly values: readonly (readonly (Uint8Array | null)[])[]
  /** Event time in microseconds of the epoch; null when nothing is stored for the key. */
  readonly eventMicros: readonly (bigint | null)[]
}

/** Rows of one view to be stored: columns of equal length. */
export interface OnlineWrite {
  readonly table: OnlineTable
  readonly entityKeys: readonly Uint8Array[]
  /** One per feature of `table.features`: serialised `Value`s, empty for null. */
  readonly values: readonly (readonly Uint8Array[])[]
  readonly eventMicros: readonly bigint[]
  readonly createdMicros: readonly (bigint | null)[]
}

export interface OnlineWriteSummary {
  /** Keys whose values are now those of this call. */
  readonly written: number
  /** Keys left alone, because what is stored has a later event time. */
  readonly stale: number
}

/** The latest values, by entity key. */
export interface OnlineStore {
  /** All reads of a request in one call, so that a store can answer with one round trip. */
  read(reads: readonly OnlineRead[], signal?: AbortSignal): Promise<readonly OnlineColumns[]>

  /**
   * Stores rows, one batch. Atomic per key and safe to repeat. An older event never replaces a newer one; of equal
   * event times the later created one stays, else the one written last. Of several rows of a key, the newest stays.
   */
  write(batch: OnlineWrite, signal?: AbortSignal): Promise<OnlineWriteSummary>

  /** What {@link update} would make for the tables, for `feast plan`. No I/O. */
  infrastructure(tables: readonly OnlineTable[]): readonly InfrastructureObject[]

  /** Makes what is missing and drops what is named. Safe to repeat. */
  update(change: { readonly keep: readonly OnlineTable[]; readonly drop: readonly OnlineTable[] }): Promise<void>

  /** Drops the tables and nothing that another project uses. */
  teardown(tables: readonly OnlineTable[]): Promise<void>

  close(): Promise<void>
}
