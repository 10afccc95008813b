import { expect, it } from 'vitest'
import { pythonFloat } from '../../types/python-float.ts'
import { createStatements } from './sqlite-layout.ts'

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

it('names that cannot stand unquoted in SQL are quoted', () => {
  const [table, index] = createStatements('my-shop_a"b', false)
  expect(table).toContain('EXISTS "my-shop_a""b" (')
  expect(index).toContain('EXISTS "my-shop_a""b_ek" ON "my-shop_a""b" (entity_key)')
  expect(createStatements('current_time', false)[0]).toContain('EXISTS "current_time" (')
})
