import { describe, expect, test } from 'vitest'
import { coerceValue } from './coerce.ts'
import { array, type DataType, float64, int64, json, map, string, struct } from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

const place = struct({ city: string, at: float64, visits: int64 })

/** As columns of Parquet files hold them, and what Feast stores for them. */
const cases: readonly [string, DataType, string, FeatureValue][] = [
  [
    'a map',
    map,
    '{"n": 7, "f": 7.0, "e": 1e2, "big": 9007199254740993, "nul": null, "deep": {"l": [1, 2]}}',
    { n: 7n, f: 7, e: 100, big: 9_007_199_254_740_993n, nul: null, deep: { l: [1n, 2n] } },
  ],
  ['an empty map', map, '{}', {}],
  ['a list of maps', array(map), '[{"a": 1}, {"b": "ü"}]', [{ a: 1n }, { b: 'ü' }]],
  ['a struct', place, '{"city": "Bern", "at": 1, "visits": 2}', { city: 'Bern', at: 1, visits: 2n }],
  ['a list of structs', array(place), '[{"city": "B", "at": 0.5, "visits": 0}]', [{ city: 'B', at: 0.5, visits: 0n }]],
]

describe.each(cases)('JSON text of %s', (_, type, text, value) => {
  test('is stored as what it holds', () => {
    expect(decodeValue(encodeValue(text, type))).toEqual(value)
  })

  test('is taken from rows that a program gives', () => {
    expect(coerceValue(text, type)).toEqual(value)
  })
})

test.each([
  ['{"a": 1', map],
  ['7', map],
  ['[1]', place],
  ['{"a": 1}', array(map)],
] satisfies [string, DataType][])('%j is refused', (text, type) => {
  expect(() => encodeValue(text, type)).toThrow(expect.objectContaining({ code: 'FTS5081' }))
  expect(() => coerceValue(text, type)).toThrow(expect.objectContaining({ code: 'FTS5081' }))
})

test('a text stays a text where the type is Json or String', () => {
  expect(coerceValue('{"a": 1}', json)).toBe('{"a": 1}')
  expect(coerceValue('{"a": 1}', string)).toBe('{"a": 1}')
})
