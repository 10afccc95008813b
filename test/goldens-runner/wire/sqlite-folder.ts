import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parse } from 'yaml'
import { Instant } from '../../../src/base/instant.ts'
import type { FeatureView, StreamFeatureView } from '../../../src/model/feature-view.ts'
import type { FeatureStore } from '../../../src/store/feature-store.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { deserializeEntityKey, featureValueOfKey } from '../../../src/types/entity-key.ts'
import type { FeatureRow, FeatureValue } from '../../../src/types/feature-value.ts'
import { valueFromProtoJson } from '../../../src/types/proto-json.ts'
import { decodeValue, valueKind } from '../../../src/types/value-codec.ts'
import { copyWritable } from '../copy-writable.ts'
import { type JsonObject, listOf, objectOf, plainJson, readGoldenJson } from '../golden-json.ts'
import { type Checks, canonical } from '../outcome.ts'
import { judgeRegistry } from './registry-folder.ts'

type StoredView = FeatureView | StreamFeatureView

/** A feature repository whose views were materialized into SQLite by Feast, with dumps of registry and online store. */
export async function judgeSqliteFolder(checks: Checks, folder: string): Promise<void> {
  const repo = mkdtempSync(join(tmpdir(), 'feast-ts-golden-'))
  try {
    copyWritable(folder, repo)
    if (existsSync(join(repo, 'registry.json'))) {
      const bytes = new Uint8Array(readFileSync(join(repo, 'data/registry.db')))
      judgeRegistry(checks, bytes, readGoldenJson(join(repo, 'registry.json')))
    }
    const golden = objectOf(readGoldenJson(join(repo, 'online_store.json')))
    const config = objectOf(parse(readFileSync(join(repo, 'feature_store.yaml'), 'utf8')))
    await using store = await openStore(config, { repoPath: repo, definitions: [] })
    await using copy = await openStore(
      { ...config, online_store: { type: 'sqlite', path: 'data/written.db' } },
      { repoPath: repo, definitions: [] },
    )
    await copy.apply([], { partial: true })
    judgeDefinition(checks, join(repo, 'data/online_store.db'), golden)
    judgeLayout(checks, join(repo, 'data/online_store.db'), join(repo, 'data/written.db'))
    const project = String(config.project)
    const rows = Object.entries(objectOf(golden.tables)).map(([table, dump]) => ({
      view: table.slice(project.length + 1),
      table,
      rows: listOf(dump).map(objectOf),
    }))
    for (const each of rows) {
      judgeRows(checks, join(repo, 'data/online_store.db'), each.table, each.rows)
      const view = await findView(store, each.view)
      if (view === undefined) continue
      await judgeRead(checks, store, view, each.rows)
      await judgeWrite(checks, copy, join(repo, 'data/written.db'), view, each.table, each.rows)
    }
  } finally {
    rmSync(repo, { recursive: true, force: true })
  }
}

async function findView(store: FeatureStore, name: string): Promise<StoredView | undefined> {
  const contents = await store.contents()
  return [...contents.featureViews, ...contents.streamFeatureViews].find((view) => view.name === name)
}

function judgeDefinition(checks: Checks, path: string, golden: JsonObject): void {
  const database = new DatabaseSync(path, { readOnly: true })
  const found = database.prepare('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name').all()
  database.close()
  const texts = (list: readonly unknown[]): string[] => list.map(String).sort()
  checks.equal('tables and indexes', texts(found.map(({ sql }) => sql)), texts(listOf(golden.ddl)))
}

/** The tables that ours makes for the same registry have the columns of Feast's, in order, with types and keys. */
function judgeLayout(checks: Checks, recorded: string, written: string): void {
  const wanted = layoutOf(recorded)
  const ours = layoutOf(written)
  for (const [table, columns] of Object.entries(wanted)) checks.equal(`${table}: layout`, ours[table], columns)
}

function layoutOf(path: string): Readonly<Record<string, unknown>> {
  const database = new DatabaseSync(path, { readOnly: true })
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
  const columns = tables.map(({ name }) => {
    const info = database.prepare(`PRAGMA table_info("${String(name).replaceAll('"', '""')}")`).all()
    return [String(name), info.map((column) => [column.name, column.type, column.pk])]
  })
  database.close()
  return Object.fromEntries(columns)
}

const base64 = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString('base64')

/** What the file holds is what was recorded, and its keys and values decode to what Feast decoded. */
function judgeRows(checks: Checks, path: string, table: string, rows: readonly JsonObject[]): void {
  const stored = readTable(path, table)
  checks.equal(`${table}: number of rows`, stored.length, rows.length)
  for (const row of rows) {
    const label = `${table} ${String(row.entity_key_hex)} ${String(row.feature_name)}`
    const matches = stored.filter(
      ({ entity_key, feature_name }) =>
        Buffer.from(entity_key as Uint8Array).toString('hex') === row.entity_key_hex &&
        feature_name === row.feature_name,
    )
    const [match] = matches
    if (match === undefined || matches.length > 1) {
      checks.fail(label, 'one row', `${matches.length} rows`)
      continue
    }
    const { value, value_text, event_ts, created_ts } = match
    const actual = { value: base64(value), value_text, event_ts, created_ts }
    const expected = {
      value: row.value_b64,
      value_text: row.value_text,
      event_ts: row.event_ts,
      created_ts: row.created_ts,
    }
    checks.equal(label, actual, expected)
    const decoded = valueFromProtoJson(plainJson(row.decoded ?? null))
    const bytes = value as Uint8Array
    checks.equal(`${label} decoded`, { kind: valueKind(bytes), value: decodeValue(bytes) }, decoded)
  }
}

