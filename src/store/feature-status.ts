import { compatibilityRules } from '../config/compatibility.ts'
import type { FeatureStoreConfig } from '../config/feature-store-config.ts'
import { nothingStored, type OnlineCells } from '../plugin/online-cells.ts'
import type { OnlineStoreCapabilities } from '../plugin/online-store.ts'

/**
 * How a value came about: `PRESENT`; `NULL_VALUE` for a stored or computed null; `NOT_FOUND` when nothing is stored for
 * the key; `OUTSIDE_MAX_AGE` when the event is older than the view's ttl.
 */
export type FeatureStatus = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE'

/** Statuses as raw columns hold them: the numbers of `feast.serving.FieldStatus`. */
export const fieldStatus = { PRESENT: 1, NULL_VALUE: 2, NOT_FOUND: 3, OUTSIDE_MAX_AGE: 4 } as const

export type FieldStatus = (typeof fieldStatus)[keyof typeof fieldStatus]

/** Names by number; index 0 is Feast's `INVALID`, which we never give. */
export const statusNames = ['INVALID', 'PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE'] as const

/**
 * What the statuses and values of an answer are decided by. Every encoder goes by {@link cellStatus} and
 * {@link showsValue}, so other rules here change all answers alike, in process, over HTTP and over gRPC.
 */
export interface StatusRules {
  /** Values older than the ttl of their view: `mark` keeps them, `drop` gives null, `ignore` knows no ttl. */
  readonly staleValues: 'mark' | 'drop' | 'ignore'
  /** The status of a null that is stored, or that an on-demand view computed. */
  readonly ofNull: FieldStatus
  /** The status of a key, or of a feature of it, for which nothing is stored. */
  readonly ofMissing: FieldStatus
  /** Write the number that Feast stores for a missing time, and structs without the fields that they lack, as Feast does. */
  readonly valuesAsStored: boolean
}

/** The rules of a deployment. The key `feature_server.stale_values` says what becomes of values outside their ttl. */
export function statusRules(config: FeatureStoreConfig, capabilities: OnlineStoreCapabilities): StatusRules {
  const feast = compatibilityRules(config)
  const staleValues = config.featureServer?.stale_values
  return {
    staleValues: feast.ttlIsIgnored ? 'ignore' : isStaleChoice(staleValues) ? staleValues : 'mark',
    ofNull: feast.nullsArePresent ? fieldStatus.PRESENT : fieldStatus.NULL_VALUE,
    ofMissing: feast.missingIsAsTheStoreSays ? fieldStatus[capabilities.missingInFeast] : fieldStatus.NOT_FOUND,
    valuesAsStored: feast.valuesAreAsStored,
  }
}

function isStaleChoice(value: unknown): value is StatusRules['staleValues'] {
  return value === 'mark' || value === 'drop' || value === 'ignore'
}

/** The oldest event that is within a ttl, in parts that are exact for any year. */
export interface OldestEvent {
  readonly seconds: number
  readonly micros: number
}

/** The status of a stored value in each row of a block of cells: PRESENT, NOT_FOUND or OUTSIDE_MAX_AGE. */
export function rowStatuses(cells: OnlineCells, oldest: OldestEvent | null, rules: StatusRules): Uint8Array {
  const { eventSeconds, eventMicros, rowCount } = cells
  const statuses = new Uint8Array(rowCount)
  const limit = rules.staleValues === 'ignore' ? null : oldest
  for (let row = 0; row < rowCount; row++) {
    const seconds = eventSeconds[row] ?? Number.NaN
    if (Number.isNaN(seconds)) statuses[row] = fieldStatus.NOT_FOUND
    else if (limit === null || seconds > limit.seconds) statuses[row] = fieldStatus.PRESENT
    else if (seconds === limit.seconds && (eventMicros[row] ?? 0) >= limit.micros) statuses[row] = fieldStatus.PRESENT
    else statuses[row] = fieldStatus.OUTSIDE_MAX_AGE
  }
  return statuses
}

/** What the status and the value of a stored cell are decided by. */
export interface StatusColumn {
  readonly cells: OnlineCells
  /** Number of the feature in the cells. */
  readonly feature: number
  /** See {@link rowStatuses}. */
  readonly rowStatuses: Uint8Array
  readonly rules: StatusRules
}

/** The status of a cell. Works on numbers only, so that a status costs no object. */
export function cellStatus(column: StatusColumn, slot: number): FieldStatus {
  const { cells, rules } = column
  const cell = slot * cells.featureCount + column.feature
  const start = cells.starts[cell] ?? nothingStored
  const row = column.rowStatuses[slot]
  if (start === nothingStored || row === fieldStatus.NOT_FOUND) return rules.ofMissing
  if (row === fieldStatus.OUTSIDE_MAX_AGE) return fieldStatus.OUTSIDE_MAX_AGE
  return isNullCell(cells.bytes, start, cells.ends[cell] ?? start) ? rules.ofNull : fieldStatus.PRESENT
}

/** Whether a cell's stored value is part of the answer; else the answer is null. */
export function showsValue(column: StatusColumn, slot: number): boolean {
  const { cells, rules } = column
  const row = column.rowStatuses[slot]
  if (row === fieldStatus.NOT_FOUND) return false
  if (row === fieldStatus.OUTSIDE_MAX_AGE && rules.staleValues === 'drop') return false
  return (cells.starts[slot * cells.featureCount + column.feature] ?? nothingStored) !== nothingStored
}

/** A serialised `Value` that stands for null: unset, `null_val`, or the number that Feast stores for a missing time. */
export function isNullCell(bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start) return true
  if (end - start === 11) return isMissingTime(bytes, start, end)
  return end - start === 3 && bytes[start] === 0x98 && bytes[start + 1] === 0x01
}

/** Field 8, `unix_timestamp_val`, holding the smallest 64-bit integer. */
export function isMissingTime(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 11 || bytes[start] !== 0x40 || bytes[end - 1] !== 0x01) return false
  for (let at = start + 1; at < end - 1; at++) if (bytes[at] !== 0x80) return false
  return true
}
