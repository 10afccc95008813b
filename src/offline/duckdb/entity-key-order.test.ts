import { DuckDBInstance } from '@duckdb/node-api'
import { expect, it } from 'vitest'
import { serializeEntityKey } from '../../types/entity-key.ts'
import { entityKeyOrder, entityKeyParts } from './entity-key-order.ts'

const column = (name: string, type: string) => ({ name, column: name, type })

async function query(sql: string): Promise<readonly (readonly unknown[])[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJS()
  } finally {
    connection.closeSync()
  }
}

it.each([
  ['BIGINT', 'n * 7919 - 3000000', 3],
  ['INTEGER', '(n - 500)::INTEGER', 256],
  ['SMALLINT', '(n - 500)::SMALLINT', 2],
  ['VARCHAR', "'key ' || n", 5],
  ['UUID', 'uuid()', 4],
  ['BIGINT', 'n', 1],
])('every key of type %s is in exactly one part', async (type, expression, count) => {
  const parts = entityKeyParts([column('k"', type)], count)
  expect(parts).toHaveLength(count)
  const matches = parts.map((part) => `(${part})::INTEGER`).join(' + ')
  const keys = `(SELECT (${expression}) AS "k""" FROM range(1000) AS r(n))`
  expect(await query(`SELECT DISTINCT ${matches} FROM ${keys}`)).toEqual([[1]])
})

it('parts of several keys hold every key once', async () => {
  const keys = [column('a', 'VARCHAR'), column('b', 'BIGINT')]
  const matches = entityKeyParts(keys, 3)
    .map((part) => `(${part})::INTEGER`)
    .join(' + ')
  expect(
    await query(`SELECT DISTINCT ${matches} FROM (SELECT 'x' || n AS a, n AS b FROM range(1000) AS r(n))`),
  ).toEqual([[1]])
})

it('whole numbers below 2^24 come in the order of their serialised keys', async () => {
  const order = entityKeyOrder([column('k', 'BIGINT')]).join(', ')
  const rows = await query(`SELECT k FROM (SELECT n * 7919 AS k FROM range(2000) AS r(n)) ORDER BY ${order}`)
  const bytes = rows.map(([k]) => serializeEntityKey(['k'], [{ kind: 'int64', value: BigInt(Number(k)) }], 3))
  expect(bytes).toEqual(bytes.toSorted(Buffer.compare))
})

it('texts come in the order of their serialised keys', async () => {
  const order = entityKeyOrder([column('k', 'VARCHAR')]).join(', ')
  const words = ['b', 'aa', '', 'ż', 'zz', 'abc', 'B', '特']
  const values = words.map((word) => `('${word}')`).join(', ')
  const rows = await query(`SELECT k FROM (VALUES ${values}) AS t(k) ORDER BY ${order}`)
  const bytes = rows.map(([k]) => serializeEntityKey(['k'], [{ kind: 'string', value: String(k) }], 3))
  expect(bytes).toEqual(bytes.toSorted(Buffer.compare))
})
