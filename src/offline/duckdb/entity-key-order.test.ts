import { DuckDBInstance } from '@duckdb/node-api'
import { expect, it } from 'vitest'
import { serializeEntityKey } from '../../types/entity-key.ts'
import { entityKeyOrder, entityKeyPartitions } from './entity-key-order.ts'

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
  ['BIGINT', 'n * -9007199254740993', 70_000],
  ['INTEGER', '(n * -2147483)::INTEGER', 70_000],
])('every key of type %s is in exactly one part', async (type, expression, count) => {
  for (const partition of entityKeyPartitions([column('k"', type)], count)) {
    const keys = `(SELECT (${expression}) AS "k""" FROM range(1000) AS r(n))`
    const [[least, greatest, isWhole] = []] = await query(
      `SELECT min(p), max(p), bool_and(p = p::BIGINT) FROM (SELECT ${partition} AS p FROM ${keys})`,
    )
    expect(Number(least)).toBeGreaterThanOrEqual(0)
    expect(Number(greatest)).toBeLessThan(count)
    expect(isWhole).toBe(true)
  }
})

it('keys whose first one has few values are split evenly and in the order of the second', async () => {
  const rows = '(SELECT n % 2 AS a, n AS b FROM range(100000) AS r(n))'
  expect(await largestParts(rows, ['a', 'b'])).toEqual([
    100_000,
    expect.closeTo(25_000, -3),
    expect.closeTo(25_000, -3),
  ])
})

it('numbers that are multiples of 65536 can be split evenly too', async () => {
  const rows = '(SELECT n * 65536 AS a FROM range(100000) AS r(n))'
  expect(await largestParts(rows, ['a'])).toEqual([100_000, expect.closeTo(25_000, -3)])
})

/** Of each way to split the keys of some rows into four parts the size of the largest. */
async function largestParts(rows: string, keys: readonly string[]): Promise<readonly number[]> {
  const partitions = entityKeyPartitions(
    keys.map((key) => column(key, 'BIGINT')),
    4,
  )
  const sizes = partitions.map(async (partition) => {
    const [found] = await query(`SELECT max(n) FROM (SELECT count(*) AS n FROM ${rows} GROUP BY ${partition})`)
    return Number(found?.[0])
  })
  return Promise.all(sizes)
}

it.each([
  ['BIGINT', 'n * 7919'],
  ['INTEGER', 'n * 7919'],
  ['SMALLINT', 'n * 16'],
])('whole numbers of type %s below 2^24 come in the order of their serialised keys', async (type, expression) => {
  const order = entityKeyOrder([column('k', type)]).join(', ')
  const keys = `(SELECT (${expression})::${type} AS k FROM range(2000) AS r(n))`
  const rows = await query(`SELECT k FROM ${keys} ORDER BY ${order}`)
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
