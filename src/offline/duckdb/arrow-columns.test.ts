import { Table } from 'apache-arrow'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Instant } from '../../base/instant.ts'
import { loadArrow, rowsFromBatch, tableFromRows } from '../../types/arrow.ts'
import {
  array,
  bool,
  bytes,
  float32,
  float64,
  int32,
  int64,
  string,
  struct,
  unixTimestamp,
} from '../../types/data-type.ts'
import type { FeatureRow } from '../../types/feature-value.ts'
import { loadArrowTable } from './arrow-tables.ts'
import { duckdbConfig } from './duckdb-config.ts'
import { type Engine, openEngine } from './duckdb-driver.ts'
import { streamBatches } from './record-batches.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine(duckdbConfig({}))
})
afterAll(() => engine.close())

/** The rows of a query, and the Arrow types of its columns as text. */
async function query(
  sql: string,
  names: readonly string[],
): Promise<{ rows: FeatureRow[]; types: string[]; table: Table }> {
  return engine.withSession(async (session) => {
    const batches = []
    for await (const batch of streamBatches(
      session,
      sql,
      names.map((name) => ({ name })),
    ))
      batches.push(batch)
    const table = new Table(batches)
    return { rows: rowsFromBatch(table), types: table.schema.fields.map(({ type }) => String(type)), table }
  })
}

