import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Engine, openEngine } from './duckdb-driver.ts'
import { translateDuckdbError } from './duckdb-errors.ts'

let engine: Engine
beforeEach(async () => {
  const tempDirectory = join(tmpdir(), `feast-errors-${process.pid}`)
  engine = await openEngine({ tempDirectory, ownsTempDirectory: true, memoryLimit: '10MB', threads: '1' })
})
afterEach(() => engine.close())

test.each([
  ['SELECT list(range) FROM range(5000000)', 'FTS4021', /^Out of Memory Error: /],
  ["SELECT * FROM 'no.parquet'", 'FTS4002', /^IO Error: /],
  ['SELECT 9223372036854775807 + range FROM range(3)', 'FTS4022', /^Out of Range Error: /],
  ['SELEC', 'FTS4022', /^Parser Error: /],
])('%s is told as %s with the words of the engine', async (sql, code, words) => {
  const failed = engine.withSession((session) => session.rows(sql))
  await expect(failed).rejects.toMatchObject({ code, notes: [expect.stringMatching(words)] })
})

test.each([
  'Invalid Error: TProtocolException: Invalid data',
  'Invalid Error: Prefetch registered for bytes outside file: /data/a.parquet, attempted range: [9, 12)',
])('what comes of a file that is not what its footer said is told so: %s', (message) => {
  expect(translateDuckdbError(new Error(message))).toMatchObject({ code: 'FTS4003', notes: [message] })
})

test('errors of others pass as they are', () => {
  for (const error of [new Error('Error: no'), new TypeError('x is not a function'), 'text']) {
    expect(translateDuckdbError(error)).toBe(error)
  }
})
