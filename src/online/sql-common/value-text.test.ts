import { expect, it } from 'vitest'
import { bool, bytes, float32, float64, int32, int64, string, unixTimestamp } from '../../types/data-type.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { valueNumber, valueText } from './value-text.ts'

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
