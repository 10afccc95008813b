import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadSqlite } from '../../base/node-sqlite.ts'
import { plainField } from '../../model/field.ts'
import { cellBytes, eventMicrosOf, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineTable } from '../../plugin/online-store.ts'
import { int64 } from '../../types/data-type.ts'
import { SqliteConnection } from './sqlite-driver.ts'
import { createStatements } from './sqlite-layout.ts'
import { readCells } from './sqlite-read.ts'

const folder = mkdtempSync(join(tmpdir(), 'feast-sqlite-read-'))
afterAll(() => rmSync(folder, { recursive: true }))

const names = ['a', 'ab', 'ż:;"', 'b', 'd']
const table: OnlineTable = {
  project: 'p',
  view: 'v',
  version: null,
  joinKeys: ['id'],
  features: names.map((name) => plainField(name, int64)),
}
const key = Buffer.from('key')

let number = 0

/** What is read of rows that another program wrote. */
function readBack(
  rows: readonly (readonly [name: string, value: Uint8Array | null, event: string | number | null])[],
  features: readonly string[] = names,
  encoding = 'UTF-8',
): OnlineCells {
  const path = join(folder, `${number++}.db`)
  const database = new (loadSqlite().DatabaseSync)(path)
  database.exec(`PRAGMA encoding = '${encoding}'`)
  for (const sql of createStatements('p_v', false)) database.exec(sql)
  const insert = database.prepare('INSERT INTO p_v (entity_key, feature_name, value, event_ts) VALUES (?, ?, ?, ?)')
  for (const [name, value, event] of rows) insert.run(key, name, value, event)
  database.close()
  const connection = new SqliteConnection(path)
  try {
    return readCells(connection, { table, features, entityKeys: [Buffer.from('no key'), key] })
  } finally {
    connection.close()
  }
}

const valuesOf = (cells: OnlineCells): readonly (string | null)[] =>
  Array.from({ length: cells.featureCount }, (_, feature) => {
    const bytes = cellBytes(cells, 1, feature)
    return bytes && Buffer.from(bytes).toString('hex')
  })

test('values come in the order of the features asked for, whatever bytes they hold', () => {
  const cells = readBack([
    ['ż:;"', Uint8Array.of(0, 0x3a, 0x3b, 0xff), 7],
    ['a', Uint8Array.of(0x20, 1), 7],
    ['gone from the view', Uint8Array.of(1, 2, 3), 9],
    ['ab', null, 7],
    ['b', new Uint8Array(300).fill(0xc3), 7],
  ])
  expect(valuesOf(cells)).toEqual(['2001', '', '003a3bff', 'c3'.repeat(300), null])
  expect(eventMicrosOf(cells, 1)).toBe(7_000_000n)
  expect([cellBytes(cells, 0, 0), eventMicrosOf(cells, 0)]).toEqual([null, null])
})

test('of few features only their rows are looked at', () => {
  const cells = readBack(
    [
      ['a', Uint8Array.of(1), 5],
      ['b', Uint8Array.of(2), 6],
    ],
    ['b'],
  )
  expect([valuesOf(cells), eventMicrosOf(cells, 1)]).toEqual([['02'], 6_000_000n])
})

test.each([
  [[5, 9, 7], 9_000_000n],
  [[-5, -9, -7], -5_000_000n],
  [['2024-03-01 12:00:00.250000', 5, null], 1_709_294_400_250_000n],
  [[null, 'no time', 3], 3_000_000n],
  [[1.5, 1, 1], 1_500_000n],
  [[null, null, null], null],
])('of events at %o the row has the latest, %s', (times, micros) => {
  const cells = readBack(times.map((time, at) => [names[at] ?? '', Uint8Array.of(at), time]))
  expect(eventMicrosOf(cells, 1)).toBe(micros)
  expect(valuesOf(cells)).toEqual(['00', '01', '02', null, null])
})

test('a file whose text is not UTF-8 is refused, not misread', () => {
  expect(() => readBack([['a', Uint8Array.of(1), 5]], ['a'], 'UTF-16')).toThrow(
    expect.objectContaining({ code: 'FTS5013' }),
  )
})
