import { expect, it } from 'vitest'
import { jsonFloat, pythonFloat } from './python-float.ts'

it.each([
  [Number.NaN, '"NaN"'],
  [Number.POSITIVE_INFINITY, '"Infinity"'],
  [Number.NEGATIVE_INFINITY, '"-Infinity"'],
  [0.5, '0.5'],
  [16777216, '16777216.0'],
  [-0, '-0.0'],
  [1e16, '1e+16'],
  [-1e-7, '-1e-07'],
  [0.10000000149011612, '0.10000000149011612'],
])('%d is %s in the JSON of an answer', (value, text) => {
  expect(jsonFloat(value)).toBe(text)
})

it.each([
  [0.1, '0.1'],
  [1e16, '1e+16'],
  [1e-5, '1e-05'],
  [0.0001, '0.0001'],
  [-1.5e300, '-1.5e+300'],
  [16777216, '16777216.0'],
  [1e15, '1000000000000000.0'],
  [123456789012345680, '1.2345678901234568e+17'],
  [5e-324, '5e-324'],
  [-0, '-0.0'],
  [Number.NaN, 'nan'],
])('%d is %s to Python', (value, text) => {
  expect(pythonFloat(value)).toBe(text)
})
