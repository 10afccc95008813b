import { resolve } from 'node:path'
import { tableFromArrays } from 'apache-arrow'
import { expect, test } from 'vitest'
import { Instant } from '../base/instant.ts'
import { plainField } from '../model/field.ts'
import type { ResolvedFeatures } from '../registry/resolved-features.ts'
import { float64, int64 } from '../types/data-type.ts'
import { type EntityInput, toEntityRows } from './entity-rows.ts'

const resolved = {
  views: [{ joinKeys: [{ key: 'driver_id', column: 'who', field: plainField('driver_id', int64) }] }],
  onDemandViews: [],
  requestFields: [plainField('distance', float64)],
  outputs: [],
} as unknown as ResolvedFeatures

const read = (input: unknown) => toEntityRows(input as EntityInput, resolved)

test('keys and request values take their declared types, times become instants, the rest stays', async () => {
  const at = Instant.parse('2024-03-01T12:00:00Z')
  expect(
    await read([
      { who: 7, distance: 2, event_timestamp: '2024-03-01 12:00:00', label: 1, seen: new Date(0) },
      { who: null, distance: null, event_timestamp: new Date('2024-03-01T12:00:00Z'), label: undefined, seen: null },
    ]),
  ).toEqual({
    kind: 'rows',
    rows: [
      { who: 7n, distance: 2, event_timestamp: at, label: 1, seen: Instant.fromEpochMicros(0n) },
      { who: null, distance: null, event_timestamp: at, label: null, seen: null },
    ],
  })
})

test('rows that lack a column have null there', async () => {
  expect(await read([{ who: 1n }, { who: 2n, label: 'x' }])).toEqual({
    kind: 'rows',
    rows: [
      { who: 1n, label: null },
      { who: 2n, label: 'x' },
    ],
  })
})

test('no rows still have the columns that the request needs', async () => {
  const rows = await read([])
  if (rows.kind !== 'table') throw new Error(rows.kind)
  expect(rows.table.schema.fields.map((field) => field.name)).toEqual(['event_timestamp', 'who', 'distance'])
  expect(rows.table.numRows).toBe(0)
})

test.each([
  ['', 'an empty text'],
  [null, 'null'],
  [{ file: 'rows.parquet' }, 'another object'],
])('%j is refused, not taken for a path or a query', async (input, what) => {
  await expect(read(input)).rejects.toMatchObject({ code: 'FTS4507', message: expect.stringContaining(what) })
})

test('a text is a query when it begins like one, and else a path', async () => {
  expect(await read('SELECT * FROM stats')).toEqual({ kind: 'sql', query: 'SELECT * FROM stats' })
  expect(await read('\n with x as (select 1) from x')).toMatchObject({ kind: 'sql' })
  expect(await read('selected.parquet')).toEqual({ kind: 'file', path: resolve('selected.parquet') })
  expect(await read({ path: 'select me.csv' })).toEqual({ kind: 'file', path: resolve('select me.csv') })
  expect(await read({ path: 's3://bucket/rows.parquet' })).toEqual({ kind: 'file', path: 's3://bucket/rows.parquet' })
  expect(await read({ sql: 'FROM stats' })).toEqual({ kind: 'sql', query: 'FROM stats' })
})

test('an Arrow table is taken as it is', async () => {
  const table = tableFromArrays({ who: [1] })
  expect(await read(table)).toEqual({ kind: 'table', table })
})

test.each<[string, unknown, string, string]>([
  ['a key of another type', [{ who: 'seven' }], 'FTS4508', '"who" of entity row 0 is Int64, and "seven" is not.'],
  ['a key that is not whole', [{ who: 1.5 }], 'FTS4508', '"who" of entity row 0 is Int64, and 1.5 is not.'],
  ['a time that is none', [{ event_timestamp: 'noon' }], 'FTS4503', '"noon" is not a time.'],
  ['a row that is no object', [7], 'FTS4507', 'Entity row 0 is a number, not an object.'],
  [
    'a number',
    7,
    'FTS4507',
    'Entity rows are an array of objects, an Arrow table, a path or a query; this is a number.',
  ],
])('%s is refused', async (_, input, code, message) => {
  await expect(read(input)).rejects.toMatchObject({ code, message })
})
