import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Instant } from '../base/instant.ts'
import type { DataType } from './data-type.ts'
import * as t from './data-type.ts'
import { parseExactJson } from './exact-json.ts'
import type { FeatureValue } from './feature-value.ts'
import { valueFromJson, valueToJson, valueToJsonText } from './json.ts'
import { valueFromProtoJson } from './proto-json.ts'

const isSafe = (value: bigint): boolean => Number.isSafeInteger(Number(value))
const noon = Instant.fromEpochSeconds(1_719_828_000)

describe('the plain JSON form', () => {
  const cases: readonly [DataType, FeatureValue, string][] = [
    [t.int64, 9_007_199_254_740_993n, '9007199254740993'],
    [t.int64, -7n, '-7'],
    [t.float64, 0.1, '0.1'],
    [t.float64, Number.NaN, '"NaN"'],
    [t.float64, Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [t.bytes, Uint8Array.of(107, 43, 98), '"ayti"'],
    [t.unixTimestamp, noon, '1719828000'],
    [t.decimal, '1.50', '"1.50"'],
    [t.array(t.int64), [1n, null], '[1,null]'],
    [t.array(t.array(t.int64)), [[1n], []], '[[1],[]]'],
    [t.struct({ a: t.int64, b: t.string }), { a: 1n, b: 'ß' }, '{"a":1,"b":"ß"}'],
  ]
  test.each(cases)('of %o %o is %s, and reads back', (type, value, text) => {
    expect(valueToJsonText(value)).toBe(text)
    expect(valueFromJson(valueToJson(value), type)).toEqual(value)
  })

  test('spells a whole number that JavaScript would round as text', () => {
    expect(valueToJson(9_007_199_254_740_993n)).toBe('9007199254740993')
    expect(valueToJson([7n, 1.5])).toEqual([7, 1.5])
  })

  test('keeps any text apart from the integers beside it', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.bigInt())), (values) => {
        expect(parseExactJson(valueToJsonText(values))).toEqual(
          values.map((value) => (typeof value === 'bigint' && isSafe(value) ? Number(value) : value)),
        )
      }),
      { examples: [[['\u{F8FF}int\u{F8FF}', 5n]]] },
    )
  })

  test.each([
    ['Europe/Paris', '2024-07-01T12:00:00+02:00'],
    ['UTC+05:30', '2024-07-01T15:30:00+05:30'],
    ['-07:00', '2024-07-01T03:00:00-07:00'],
    ['', '2024-07-01T10:00:00+00:00'],
    ['Nowhere/Land', '2024-07-01T10:00:00+00:00'],
  ])('writes a zoned time in its zone %s', (zone, text) => {
    expect(valueToJson({ instant: noon, zone })).toBe(text)
  })

  test('reads times as text or seconds, and refuses what is of another type', () => {
    expect(valueFromJson('2024-07-01T12:00:00+02:00', t.unixTimestamp)).toEqual(noon)
    expect(valueFromJson(1_719_828_000, t.unixTimestamp)).toEqual(noon)
    expect(() => valueFromJson('abc', t.int64)).toThrow(expect.objectContaining({ code: 'FTS5081' }))
    expect(() => valueFromJson('*', t.bytes)).toThrow(expect.objectContaining({ code: 'FTS5081' }))
  })
})

test("protobuf's JSON of a Value is read in both spellings", () => {
  expect(valueFromProtoJson({ int64Val: '7' })).toEqual({ kind: 'int64_val', value: 7n })
  expect(valueFromProtoJson({ unix_timestamp_list_val: { val: ['1719828000'] } }).value).toEqual([noon])
  expect(valueFromProtoJson({ mapVal: { val: { a: {}, b: { doubleVal: 'NaN' } } } }).value).toEqual({
    a: null,
    b: Number.NaN,
  })
  expect(valueFromProtoJson({})).toEqual({ kind: null, value: null })
  expect(() => valueFromProtoJson({ int128Val: '7' })).toThrow(expect.objectContaining({ code: 'FTS5081' }))
})
