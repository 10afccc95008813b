/**
 * What SQL dialects say differently about the same plan. One table per dialect; the renderers hold what is common.
 * Expressions go in and come out as SQL text; names and texts are quoted here and nowhere else.
 */
export interface SqlDialect {
  readonly name: string
  /** A quoted name of a column, table or alias. */
  readonly identifier: (name: string) => string
  /** A quoted text. */
  readonly text: (value: string) => string
  /** Microseconds since 1970 UTC of a time; a time without a zone is UTC. */
  readonly epochMicros: (time: string) => string
  /** The inverse: a time of that kind. */
  readonly timeOfMicros: (kind: TimeKind, micros: string) => string
  /** The integer in a type of at least 127 bits. */
  readonly wideInteger: (integer: string) => string
  /** The lowest `bits` bits of a wide integer, as a 64-bit integer. */
  readonly lowBits: (integer: string, bits: number) => string
  /** A value that orders by its parts from left to right, and one part of it by its place. */
  readonly record: (parts: readonly string[]) => string
  readonly recordPart: (record: string, index: number) => string
  /** An aggregate: the value, null included, in the row where the key is greatest. */
  readonly argMax: (value: string, key: string) => string
  /** The nearest earlier row: a join on `on`, whose last condition is an inequality. */
  readonly asofJoin: (left: string, right: string, on: readonly string[]) => string
}

/** Times with a zone, and times without one that stand for UTC; both in microseconds. */
export type TimeKind = 'zoned' | 'naive'

/** Doubles the quote character inside a name or text: the one rule of quoting that all dialects of SQL share. */
export function quoted(text: string, quote: '"' | "'" | '`'): string {
  return `${quote}${text.replaceAll(quote, quote + quote)}${quote}`
}
