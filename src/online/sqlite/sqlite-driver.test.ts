import { expect, it } from 'vitest'
import { SqliteConnection } from './sqlite-driver.ts'

it('a statement is prepared once, and forgotten when requests make up hundreds of others', () => {
  const connection = new SqliteConnection(':memory:')
  const first = connection.prepare('SELECT 1')
  expect(connection.prepare('SELECT 1')).toBe(first)
  for (let selection = 2; selection < 1000; selection++) connection.prepare(`SELECT ${selection}`)
  expect(connection.prepare('SELECT 1')).not.toBe(first)
  expect(first.get()).toEqual([1])
  connection.close()
})
