import { describe, expect, it } from 'vitest'
import { duckdbDialect } from './duckdb-dialect.ts'
import { bitLength, chooseRowOrder, orderKey, positionOfKey } from './row-order.ts'

describe('row order', () => {
  const year = 365n * 86_400_000_000n

  it('is packed into one integer when the ranges fit into 126 bits', () => {
    const order = chooseRowOrder(
      { eventMicros: { min: 0n, max: 10n * year }, createdMicros: { min: 0n, max: 10n * year }, positionBits: 24 },
      true,
    )
    expect(order).toEqual({
      kind: 'packed',
      eventMin: 0n,
      eventMax: 10n * year,
      createdMin: 0n,
      createdBits: 49,
      positionBits: 24,
    })
  })

  it('is a record when the ranges do not fit', () => {
    const wide = { min: -(2n ** 60n), max: 2n ** 60n }
    expect(chooseRowOrder({ eventMicros: wide, createdMicros: wide, positionBits: 10 }, true)).toEqual({
      kind: 'record',
    })
  })

  it('is a record when the metadata does not tell the range of a column that it needs', () => {
    const known = { min: 0n, max: 5n }
    expect(chooseRowOrder({ eventMicros: null, createdMicros: known, positionBits: 3 }, true).kind).toBe('record')
    expect(chooseRowOrder({ eventMicros: known, createdMicros: null, positionBits: 3 }, true).kind).toBe('record')
    expect(chooseRowOrder({ eventMicros: known, createdMicros: null, positionBits: 3 }, false).kind).toBe('packed')
  })

  it('renders a key whose lowest bits are the position', () => {
    const order = chooseRowOrder(
      { eventMicros: { min: 100n, max: 107n }, createdMicros: { min: 50n, max: 52n }, positionBits: 4 },
      true,
    )
    expect(orderKey(order, { event: 't', created: 'c', position: 'n' }, duckdbDialect)).toBe(
      '((t - 100)::HUGEINT * 4 + coalesce(c - 49, 0)) * 16 + n',
    )
    expect(positionOfKey(order, 'o', duckdbDialect)).toBe('(o & 15::HUGEINT)::BIGINT')
  })

  it.each([
    [0n, 0],
    [1n, 0],
    [2n, 1],
    [3n, 2],
    [4n, 2],
    [5n, 3],
  ])('needs for %d values %d bits', (values, bits) => {
    expect(bitLength(values)).toBe(bits)
  })
})

describe('quoting', () => {
  it('doubles the quotes inside names and texts', () => {
    expect(duckdbDialect.identifier('a"b')).toBe('"a""b"')
    expect(duckdbDialect.text("it's")).toBe("'it''s'")
  })
})
