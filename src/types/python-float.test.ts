import { expect, it } from 'vitest'
import { jsonFloat } from './python-float.ts'

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