describe('DuckDB vectors as Arrow', () => {
  it.each([
    ['true', 'Bool', true],
    ['(-7)::TINYINT', 'Int8', -7],
    ['7::USMALLINT', 'Uint16', 7],
    ['42::INTEGER', 'Int32', 42],
    ['9007199254740993::BIGINT', 'Int64', 9007199254740993n],
    ['18446744073709551615::UBIGINT', 'Uint64', 18446744073709551615n],
    ['1.5::FLOAT', 'Float32', 1.5],
    ["'NaN'::DOUBLE", 'Float64', Number.NaN],
    ["'short'", 'Utf8', 'short'],
    ["repeat('long ', 20)", 'Utf8', 'long '.repeat(20)],
    ["'\\x01\\xFF'::BLOB", 'Binary', Uint8Array.of(1, 255)],
    [
      "TIMESTAMPTZ '2024-03-01 12:00:00.123456+02'",
      'Timestamp<MICROSECOND, UTC>',
      Instant.parse('2024-03-01T10:00:00.123456Z'),
    ],
    ["TIMESTAMP '1969-12-31 23:59:59.999999'", 'Timestamp<MICROSECOND, UTC>', Instant.fromEpochMicros(-1n)],
    ["TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", 'Timestamp<MICROSECOND, UTC>', Instant.fromEpochMicros(-1n)],
    ["TIMESTAMP_MS '2024-01-01 00:00:00.5'", 'Timestamp<MICROSECOND, UTC>', Instant.parse('2024-01-01T00:00:00.5Z')],
    ["TIMESTAMP_S '2024-01-01 00:00:01'", 'Timestamp<MICROSECOND, UTC>', Instant.parse('2024-01-01T00:00:01Z')],
    ["'8F14E45F-CEEA-467A-9B7F-2C1D0E3A4B5C'::UUID", 'Utf8', '8f14e45f-ceea-467a-9b7f-2c1d0e3a4b5c'],
    ["'b'::ENUM('a', 'b')", 'Utf8', 'b'],
    ['[1, NULL, 3]::INTEGER[]', 'List<Int32>', [1, null, 3]],
    ['[[1], [], NULL]::BIGINT[][]', 'List<List<Int64>>', [[1n], [], null]],
    ['[1, 2]::INTEGER[2]', 'List<Int32>', [1, 2]],
    ["{a: 1, b: 'x'}", 'Struct<{a:Int32, b:Utf8}>', { a: 1, b: 'x' }],
    ["MAP {'k': 1::BIGINT}", 'Map<{key:Utf8, value:Int64}>', { k: 1n }],
  ])('reads %s as %s, and null', async (expression, type, value) => {
    const { rows, types } = await query(
      `SELECT ${expression} AS x UNION ALL SELECT NULL UNION ALL SELECT ${expression}`,
      ['x'],
    )
    expect(types[0]?.replace('Map_', 'Map')).toContain(type.split('<')[0])
    expect(rows.map(({ x }) => x)).toEqual([value, null, value])
  })

  it('reads decimals with their scale and sign', async () => {
    const { table } = await query(
      'SELECT unnest([1.50, -2.25, NULL]::DECIMAL(5, 2)[]), 12345678901234567890.5::DECIMAL(30, 1)',
      ['d', 'wide'],
    )
    expect(String(table.schema.fields[0]?.type)).toBe('Decimal[5e+2]')
    const words = (row: number): number[] => Array.from(table.getChild('d')?.get(row) ?? [])
    expect(words(0)).toEqual([150, 0, 0, 0])
    expect(words(1)).toEqual([0xffffffff - 224, 0xffffffff, 0xffffffff, 0xffffffff])
    expect(table.getChild('d')?.get(2)).toBeNull()
  })

  it('refuses a type that Arrow and Feast have no counterpart for, by the name of the column', async () => {
    await expect(query('SELECT INTERVAL 1 DAY', ['age'])).rejects.toMatchObject({
      code: 'FTS4005',
      message: 'Column "age" has the type INTERVAL, which has no counterpart here.',
    })
  })

  it('gives the columns of an empty result in one empty batch', async () => {
    const { rows, types } = await query('SELECT 1::BIGINT WHERE false', ['n'])
    expect([rows, types]).toEqual([[], ['Int64']])
  })

  it('delivers a large result in batches of bounded size', async () => {
    const sizes = await engine.withSession(async (session) => {
      const rows: number[] = []
      const sql = "SELECT range, repeat('x', 20) FROM range(200000)"
      for await (const batch of streamBatches(session, sql, [{ name: 'n' }, { name: 's' }])) rows.push(batch.numRows)
      return rows
    })
    expect(sizes.reduce((sum, rows) => sum + rows, 0)).toBe(200_000)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64 * 1024)
  })

  it('brings any table into DuckDB and back unchanged, across vectors and with nulls anywhere', async () => {
    const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 4 })
    const text = fc.oneof(fc.string(), fc.string({ minLength: 13, maxLength: 40, unit: 'grapheme' }))
    const row = fc.record({
      i: optional(fc.integer()),
      l: optional(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      f: optional(fc.float({ noNaN: true })),
      d: optional(fc.double({ noNaN: true })),
      b: optional(fc.boolean()),
      s: optional(text),
      y: optional(fc.uint8Array({ maxLength: 30 })),
      t: optional(fc.bigInt({ min: -(2n ** 55n), max: 2n ** 55n }).map(Instant.fromEpochMicros)),
      a: optional(fc.array(optional(text), { maxLength: 4 })),
      r: optional(fc.record({ x: optional(fc.integer()), y: optional(text) })),
    })
    const fields = Object.entries({
      i: int32,
      l: int64,
      f: float32,
      d: float64,
      b: bool,
      s: string,
      y: bytes,
      t: unixTimestamp,
      a: array(string),
      r: struct({ x: int32, y: string }),
    }).map(([name, type]) => ({ name, type }))
    const check = async (rows: FeatureRow[], repeats: number): Promise<void> => {
      const repeated = Array.from({ length: repeats }, () => rows).flat()
      const table = await tableFromRows(repeated, fields)
      const back = await engine.withSession(async (session) => {
        await loadArrowTable(session, 'any_table', table)
        const result: FeatureRow[] = []
        for await (const batch of streamBatches(session, 'SELECT * FROM any_table ORDER BY rowid', fields))
          result.push(...rowsFromBatch(batch))
        return result
      })
      expect(back).toEqual(repeated)
    }
    // Odd lengths put the bits of later vectors at odd places.
    const repeats = fc.constantFrom(1, 3, 211)
    await fc.assert(fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 31 }), repeats, check), { numRuns: 30 })
  })

  it('keeps its place in a table that is a slice of another', async () => {
    const { tableFromArrays } = await loadArrow()
    const whole = tableFromArrays({ n: Int32Array.from({ length: 100 }, (_, n) => n) })
    const back = await engine.withSession(async (session) => {
      await loadArrowTable(session, 'sliced', whole.slice(37, 41))
      return session.rows('SELECT c0 FROM sliced ORDER BY rowid')
    })
    expect(back.flat()).toEqual([37, 38, 39, 40])
  })
})

describe('sessions', () => {
  it('interrupts a running query when aborted, with the reason that was given', async () => {
    const abort = new AbortController()
    const running = engine.withSession(
      (session) => session.rows('SELECT count(*) FROM range(100000000000) WHERE range % 7 = hash(range) % 3'),
      abort.signal,
    )
    setTimeout(() => abort.abort(new Error('enough')), 50)
    await expect(running).rejects.toThrow('enough')
  })

  it('keeps the temporary tables of concurrent jobs apart', async () => {
    const sums = await Promise.all(
      Array.from({ length: 8 }, (_, job) =>
        engine.withSession(async (session) => {
          await session.run(`CREATE TEMP TABLE t AS SELECT ${job} AS n FROM range(1000)`)
          return Number((await session.rows('SELECT sum(n) FROM t'))[0]?.[0])
        }),
      ),
    )
    expect(sums).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000])
  })
})
