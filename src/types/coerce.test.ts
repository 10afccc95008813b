import { describe, expect, test } from 'vitest'
import { Instant } from '../base/instant.ts'
import { coerceValue, naturalValue } from './coerce.ts'
import type { DataType } from './data-type.ts'
import * as t from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'

const noon = Instant.fromEpochSeconds(43_200)

describe('coerceValue', () => {
  const cases: readonly [string, unknown, DataType, FeatureValue][] = [
    ['a safe number as int64', 7, t.int64, 7n],
    ['a small bigint as int32', -7n, t.int32, -7],
    ['a bigint as float64 when it is exact', 7n, t.float64, 7],
    ['a Date', new Date(43_200_000), t.unixTimestamp, noon],
    ['ISO-8601 text in any zone', '1970-01-01T13:00:00+01:00', t.unixTimestamp, noon],
    ['undefined as null', undefined, t.string, null],
    ['a typed array', Float32Array.of(1, 2), t.array(t.float32), [1, 2]],
    ['a Set of numbers', new Set([2, 1]), t.set(t.int64), [2n, 1n]],
    ['repeats in a set once', ['a', 'b', 'a', null], t.set(t.string), ['a', 'b']],
    ['equal times in a set once', [noon, '1970-01-01T12:00:00Z'], t.set(t.unixTimestamp), [noon]],
    ['an object as JSON text', { a: [1, 2n] }, t.json, '{"a":[1,2]}'],
    ['JSON text as it is', '{"a": 1}', t.json, '{"a": 1}'],
    ['a struct with all its fields', { a: 1 }, t.struct({ a: t.int64, b: t.string }), { a: 1n, b: null }],
    ['a bigint as decimal text', 12n, t.decimal, '12'],
    ['a plain time as a zoned one', noon, t.zonedTimestamp, { instant: noon, zone: '' }],
    ['dates within a map', { at: new Date(43_200_000) }, t.map, { at: noon }],
  ]
  test.each(cases)('takes %s', (_, value, type, expected) => {
    expect(coerceValue(value, type)).toEqual(expected)
  })

  test('gives plain bytes for a Buffer', () => {
    const bytes = coerceValue(Buffer.from('ab'), t.bytes)
    expect(Buffer.isBuffer(bytes)).toBe(false)
    expect(bytes).toEqual(Uint8Array.of(97, 98))
  })

  const refused: readonly [string, unknown, DataType][] = [
    ['a fraction for a whole number', 1.5, t.int64],
    ['a number that has lost digits already', 2 ** 53, t.int64],
    ['text for a number', '7', t.int64],
    ['a bigint that a double would round', 2n ** 53n + 1n, t.float64],
    ['a bare number for a time', 1_700_000_000, t.unixTimestamp],
    ['an invalid Date', new Date(Number.NaN), t.unixTimestamp],
    ['text that is not JSON', '{a}', t.json],
    ['text that is not a UUID', 'x', t.uuid],
    ['a list for a struct', [1], t.struct({ a: t.int64 })],
    ['an object for a list', { a: 1 }, t.array(t.int64)],
    ['a misfit within a list', [1, 'x'], t.array(t.int64)],
    ['a function', () => 1, t.map],
    ['a date for a map', new Date(0), t.map],
    ['a set for a map', new Set(['a']), t.map],
    ['an error within a map', { a: new Error('x') }, t.map],
    ['NaN within JSON', { a: Number.NaN }, t.json],
    ['a Map as JSON', new Map([['a', 1]]), t.json],
    ['a set within JSON', { a: new Set([1]) }, t.json],
    ['bytes within JSON', { a: Uint8Array.of(1) }, t.json],
  ]
  test.each(refused)('refuses %s', (_, value, type) => {
    expect(() => coerceValue(value, type)).toThrow(expect.objectContaining({ code: 'FTS5081' }))
  })
})

test('naturalValue keeps the kinds that JavaScript tells apart', () => {
  const value = { n: 1, i: 1n, at: new Date(43_200_000), list: new Set(['a']), deep: { bytes: Buffer.from([1]) } }
  expect(naturalValue(value)).toEqual({ n: 1, i: 1n, at: noon, list: ['a'], deep: { bytes: Uint8Array.of(1) } })
})

test('a value that does not fit is shown in one line, whatever it is', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  const message = (value: unknown): string => {
    try {
      return String(coerceValue(value, t.int64))
    } catch (error) {
      return error instanceof Error ? error.message : ''
    }
  }
  expect(message('x'.repeat(1e6))).toMatch(/^"x{76}… is not a whole number/)
  expect(message(circle)).toBe('an object that holds itself is not a whole number of 64 bits (bigint).')
  expect(message({ a: 1n })).toBe('{"a":"1n"} is not a whole number of 64 bits (bigint).')
})
