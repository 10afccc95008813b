import type { SqlDialect } from './dialect.ts'

/** What is known of a source's rows from its metadata. Times in microseconds since 1970 UTC. */
export interface OrderStatistics {
  /** Null when the metadata does not say. */
  readonly eventMicros: { readonly min: bigint; readonly max: bigint } | null
  /** Null when the metadata does not say or there is no created column. */
  readonly createdMicros: { readonly min: bigint; readonly max: bigint } | null
  /** Bits that hold every row's position in the source. */
  readonly positionBits: number
}

/**
 * How rows of one key are ordered: event, then created (null first), then position. `packed` writes the three into the
 * bits of one integer, which aggregates and joins compare many times faster than a record; it needs to know the
 * ranges. `record` works for any range.
 */
export type RowOrder =
  | {
      readonly kind: 'packed'
      readonly eventMin: bigint
      readonly eventMax: bigint
      /** Null when there is no created column. */
      readonly createdMin: bigint | null
      readonly createdBits: number
      readonly positionBits: number
    }
  | { readonly kind: 'record' }

/** Columns of a scan that the order is made of, as SQL: event and created in microseconds, and the position. */
export interface OrderColumns {
  readonly event: string
  readonly created: string | null
  readonly position: string
}

/** One bit of the 128 is the sign, one is kept free. */
const wideBits = 126
const maxMicros = '9223372036854775807'
const minMicros = '(-9223372036854775807)'

/** Packed when the ranges are known and fit. */
export function chooseRowOrder(statistics: OrderStatistics, hasCreated: boolean): RowOrder {
  const { eventMicros: event, createdMicros: created, positionBits } = statistics
  if (event === null || (hasCreated && created === null)) return { kind: 'record' }
  // Plus two: 0 stands for null, and the count of values is one more than their difference.
  const createdBits = hasCreated && created !== null ? bitLength(created.max - created.min + 2n) : 0
  if (bitLength(event.max - event.min + 1n) + createdBits + positionBits > wideBits) return { kind: 'record' }
  const createdMin = hasCreated && created !== null ? created.min : null
  return { kind: 'packed', eventMin: event.min, eventMax: event.max, createdMin, createdBits, positionBits }
}

/** The order of a source row as one value: the greater wins. */
export function orderKey(order: RowOrder, columns: OrderColumns, dialect: SqlDialect): string {
  if (order.kind === 'record') {
    const created = columns.created === null ? '0' : `coalesce(${columns.created}, ${minMicros})`
    return dialect.record([columns.event, created, columns.position])
  }
  const event = dialect.wideInteger(`(${columns.event} - ${order.eventMin})`)
  const withCreated =
    order.createdMin === null || columns.created === null
      ? event
      : `${event} * ${1n << BigInt(order.createdBits)} + coalesce(${columns.created} - ${order.createdMin - 1n}, 0)`
  return `(${withCreated}) * ${1n << BigInt(order.positionBits)} + ${columns.position}`
}

/** The position within the greatest order key. */
export function positionOfKey(order: RowOrder, key: string, dialect: SqlDialect): string {
  return order.kind === 'record' ? dialect.recordPart(key, 2) : dialect.lowBits(key, order.positionBits)
}

/** A value at or above the order key of every row up to the time `micros`, and below that of every later row. */
export function upperOrderKey(order: RowOrder, micros: string, dialect: SqlDialect): string {
  if (order.kind === 'record') return dialect.record([micros, maxMicros, maxMicros])
  // Clamped, or a time far from the source's would overflow; one below the first event is before every row.
  const event = `greatest(least(${micros}, ${order.eventMax}) - ${order.eventMin}, -1)`
  const rest = 1n << BigInt(order.createdBits + order.positionBits)
  return `${dialect.wideInteger(`(${event})`)} * ${rest} + ${rest - 1n}`
}

/** The bits that a count of different values needs. */
export function bitLength(values: bigint): number {
  return values <= 1n ? 0 : (values - 1n).toString(2).length
}
