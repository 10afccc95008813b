import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { plainField } from '../../model/field.ts'
import { CellBlock, cellBytes, eventMicrosOf } from '../../plugin/online-cells.ts'
import type { OnlineStore, OnlineTable, OnlineWrite } from '../../plugin/online-store.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { array, type DataType, float32, int64, string } from '../../types/data-type.ts'
import { serializeEntityKey } from '../../types/entity-key.ts'
import type { FeatureValue } from '../../types/feature-value.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { openSqliteOnlineStore } from './sqlite-online-store.ts'

let folder: string
let stores: OnlineStore[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'feast-sqlite-'))
  stores = []
})

afterEach(async () => {
  for (const store of stores) await store.close()
  rmSync(folder, { recursive: true })
})

async function open(options: Readonly<Record<string, unknown>> = {}): Promise<OnlineStore> {
  const config = { type: 'sqlite', options: { path: 'data/deep/online.db', ...options } }
  const store = await openSqliteOnlineStore(testStoreOptions(config, folder))
  stores.push(store)
  return store
}

function table(view: string, features: Readonly<Record<string, DataType>> = { f: string }, project = 'p'): OnlineTable {
  const fields = Object.entries(features).map(([name, type]) => plainField(name, type))
  return { project, view, version: null, joinKeys: ['id'], features: fields }
}

const keyOf = (id: bigint): Uint8Array => serializeEntityKey(['id'], [{ kind: 'int64', value: id }], 3)

function oneRow(of: OnlineTable, values: readonly FeatureValue[], eventMicros = 0n): OnlineWrite {
  const encoded = of.features.map(({ type }, index) => [encodeValue(values[index] ?? null, type)])
  return { table: of, entityKeys: [keyOf(1n)], values: encoded, eventMicros: [eventMicros], createdMicros: [null] }
}

function query(sql: string): unknown[] {
  const database = new DatabaseSync(join(folder, 'data/deep/online.db'))
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

const golden = (name: string): string => join(import.meta.dirname, '../../../test/goldens/wire/sqlite', name)

it('makes the tables and indexes that Feast makes, blank for blank', async () => {
  const expected: { readonly ddl: readonly string[] } = JSON.parse(
    readFileSync(golden('local_template/online_store.json'), 'utf8'),
  )
  const views = ['driver_hourly_stats', 'driver_hourly_stats_fresh', 'driver_quality_labels']
  const store = await open()
  await store.update({ keep: views.map((view) => table(view, { f: string }, 'local_template')), drop: [] })
  const made = query('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid')
  expect(made).toEqual(expected.ddl.map((sql) => ({ sql })))
})

it('adds the columns that files of older versions lack, and keeps their rows', async () => {
  const store = await open()
  await store.update({ keep: [table('other')], drop: [] })
  query(
    'CREATE TABLE p_old (entity_key BLOB, feature_name TEXT, value BLOB, event_ts timestamp, created_ts timestamp, PRIMARY KEY(entity_key, feature_name))',
  )
  query(`INSERT INTO p_old VALUES (x'${Buffer.from(keyOf(1n)).toString('hex')}', 'f', x'120161', 5, NULL)`)
  const old = table('old')
  await store.update({ keep: [old], drop: [] })
  const [before] = await store.read([{ table: old, features: ['f'], entityKeys: [keyOf(1n)] }])
  expect(before === undefined ? null : [cellBytes(before, 0, 0), eventMicrosOf(before, 0)]).toEqual([
    encodeValue('a', string),
    5_000_000n,
  ])
  await store.write(oneRow(old, ['b'], 6_000_000n))
  expect(query('SELECT value_text, vector_value, event_ts FROM p_old')).toEqual([
    { value_text: 'b', vector_value: null, event_ts: 6 },
  ])
})

it('never deletes the file or what another project keeps in it', async () => {
  const store = await open()
  const [ours, theirs] = [table('v', { f: string }, 'ours'), table('v', { f: string }, 'theirs')]
  await store.update({ keep: [ours, theirs], drop: [] })
  await store.write(oneRow(theirs, ['kept']))
  await store.teardown([ours])
  expect(query("SELECT name FROM sqlite_master WHERE type = 'table'")).toEqual([{ name: 'theirs_v' }])
  expect(query('SELECT value_text FROM theirs_v')).toEqual([{ value_text: 'kept' }])
})

it('leaves the journal as it found it', async () => {
  const store = await open()
  await store.update({ keep: [table('v')], drop: [] })
  await store.write(oneRow(table('v'), ['x']))
  expect(query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'delete' }])
  query('PRAGMA journal_mode = wal')
  await store.write(oneRow(table('v'), ['y']))
  expect(query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }])
})

it('stores whole seconds, cut off, as integers', async () => {
  const store = await open()
  const view = table('v')
  await store.update({ keep: [view], drop: [] })
  await store.write({ ...oneRow(view, ['x'], 1_709_294_400_999_999n), createdMicros: [1_709_294_401_000_001n] })
  expect(query('SELECT event_ts, created_ts, typeof(event_ts) AS type FROM p_v')).toEqual([
    { event_ts: 1_709_294_400, created_ts: 1_709_294_401, type: 'integer' },
  ])
})

