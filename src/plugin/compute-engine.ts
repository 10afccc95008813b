import type { Field } from '../model/field.ts'
import type { EntityKeyVersion } from '../types/entity-key.ts'
import type { OfflineStore, PullRequest } from './offline-store.ts'
import type { OnlineStore, OnlineTable } from './online-store.ts'

/** A column of a source and the field that it is loaded as. */
export interface LoadedColumn {
  readonly sourceColumn: string
  readonly field: Field
}

/** The load of one view: which rows of its source, and where they go. */
export interface LoadRequest {
  /** Name of the view, for messages. */
  readonly view: string
  readonly pull: PullRequest
  /** One per join key, in any order; empty for a view without entities. */
  readonly keys: readonly LoadedColumn[]
  /** One per feature of {@link table}, in its order. */
  readonly features: readonly LoadedColumn[]
  readonly table: OnlineTable
  readonly keyVersion: EntityKeyVersion
  /** Rows per online write; null leaves it to the engine. */
  readonly writeBatchSize: number | null
}

export interface LoadSummary {
  /** Keys whose values are now those of this load. */
  readonly written: number
  /** Keys left alone, because what is stored has a later event time. */
  readonly stale: number
  /** Rows of the source left out because a join key is null. */
  readonly nullKeys: number
}

/** What moves features from the offline to the online store. */
export interface ComputeEngine {
  /**
   * Loads the latest row per key of the window. Safe to repeat after a failure at any point. Stops between batches
   * when cancelled.
   */
  load(
    request: LoadRequest,
    stores: { readonly offline: OfflineStore; readonly online: OnlineStore },
    options?: { readonly onRows?: ((rowsDone: number) => void) | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<LoadSummary>
}
