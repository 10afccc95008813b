import type { TimeKind } from './dialect.ts'
import type { RowOrder } from './row-order.ts'

/**
 * How the winner of each entity row is found.
 * - `carry`: join, then one aggregate that carries the features along. One scan.
 * - `gather`: join, then one aggregate that finds the winner's position, then a second scan that fetches the features.
 * - `asof`: both sides sorted by key and time, then merged. Does not grow with the number of rows per key.
 */
export type JoinStrategy = 'carry' | 'gather' | 'asof'

/** One view's part of the plan. Column names are the engine's own. */
export interface ViewPlan {
  /** For messages. */
  readonly name: string
  /** The source as SQL: a table function or table. */
  readonly relation: string
  /** The row's place in the source as SQL over {@link relation}. */
  readonly position: string
  readonly keys: readonly { readonly sourceColumn: string; readonly entityColumn: string }[]
  readonly timestampColumn: string
  readonly createdColumn: string | null
  /** What the two columns hold, which lets them be compared as they are; null when they must be converted for it. */
  readonly timestampKind: TimeKind | null
  readonly createdKind: TimeKind | null
  readonly features: readonly { readonly sourceColumn: string; readonly output: string }[]
  /** Null means any age. */
  readonly ttlMicros: bigint | null
  readonly filterByCreated: boolean
  /** A condition that lets the engine skip parts of the source, as SQL over {@link relation}; null for none. */
  readonly prune: string | null
  readonly strategy: JoinStrategy
  readonly order: RowOrder
  /** Whether the order is computed from every row of the source; else from the joined rows, which may be fewer. */
  readonly orderedScan: boolean
}

/** A point-in-time join. */
export interface PointInTimePlan {
  /** Table of entity rows, with the column that numbers them as they came, from 0. */
  readonly entityTable: string
  readonly rowColumn: string
  readonly entityColumns: readonly { readonly column: string; readonly output: string }[]
  /** The column of {@link entityTable} that holds the time. */
  readonly timestampColumn: string
  readonly views: readonly ViewPlan[]
}
