import { expect, it } from 'vitest'
import { bool, bytes, float32, float64, int32, int64, string, unixTimestamp } from '../../types/data-type.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { createStatements, pythonFloat, tableName, valueNumber, valueText } from './sqlite-layout.ts'

it.each([
  [1, '1.0'],
  [-0, '-0.0'],
  [0, '0.0'],
  [0.1, '0.1'],
  [100, '100.0'],
  [1e15, '1000000000000000.0'],
  [123456789012345680, '1.2345678901234568e+17'],
  [1e16, '1e+16'],
  [9999999999999998, '9999999999999998.0'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [0.00012345, '0.00012345'],
  [1.5e-7, '1.5e-07'],
  [-1.5e300, '-1.5e+300'],
  [5e-324, '5e-324'],
  [Number.NaN, 'nan'],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NEGATIVE_INFINITY, '-inf'],
])('%d is %s in Python', (value, text) => {
  expect(pythonFloat(value)).toBe(text)
})

it('value_text is the text of strings, numbers and truth values, and null for all else', () => {
  expect(valueText(encodeValue('zażółć', string))).toBe('zażółć')
  expect(valueText(encodeValue('', string))).toBe('')
  expect(valueText(encodeValue(-7, int32))).toBe('-7')
  expect(valueText(encodeValue(9007199254740997n, int64))).toBe('9007199254740997')
  expect(valueText(encodeValue(0.6856778860092163, float32))).toBe('0.6856778860092163')
  expect(valueText(encodeValue(16777216, float64))).toBe('16777216.0')
  expect(valueText(encodeValue(true, bool))).toBe('True')
  expect(valueText(encodeValue(false, bool))).toBe('False')
  expect(valueText(encodeValue(new Uint8Array([1]), bytes))).toBeNull()
  expect(valueText(encodeValue(null, unixTimestamp))).toBeNull()
})

it('value_num is the number of numbers and truth values, and null for all else', () => {
  expect(valueNumber(encodeValue(2.5, float64))).toBe(2.5)
  expect(valueNumber(encodeValue(7n, int64))).toBe(7)
  expect(valueNumber(encodeValue(true, bool))).toBe(1)
  expect(valueNumber(encodeValue('7', string))).toBeNull()
})

it('versions above zero have tables of their own', () => {
  const table = { project: 'p', view: 'v', joinKeys: [], features: [] }
  expect([null, 0, 3].map((version) => tableName({ ...table, version }))).toEqual(['p_v', 'p_v', 'p_v_v3'])
})

it('names that cannot stand unquoted in SQL are quoted', () => {
  const [table, index] = createStatements('my-shop_a"b', false)
  expect(table).toContain('EXISTS "my-shop_a""b" (')
  expect(index).toContain('EXISTS "my-shop_a""b_ek" ON "my-shop_a""b" (entity_key)')
  expect(createStatements('current_time', false)[0]).toContain('EXISTS "current_time" (')
})
