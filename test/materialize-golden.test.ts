import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FeatureStore, openStore } from '../src/index.ts'
import { decodeValue } from '../src/types/value-codec.ts'
import { copyWritable } from './goldens-runner/copy-writable.ts'

const repo = mkdtempSync(join(tmpdir(), 'materialize-golden-'))
const views = ['scalars', 'lists', 'sets', 'extras', 'pushed', 'user_item', 'shop_stats', 'global_stats', 'expired']

let store: FeatureStore
let theirs: ReadonlyMap<string, readonly Cell[]>

beforeAll(async () => {
  copyWritable(join(import.meta.dirname, 'goldens/wire/sqlite/all_types'), repo)
  theirs = cellsOf()
  using database = new DatabaseSync(join(repo, 'data/online_store.db'))
  for (const view of views) database.exec(`DELETE FROM "wire_main_${view}"`)
  store = await openStore(repo)
  await store.materialize({ views, start: '2000-01-01T00:00:00Z', end: '2100-01-01T00:00:00Z' })
})

afterAll(async () => {
  await store.close()
  rmSync(repo, { recursive: true, force: true })
})

interface Cell {
  readonly key: string
  readonly feature: string
  readonly value: unknown
  readonly text: unknown
  readonly event: unknown
  readonly created: unknown
}

/** What the tables of the views hold, in order of key and feature. */
function cellsOf(): ReadonlyMap<string, readonly Cell[]> {
  using database = new DatabaseSync(join(repo, 'data/online_store.db'), { readOnly: true })
  const columns = 'hex(entity_key) AS key, feature_name, value, value_text, event_ts, created_ts'
  const read = (view: string): readonly Cell[] =>
    database
      .prepare(`SELECT ${columns} FROM "wire_main_${view}" ORDER BY key, feature_name`)
      .all()
      .map((row) => ({
        key: String(row.key),
        feature: String(row.feature_name),
        value: decodeValue(row.value as Uint8Array),
        text: row.value_text,
        event: row.event_ts,
        created: row.created_ts,
      }))
  return new Map(views.map((view) => [view, read(view)]))
}

/**
 * Where a data frame stands between the file and Feast's store: whole numbers of a column with nulls went through a
 * double, those in structs of such a column stayed one.
 */
const roundedByFeast = (cell: Cell): unknown => {
  if (cell.feature === 'f_int64_n') return { ...cell, value: Number(cell.value), text: Number(cell.text) }
  if (cell.feature !== 'x_struct' || cell.value === null) return cell
  const { a, ...rest } = cell.value as { readonly a: bigint | number }
  return { ...cell, value: { ...rest, a: Number(a) } }
}

test.each(views)('the files of the view %s give the table that real Feast made of them', (view) => {
  const ours = cellsOf().get(view) ?? []
  expect(ours.length).toBeGreaterThan(0)
  expect(ours.map(roundedByFeast)).toEqual(theirs.get(view)?.map(roundedByFeast))
})
