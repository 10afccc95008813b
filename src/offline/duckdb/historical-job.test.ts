import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hours, Instant } from '../../base/instant.ts'
import type { FileSource } from '../../model/data-source.ts'
import type { EntityRows, HistoricalJob, HistoricalRequest, ViewJoin } from '../../plugin/offline-store.ts'
import { fileSourceAt, type OfflineFixture, offlineFixture, rowsOf } from '../../testing/offline-fixture.ts'
import { tableFromRows } from '../../types/arrow.ts'
import type { FeatureRow } from '../../types/feature-value.ts'
import { openDuckdbOfflineStore } from './duckdb-offline-store.ts'

const at = (text: string): Instant => Instant.parse(text) ?? Instant.fromEpochMicros(0n)

let fixture: OfflineFixture
let stats: FileSource
beforeAll(async () => {
  fixture = await offlineFixture(openDuckdbOfflineStore)
  stats = await fixture.source('stats.parquet', [
    { driver_id: 1n, event_timestamp: at('2024-03-01T10:00'), created: at('2024-03-01T10:05'), trips: 10n },
    { driver_id: 1n, event_timestamp: at('2024-03-01T11:00'), created: at('2024-03-01T11:05'), trips: null },
    { driver_id: 2n, event_timestamp: at('2024-03-01T09:00'), created: at('2024-03-01T09:05'), trips: 20n },
  ])
})
afterAll(() => fixture[Symbol.asyncDispose]())

const view = (changes: Partial<ViewJoin> = {}): ViewJoin => ({
  name: 'driver_stats',
  source: stats,
  keys: [{ sourceColumn: 'driver_id', entityColumn: 'driver_id' }],
  timestampColumn: 'event_timestamp',
  createdColumn: 'created',
  features: [{ sourceColumn: 'trips', output: 'trips' }],
  ttl: null,
  ...changes,
})

const job = (
  entityRows: EntityRows,
  views: readonly ViewJoin[] = [view()],
  changes: Partial<HistoricalRequest> = {},
): HistoricalJob =>
  fixture.store.historical({ entityRows, views, filterByCreated: false, sources: [stats], ...changes })

const rowsKind = (...rows: FeatureRow[]): EntityRows => ({ kind: 'rows', rows })
const noon = at('2024-03-01T12:00')

