import { expect, test } from 'vitest'
import { Instant } from '../base/instant.ts'
import type { FeatureValue } from '../types/feature-value.ts'
import { valueCell } from './value-cell.ts'

test.each<[FeatureValue, string]>([
  ['Bern', 'Bern'],
  [Instant.fromEpochSeconds(1_767_258_000), '2026-01-01T09:00:00Z'],
  [9007199254740993n, '9007199254740993'],
  [null, 'null'],
  [['a', null], '["a",null]'],
  [{ lat: 1.5, zip: '3000' }, '{"lat":1.5,"zip":"3000"}'],
])('%o stands in a table as %s', (value, cell) => {
  expect(valueCell(value)).toBe(cell)
})
