import type { TimeKind } from '../../sql/dialect.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'

/** Years 1 to 9999: what any column of times can hold and DuckDB can make. */
const earliest = -62_135_596_800_000_000n
const latest = 253_402_300_799_000_000n

/**
 * Conditions that keep a column of times within bounds (microseconds, inclusive), written over the bare column so that
 * DuckDB can skip whole row groups by their statistics.
 */
export function timeBounds(column: string, type: string, from: bigint | null, to: bigint | null): string[] {
  // Nanoseconds cannot hold every time, so that a bound in their type could overflow.
  if (type === 'TIMESTAMP_NS') return microsBounds(`epoch_us(${column})`, from, to)
  const at = (micros: bigint): string => duckdbDialect.timeOfMicros(timeKindOf(type) ?? 'naive', `${micros}`)
  return [
    ...(from === null || from < earliest ? [] : [`${column} >= ${at(from > latest ? latest : from)}`]),
    ...(to === null || to > latest ? [] : [`${column} <= ${at(to < earliest ? earliest : to)}`]),
  ]
}

function microsBounds(micros: string, from: bigint | null, to: bigint | null): string[] {
  return [...(from === null ? [] : [`${micros} >= ${from}`]), ...(to === null ? [] : [`${micros} <= ${to}`])]
}

/** How a column of times can be compared with others; null for one that is not in microseconds. */
export function timeKindOf(type: string): TimeKind | null {
  return type === 'TIMESTAMP WITH TIME ZONE' ? 'zoned' : type === 'TIMESTAMP' ? 'naive' : null
}
