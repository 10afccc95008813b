import { Instant } from '../../base/instant.ts'

/** A time as a file has it: Feast stores whole seconds; text comes from files that other tools filled. */
export type StoredTime = number | bigint | string | null

/** Microseconds of the epoch; null for no time, and for text that is none. */
export function microsOf(time: StoredTime): bigint | null {
  if (time === null) return null
  if (typeof time === 'string') return Instant.parse(time)?.epochMicros ?? null
  return Instant.fromEpochSeconds(time).epochMicros
}