describe('entity rows', () => {
  const expected = [
    { driver_id: 2n, event_timestamp: noon, trips: 20n },
    { driver_id: 1n, event_timestamp: at('2024-03-01T10:30'), trips: 10n },
    { driver_id: 9n, event_timestamp: noon, trips: null },
  ]
  const given = expected.map(({ driver_id, event_timestamp }) => ({ driver_id, event_timestamp }))

  it('come as objects and come out in their order', async () => {
    expect(await rowsOf(job(rowsKind(...given)).batches())).toEqual(expected)
  })

  it('come as an Arrow table', async () => {
    expect(await rowsOf(job({ kind: 'table', table: await tableFromRows(given) }).batches())).toEqual(expected)
  })

  it('come as a Parquet file', async () => {
    await fixture.source('given.parquet', given)
    expect(await rowsOf(job({ kind: 'file', path: 'given.parquet' }).batches())).toEqual(expected)
  })

  it('come as a CSV file', async () => {
    const lines = given.map(({ driver_id, event_timestamp }) => `${driver_id},${event_timestamp}`)
    await writeFile(join(fixture.folder, 'given.csv'), ['driver_id,event_timestamp', ...lines].join('\n'))
    expect(await rowsOf(job({ kind: 'file', path: 'given.csv' }).batches())).toEqual(expected)
  })

  it('come from a query over the sources', async () => {
    const query = "SELECT DISTINCT driver_id, TIMESTAMP '2024-03-01 12:00' AS event_timestamp FROM stats ORDER BY 1;"
    expect(await rowsOf(job({ kind: 'sql', query }).batches())).toEqual([
      { driver_id: 1n, event_timestamp: noon, trips: null },
      { driver_id: 2n, event_timestamp: noon, trips: 20n },
    ])
  })

  it.each([
    ['two statements', 'SELECT 1; SELECT 2'],
    ['a statement that writes', "COPY (SELECT 1) TO 'x.csv'"],
    ['a statement that changes', 'CREATE TABLE t (n INT)'],
    ['an unknown table', 'SELECT * FROM nowhere'],
  ])('are refused when the query is %s', async (_, query) => {
    await expect(rowsOf(job({ kind: 'sql', query }).batches())).rejects.toMatchObject({ code: 'FTS4011' })
  })

  it('come from a range: every key with an event in it, as of its end', async () => {
    const range: EntityRows = { kind: 'range', start: at('2024-03-01T10:00'), end: at('2024-03-01T10:59:59') }
    expect(await rowsOf(job(range).batches())).toEqual([{ event_timestamp: range.end, driver_id: 1n, trips: 10n }])
  })

  it('of a range have a null key where a view lacks it', async () => {
    const cities = await fixture.source('cities.parquet', [
      { city: 'Oslo', event_timestamp: at('2024-03-01T10:30'), riders: 7n },
    ])
    const other = view({
      name: 'city_stats',
      source: cities,
      keys: [{ sourceColumn: 'city', entityColumn: 'city' }],
      createdColumn: null,
      features: [{ sourceColumn: 'riders', output: 'riders' }],
    })
    const range: EntityRows = { kind: 'range', start: at('2024-03-01T10:00'), end: noon }
    expect(await rowsOf(job(range, [view(), other]).batches())).toEqual([
      { event_timestamp: noon, driver_id: 1n, city: null, trips: null, riders: null },
      { event_timestamp: noon, driver_id: null, city: 'Oslo', trips: null, riders: 7n },
    ])
  })

  it('may be none: the columns are there', async () => {
    const table = (await tableFromRows(given)).slice(0, 0)
    const names: string[] = []
    for await (const batch of job({ kind: 'table', table }).batches())
      names.push(...batch.schema.fields.map(({ name }) => name))
    expect(names).toEqual(['driver_id', 'event_timestamp', 'trips'])
  })
})

describe('times of the entity rows', () => {
  it('are read from ISO texts, without a zone as UTC', async () => {
    const times = ['2024-03-01 12:00:00', '2024-03-01T13:00:00+01:00', '2024-03-02', null]
    const rows = await rowsOf(
      job(rowsKind(...times.map((time) => ({ driver_id: 2n, event_timestamp: time })))).batches(),
    )
    expect(rows).toEqual([
      { driver_id: 2n, event_timestamp: noon, trips: 20n },
      { driver_id: 2n, event_timestamp: noon, trips: 20n },
      { driver_id: 2n, event_timestamp: at('2024-03-02'), trips: 20n },
      { driver_id: 2n, event_timestamp: null, trips: null },
    ])
  })

  it('and other times without a zone are UTC, unless the configuration leaves them alone', async () => {
    const query =
      "SELECT 2 AS driver_id, TIMESTAMP '2024-03-01 12:00' AS event_timestamp, TIMESTAMP '2024-01-01' AS seen"
    const typesIn = async (one: OfflineFixture): Promise<string[]> => {
      const request = { entityRows: { kind: 'sql', query }, views: [], filterByCreated: false, sources: [] } as const
      for await (const batch of one.store.historical(request).batches())
        return batch.schema.fields.map(({ type }) => `${type}`)
      return []
    }
    await using left = await offlineFixture(openDuckdbOfflineStore, { coerceTzAware: false })
    expect((await typesIn(fixture)).slice(1)).toEqual(['Timestamp<MICROSECOND, UTC>', 'Timestamp<MICROSECOND, UTC>'])
    expect((await typesIn(left)).slice(1)).toEqual(['Timestamp<MICROSECOND, UTC>', 'Timestamp<MICROSECOND>'])
  })

  it('must be times', async () => {
    const rows = rowsKind(
      { driver_id: 2n, event_timestamp: '2024-03-01' },
      { driver_id: 2n, event_timestamp: 'yesterday' },
    )
    await expect(rowsOf(job(rows).batches())).rejects.toMatchObject({
      code: 'FTS4009',
      message: '"event_timestamp" of entity row 1 is "yesterday", which is not a time.',
    })
  })

  it('are the only column of times when none is called event_timestamp', async () => {
    const one = job(rowsKind({ driver_id: 2n, seen_at: noon }))
    expect(await one.entityColumns()).toEqual({ names: ['driver_id', 'seen_at'], timestamp: 'seen_at' })
    expect(await rowsOf(one.batches())).toEqual([{ driver_id: 2n, seen_at: noon, trips: 20n }])
  })

  it.each<[string, FeatureRow]>([
    ['none', { driver_id: 2n, seen: 'noon' }],
    ['several', { driver_id: 2n, seen_at: noon, left_at: noon }],
    ['one of another type', { driver_id: 2n, event_timestamp: 5n }],
  ])('are an error when the columns of times are %s', async (_, row) => {
    await expect(job(rowsKind(row)).entityColumns()).rejects.toMatchObject({ code: 'FTS4008' })
  })
})