function readTable(path: string, table: string): Record<string, unknown>[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const exists = database.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table) !== undefined
  const rows = exists ? database.prepare(`SELECT * FROM "${table.replaceAll('"', '""')}"`).all() : []
  database.close()
  return rows as Record<string, unknown>[]
}

interface Entity {
  readonly keys: FeatureRow
  readonly rows: readonly JsonObject[]
}

function entitiesOf(rows: readonly JsonObject[]): Entity[] {
  const groups = Object.groupBy(rows, (row) => String(row.entity_key_hex))
  return Object.entries(groups).map(([hex, group]) => {
    const { joinKeys, values } = deserializeEntityKey(Uint8Array.from(Buffer.from(hex, 'hex')))
    const pairs = joinKeys.map((name, index): [string, FeatureValue] => {
      const value = values[index]
      return [name, value === undefined ? null : featureValueOfKey(value)]
    })
    return { keys: Object.fromEntries(pairs), rows: group ?? [] }
  })
}

const dummyKey = '__dummy_id'

/** Reads every entity of a view as a user would, and compares values and event times. */
async function judgeRead(
  checks: Checks,
  store: FeatureStore,
  view: StoredView,
  rows: readonly JsonObject[],
): Promise<void> {
  const entities = entitiesOf(rows)
  if (entities.length === 0) return
  const names = view.features.map((feature) => feature.name)
  await checks.attempt(`${view.name}: read`, 'an answer', async () => {
    const response = await store.getOnlineFeatures({
      features: names.map((name) => `${view.name}:${name}`),
      entities: entities.map(({ keys }) =>
        Object.fromEntries(Object.entries(keys).filter(([name]) => name !== dummyKey)),
      ),
    })
    for (const feature of view.features) {
      const [values, times] = [response.column(feature.name), response.eventTimestamps(feature.name)]
      entities.forEach(({ keys, rows: group }, index) => {
        const row = group.find((each) => each.feature_name === feature.name)
        const bytes = row === undefined ? null : Uint8Array.from(Buffer.from(String(row.value_b64), 'base64'))
        const expected = bytes === null ? null : decodeValue(bytes, feature.type)
        const time = row === undefined ? null : Instant.fromEpochSeconds(Number(row.event_ts))
        checks.equal(
          `${view.name}:${feature.name} of ${canonical(keys)}`,
          { value: values[index], time: times[index] ?? null },
          { value: expected, time },
        )
      })
    }
  })
}

/** Writes every row anew, and compares what then stands in the file with what Feast wrote. */
async function judgeWrite(
  checks: Checks,
  store: FeatureStore,
  path: string,
  view: StoredView,
  table: string,
  rows: readonly JsonObject[],
): Promise<void> {
  const { batchSource } = view
  const timestamp = batchSource?.timestampField ?? ''
  const created = batchSource?.createdTimestampColumn ?? ''
  const entities = entitiesOf(rows).filter(({ rows: group }) => group.some((row) => row.value_b64 !== ''))
  if (timestamp === '' || entities.length === 0) return
  const inputs = entities.map(({ keys, rows: group }) => {
    const values = view.features.map((feature): [string, FeatureValue] => {
      const row = group.find((each) => each.feature_name === feature.name)
      return [
        feature.name,
        decodeValue(Uint8Array.from(Buffer.from(String(row?.value_b64 ?? ''), 'base64')), feature.type),
      ]
    })
    const [first] = group
    return {
      ...keys,
      ...Object.fromEntries(values),
      [timestamp]: Instant.fromEpochSeconds(Number(first?.event_ts)),
      ...(created !== '' && {
        [created]: first?.created_ts === null ? null : Instant.fromEpochSeconds(Number(first?.created_ts)),
      }),
    }
  })
  await checks.attempt(`${view.name}: write`, 'the rows are written', async () => {
    await store.writeToOnlineStore({ view: view.name, rows: inputs })
    const written = readTable(path, table)
    for (const { rows: group } of entities) for (const row of group) judgeWritten(checks, view, table, written, row)
  })
}

function judgeWritten(
  checks: Checks,
  view: StoredView,
  table: string,
  written: readonly Readonly<Record<string, unknown>>[],
  row: JsonObject,
): void {
  const type = view.features.find((feature) => feature.name === row.feature_name)?.type
  const ours = written.find(
    ({ entity_key, feature_name }) =>
      Buffer.from(entity_key as Uint8Array).toString('hex') === row.entity_key_hex && feature_name === row.feature_name,
  )
  const recorded = Uint8Array.from(Buffer.from(String(row.value_b64), 'base64'))
  const content = (bytes: Uint8Array): unknown => ({ kind: valueKind(bytes), value: decodeValue(bytes, type) })
  const parts = (value: Uint8Array, rest: Readonly<Record<string, unknown>>): unknown => {
    const decoded = content(value) as { readonly kind: unknown; readonly value: unknown }
    // A missing time is stored as nothing here and as a stand-in there; both read as null.
    return {
      ...(decoded.value === null ? { value: null } : decoded),
      value_text: rest.value_text ?? null,
      event_ts: rest.event_ts,
      created_ts: rest.created_ts ?? null,
    }
  }
  const label = `${table} ${String(row.entity_key_hex)} ${String(row.feature_name)} written`
  checks.equal(label, ours === undefined ? 'no row' : parts(ours.value as Uint8Array, ours), parts(recorded, row))
  const ordered = !/map|struct|scalar/.test(valueKind(recorded) ?? '')
  const isNull = decodeValue(recorded) === null
  if (ours !== undefined && ordered && !isNull) checks.equal(`${label} bytes`, base64(ours.value), base64(recorded))
}
