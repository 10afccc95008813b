import type { Instant } from '../base/instant.ts'

/** A time that remembers the zone it was written in (IANA name or offset). */
export interface ZonedTimestamp {
  readonly instant: Instant
  readonly zone: string
}

/**
 * A feature or key value as JavaScript sees it. 64-bit integers are `bigint`, times are {@link Instant}, lists and sets
 * are arrays, maps and structs are plain objects, JSON is its text, UUIDs and decimals are strings, and a scalar map
 * (whose keys need not be strings) is a `Map`. A missing value is `null`.
 */
export type FeatureValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Instant
  | ZonedTimestamp
  | readonly FeatureValue[]
  | ReadonlyMap<FeatureValue, FeatureValue>
  | { readonly [name: string]: FeatureValue }

/** One row: column name to value. */
export type FeatureRow = Readonly<Record<string, FeatureValue>>