describe('retrieval', () => {
  it('keeps the nulls of the latest row and hides rows by age and, when asked, by created time', async () => {
    const rows = rowsKind({ driver_id: 1n, event_timestamp: at('2024-03-01T11:01') })
    expect((await rowsOf(job(rows).batches()))[0]?.trips).toBeNull()
    const filtered = job(rows, [view()], { filterByCreated: true })
    expect((await rowsOf(filtered.batches()))[0]?.trips).toBe(10n)
    const young = job(rows, [view({ ttl: hours(1) })], { filterByCreated: true })
    expect((await rowsOf(young.batches()))[0]?.trips).toBeNull()
  })

  it('takes names with quotes, other scripts, reserved words and differences of case only', async () => {
    const source = await fixture.source('odd "names".parquet', [
      { 'se"lect': 1n, event_timestamp: at('2024-03-01'), 'Größe; --': 'a', from: 1n },
    ])
    const odd = view({
      name: 'odd"view',
      source,
      keys: [{ sourceColumn: 'se"lect', entityColumn: 'Group' }],
      createdColumn: null,
      features: [
        { sourceColumn: 'Größe; --', output: "o'utput" },
        { sourceColumn: 'from', output: 'group' },
      ],
    })
    const found = await rowsOf(job(rowsKind({ Group: 1n, event_timestamp: noon, GROUP: 2n }), [odd]).batches())
    expect(found).toEqual([{ Group: 1n, event_timestamp: noon, GROUP: 2n, "o'utput": 'a', group: 1n }])
    await expect(
      job(rowsKind({ Group: 1n, event_timestamp: noon }), [odd]).toParquet(join(fixture.folder, 'x.parquet')),
    ).rejects.toMatchObject({ code: 'FTS4016' })
  })

  it('reads a folder and a glob, and breaks ties by file name, then row', async () => {
    const event_timestamp = at('2024-03-01')
    await fixture.source('many/b.parquet', [{ driver_id: 1n, event_timestamp, trips: 2n }])
    await fixture.source('many/a.parquet', [
      { driver_id: 1n, event_timestamp, trips: 1n },
      { driver_id: 1n, event_timestamp, trips: 3n },
    ])
    for (const path of ['many', 'many/*.parquet', `file://${fixture.folder}/many`]) {
      const one = job(rowsKind({ driver_id: 1n, event_timestamp: noon }), [
        view({ source: fileSourceAt(path), createdColumn: null }),
      ])
      expect((await rowsOf(one.batches()))[0]?.trips).toBe(2n)
    }
  })

  it('is written to Parquet without passing through JavaScript', async () => {
    const path = join(fixture.folder, 'out', 'training.parquet')
    expect(await job(rowsKind({ driver_id: 2n, event_timestamp: noon })).toParquet(path)).toEqual({ rows: 1 })
    const again = job({ kind: 'file', path }, [])
    expect(await rowsOf(again.batches())).toEqual([{ driver_id: 2n, event_timestamp: noon, trips: 20n }])
  })

  it('shows the text that runs and the plan of each view with its numbers', async () => {
    const one = job(rowsKind({ driver_id: 2n, event_timestamp: noon }))
    expect(await one.toSql()).toContain('ORDER BY e."r"')
    expect(await one.explain()).toMatch(
      /^driver_stats: carry \(hash join, .*; 3 source rows at about \d+ per key; 1 entity rows/,
    )
  })

  it('runs several jobs at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, minute) =>
        rowsOf(job(rowsKind({ driver_id: 2n, event_timestamp: at(`2024-03-01T12:0${minute}`) })).batches()),
      ),
    )
    expect(results.map(([row]) => row?.event_timestamp?.toString())).toEqual(
      [0, 1, 2, 3, 4, 5].map((minute) => `2024-03-01T12:0${minute}:00Z`),
    )
  })

  it('stops with the reason of an abort', async () => {
    const abort = new AbortController()
    abort.abort(new Error('changed my mind'))
    const rows = rowsKind({ driver_id: 2n, event_timestamp: noon })
    await expect(rowsOf(job(rows).batches(abort.signal))).rejects.toThrow('changed my mind')
  })
})

