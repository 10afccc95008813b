import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { frozenClock } from '../src/base/clock.ts'
import { type FeatureStore, featureView, fileSource, float64, openStore } from '../src/index.ts'
import type { FeatureRow } from '../src/types/feature-value.ts'
import { at, configuration, definitions, driver, makeData, noon, stats } from './rides.ts'
import { writeParquet } from './write-parquet.ts'

const width = 600
const columns = Array.from({ length: width }, (_, index) => `f${index}`)
const wide = featureView('wide', {
  entities: [driver],
  schema: Object.fromEntries(columns.map((name) => [name, float64])),
  source: fileSource('wide_source', { path: 'data/wide.parquet', timestampField: 'event_timestamp' }),
})

let folder: string
let store: FeatureStore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobs-'))
  await makeData(folder)
  const values = Object.fromEntries(columns.map((name, index) => [name, index / 2]))
  await writeParquet(join(folder, 'data/wide.parquet'), [{ driver_id: 1n, event_timestamp: noon, ...values }])
  const options = { definitions: [...definitions, wide], repoPath: folder, clock: frozenClock(noon) }
  store = await openStore(configuration, options)
  await store.apply()
})

afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

/** Many entity rows, of drivers 1 and 2 in turn. */
const many = (rows: number) => ({
  sql: `SELECT (1 + i % 2)::BIGINT AS driver_id, TIMESTAMPTZ '2024-03-01 12:00:00Z' AS event_timestamp, i::BIGINT AS i
    FROM range(${rows}) AS numbers(i)`,
})

describe('a job', () => {
  test.each([
    ['of stored features', ['driver_stats:trips']],
    ['of on-demand features', ['driver_stats:trips', 'tip:tip']],
  ])('%s stops in the middle when it is aborted, and the same job can be read again', async (_, features) => {
    const entities = { sql: many(200_000).sql.replace('i::BIGINT AS i', 'i::BIGINT AS i, i::DOUBLE AS distance') }
    const job = store.getHistoricalFeatures({ features, entities })
    const abort = new AbortController()
    let rows = 0
    const read = async (): Promise<void> => {
      for await (const batch of job.batches(abort.signal)) {
        rows += batch.numRows
        abort.abort(new Error('enough'))
      }
    }
    await expect(read()).rejects.toThrow('enough')
    expect(rows).toBeGreaterThan(0)
    expect(rows).toBeLessThan(200_000)
    expect((await job.toArrow()).numRows).toBe(200_000)
  })

  test('that a reader leaves early lets the store close', async () => {
    await using other = await openStore(configuration, { definitions, repoPath: folder, clock: frozenClock(noon) })
    for await (const batch of other.getHistoricalFeatures({ features: [stats], entities: many(200_000) })) {
      expect(batch.numRows).toBeLessThan(200_000)
      break
    }
  })

  test('can be read twice at once, and beside another one', async () => {
    const job = store.getHistoricalFeatures({ features: ['driver_stats:trips'], entities: many(50_000) })
    const other = store.getHistoricalFeatures({ features: ['driver_profile:city'], entities: many(1000) })
    const [first, second, cities] = await Promise.all([job.toArrow(), job.toArrow(), other.toRows()])
    expect([first.numRows, second.numRows, cities.length]).toEqual([50_000, 50_000, 1000])
    expect(first.getChild('i')?.toArray()).toEqual(second.getChild('i')?.toArray())
    expect(first.getChild('trips')?.toArray()).toEqual(second.getChild('trips')?.toArray())
    expect(cities.slice(0, 2).map((row) => row.city)).toEqual(['Ulm', 'Bonn'])
  })

  test('takes hundreds of features and of entity columns', async () => {
    const extra = Object.fromEntries(columns.map((name, index) => [`x_${name}`, index]))
    const entities: FeatureRow[] = [
      { driver_id: 1n, event_timestamp: noon, ...extra },
      { driver_id: 2n, event_timestamp: noon, ...extra },
    ]
    const rows: FeatureRow[] = await store.getHistoricalFeatures({ features: ['wide'], entities }).toRows()
    expect(rows.map((row) => Object.keys(row).length)).toEqual([2 + 2 * width, 2 + 2 * width])
    expect(rows[0]).toMatchObject({ f0: 0, [`f${width - 1}`]: (width - 1) / 2, [`x_f${width - 1}`]: width - 1 })
    expect(rows[1]).toMatchObject({ f0: null, [`f${width - 1}`]: null, x_f1: 1 })
  })

  test('of no rows at all has every column, however many', async () => {
    const table = await store.getHistoricalFeatures({ features: ['wide'], entities: [] }).toArrow()
    expect([table.numRows, table.numCols]).toEqual([0, 2 + width])
  })
})

describe('a query for entity rows', () => {
  test('sees a source under its name, with the columns that the source has before its field mapping', async () => {
    const sql =
      "SELECT driver_id, event_timestamp, cr AS label FROM stats_source WHERE created < '2024-03-01 11:15:00Z'"
    const job = store.getHistoricalFeatures({ features: ['driver_stats:conv_rate'], entities: { sql } })
    expect((await job.toRows()).map((row) => [row.driver_id, row.label, row.conv_rate])).toEqual([
      [1n, 0.5, 0.5],
      [1n, 0.25, 0.75],
      [2n, null, null],
      [3n, 0.9, 0.9],
    ])
  })

  test('that uses a logical name is refused with the columns that there are', async () => {
    const entities = { sql: 'SELECT driver_id, event_timestamp, conv_rate FROM stats_source' }
    const job = store.getHistoricalFeatures({ features: ['driver_stats:trips'], entities })
    await expect(job.toRows()).rejects.toMatchObject({ code: 'FTS4011', message: expect.stringContaining('conv_rate') })
  })
})

describe('the text of a job', () => {
  test.each([
    ['a query over a source', () => ({ sql: 'SELECT driver_id, event_timestamp FROM stats_source ORDER BY trips' })],
    ['a Parquet file', () => join(folder, 'data/profile.parquet')],
  ])('for entity rows from %s runs in DuckDB and gives the same rows', async (_, given) => {
    const entities = given()
    const job = store.getHistoricalFeatures({
      features: ['driver_profile:city', 'driver_stats:trips'],
      entities,
      fullFeatureNames: true,
    })
    const sql = await job.toSql()
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    try {
      const theirs = await connection.runAndReadAll(sql)
      const ours: FeatureRow[] = await job.toRows()
      expect(ours.length).toBeGreaterThan(0)
      const pick = (rows: readonly Record<string, unknown>[]) =>
        rows.map((row) => [row.driver_id, row.driver_profile__city, row.driver_stats__trips])
      expect(pick(theirs.getRowObjects())).toEqual(pick(ours))
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  })

  test('for entity rows from memory says so, and explain() names plan, numbers and on-demand views', async () => {
    const entities = [{ driver_id: 1n, event_timestamp: at('2024-03-01T12:00:00Z'), distance: 1 }]
    const job = store.getHistoricalFeatures({ features: ['driver_stats:trips', 'fare:price'], entities })
    expect(await job.toSql()).toContain('entity_rows is filled from memory')
    expect(await job.explain()).toMatch(
      /^driver_stats: (?:carry|gather|asof) \(.+\); 5 source rows at about \d+ per key; 1 entity rows.*\nfare: on-demand view/,
    )
  })
})