it('fills value_num and vector_value only when the configuration asks for them', async () => {
  const view = table('v', { n: int64, vector: array(float32), text: string })
  const store = await open({ enable_openai_compatible_store: true, vector_enabled: true })
  await store.update({ keep: [view], drop: [] })
  await store.write(oneRow(view, [7n, [0.5, -2], 'x']))
  const rows = query('SELECT feature_name, value_text, value_num, hex(vector_value) AS vector FROM p_v ORDER BY 1')
  expect(rows).toEqual([
    { feature_name: 'n', value_text: '7', value_num: 7, vector: '' },
    { feature_name: 'text', value_text: 'x', value_num: null, vector: '' },
    { feature_name: 'vector', value_text: null, value_num: null, vector: '0000003F000000C0' },
  ])
})

it('says that apply is missing when a view has no table', async () => {
  const store = await open()
  const read = store.read([{ table: table('v'), features: ['f'], entityKeys: [keyOf(1n)] }])
  await expect(read).rejects.toMatchObject({ code: 'FTS5010', hint: 'run `feast apply`' })
})

it('says so when the file is no database', async () => {
  writeFileSync(join(folder, 'online.db'), 'this is no database, but long enough to look like one'.repeat(100))
  const store = await open({ path: 'online.db' })
  await expect(store.update({ keep: [table('v')], drop: [] })).rejects.toMatchObject({ code: 'FTS5013' })
})

it('waits for the lock of another program', async () => {
  const store = await open()
  const view = table('v')
  await store.update({ keep: [view], drop: [] })
  const other = new DatabaseSync(join(folder, 'data/deep/online.db'))
  other.exec('BEGIN IMMEDIATE')
  const written = store.write(oneRow(view, ['x']))
  setTimeout(() => {
    other.exec('COMMIT')
    other.close()
  }, 150)
  await expect(written).resolves.toEqual({ written: 1, stale: 0 })
})

it('gives up waiting for a lock when it is cancelled', async () => {
  const store = await open()
  const view = table('v')
  await store.update({ keep: [view], drop: [] })
  const other = new DatabaseSync(join(folder, 'data/deep/online.db'))
  other.exec('BEGIN IMMEDIATE')
  await expect(store.write(oneRow(view, ['x']), AbortSignal.timeout(100))).rejects.toThrow(/abort/i)
  other.exec('ROLLBACK')
  other.close()
})

it('lists its tables as Feast records them', async () => {
  const store = await open()
  expect(store.infrastructure([{ ...table('v'), version: 2 }])).toEqual([
    {
      classType: 'feast.infra.online_stores.sqlite.SqliteTable',
      name: 'p_v_v2',
      location: join(folder, 'data/deep/online.db'),
    },
  ])
})

interface GoldenRow {
  readonly entity_key_hex: string
  readonly feature_name: string
  readonly value_b64: string
  readonly value_text: string | null
  readonly event_ts: number
  readonly created_ts: number | null
}

it.each(['all_types', 'local_template'])('reads and re-writes every row of the file of %s', async (name) => {
  const expected: { readonly tables: Readonly<Record<string, readonly GoldenRow[]>> } = JSON.parse(
    readFileSync(golden(`${name}/online_store.json`), 'utf8'),
  )
  copyFileSync(golden(`${name}/data/online_store.db`), join(folder, 'golden.db'))
  const store = await open({ path: 'golden.db' })
  const copy = await open()
  let rowsSeen = 0
  for (const [tableName, rows] of Object.entries(expected.tables)) {
    const [, project = '', view = ''] = /^(wire_main|local_template)_(.*)$/.exec(tableName) ?? []
    const features = [...new Set(rows.map((row) => row.feature_name))]
    const of = table(view, Object.fromEntries(features.map((feature) => [feature, string])), project)
    const keys = [...new Set(rows.map((row) => row.entity_key_hex))]
    const entityKeys = keys.map((key) => new Uint8Array(Buffer.from(key, 'hex')))
    const [cells = new CellBlock(0, 0)] = await store.read([{ table: of, features, entityKeys }])
    for (const row of rows) {
      rowsSeen++
      const at = keys.indexOf(row.entity_key_hex)
      const value = cellBytes(cells, at, features.indexOf(row.feature_name))
      expect(Buffer.from(value ?? []).toString('base64'), row.feature_name).toBe(row.value_b64)
      expect(eventMicrosOf(cells, at)).toBe(BigInt(row.event_ts) * 1_000_000n)
    }
    await copy.update({ keep: [of], drop: [] })
    const created = keys.map((key) => rows.find((row) => row.entity_key_hex === key)?.created_ts ?? null)
    await copy.write({
      table: of,
      entityKeys,
      values: features.map((_, feature) => keys.map((_, at) => cellBytes(cells, at, feature) ?? new Uint8Array(0))),
      eventMicros: keys.map((_, at) => eventMicrosOf(cells, at) ?? 0n),
      createdMicros: created.map((seconds) => (seconds === null ? null : BigInt(seconds) * 1_000_000n)),
    })
    const select = 'lower(hex(entity_key)) AS entity_key_hex, feature_name, value_text, event_ts, created_ts'
    const written = query(`SELECT ${select} FROM "${tableName}" ORDER BY 1, 2`)
    const wanted = rows.map(({ entity_key_hex, feature_name, value_text, event_ts, created_ts }) => {
      return { entity_key_hex, feature_name, value_text, event_ts, created_ts }
    })
    expect(written).toEqual(wanted.toSorted((a, b) => (keyText(a) < keyText(b) ? -1 : 1)))
  }
  expect(rowsSeen).toBeGreaterThan(0)
})

const keyText = (row: Pick<GoldenRow, 'entity_key_hex' | 'feature_name'>): string =>
  `${row.entity_key_hex} ${row.feature_name}`