describe('faults of a request', () => {
  const rows = rowsKind({ driver_id: 2n, event_timestamp: noon })

  it.each<[string, string, EntityRows, Partial<ViewJoin>]>([
    ['a missing key column', 'FTS4001', rowsKind({ driver: 2n, event_timestamp: noon }), {}],
    ['a missing file', 'FTS4002', rows, { source: fileSourceAt('stat.parquet') }],
    ['a missing source column', 'FTS4004', rows, { features: [{ sourceColumn: 'trip', output: 'trip' }] }],
    [
      'a source of another store',
      'FTS4006',
      rows,
      { source: { ...fileSourceAt('x'), kind: 'bigquery', table: 't', query: '', options: {} } as never },
    ],
    ['a text against a number', 'FTS4007', rowsKind({ driver_id: '2', event_timestamp: noon }), {}],
    ['object storage', 'FTS4017', rows, { source: fileSourceAt('s3://bucket/stats.parquet') }],
    ['a timestamp column that is none', 'FTS4018', rows, { timestampColumn: 'trips' }],
    [
      'an entity column named like a feature',
      'FTS4505',
      rowsKind({ driver_id: 2n, event_timestamp: noon, trips: 1n }),
      {},
    ],
  ])('%s is %s', async (_, code, entityRows, changes) => {
    await expect(rowsOf(job(entityRows, [view(changes)]).batches())).rejects.toMatchObject({ code })
  })

  it('name the nearest column and file', async () => {
    await expect(
      rowsOf(job(rows, [view({ features: [{ sourceColumn: 'trip', output: 'x' }] })]).batches()),
    ).rejects.toThrow(
      'The feature view "driver_stats" needs the column "trip", which the data source "stats" does not have. Did you mean "trips"?',
    )
    await expect(rowsOf(job(rows, [view({ source: fileSourceAt('stat.parquet') })]).batches())).rejects.toThrow(
      'Did you mean "stats.parquet"?',
    )
  })

  it('a file that is not Parquet is FTS4003', async () => {
    await writeFile(join(fixture.folder, 'text.parquet'), 'this is no Parquet file at all')
    await expect(rowsOf(job(rows, [view({ source: fileSourceAt('text.parquet') })]).batches())).rejects.toMatchObject({
      code: 'FTS4003',
    })
  })

  it('a key of another width of integer is none', async () => {
    const { makeData, Int32, RecordBatch, Schema, Struct, Field, Table, TimestampMicrosecond } = await import(
      'apache-arrow'
    )
    const children = [
      makeData({ type: new Int32(), length: 1, nullCount: 0, data: Int32Array.of(2) }),
      makeData({
        type: new TimestampMicrosecond('UTC'),
        length: 1,
        nullCount: 0,
        data: BigInt64Array.of(noon.epochMicros),
      }),
    ]
    const schema = new Schema([
      new Field('driver_id', new Int32(), true),
      new Field('event_timestamp', new TimestampMicrosecond('UTC'), true),
    ])
    const batch = new RecordBatch(
      schema,
      makeData({ type: new Struct(schema.fields), length: 1, nullCount: 0, children }),
    )
    expect(await rowsOf(job({ kind: 'table', table: new Table([batch]) }).batches())).toEqual([
      { driver_id: 2, event_timestamp: noon, trips: 20n },
    ])
  })
})
