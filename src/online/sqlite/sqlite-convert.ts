import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LayoutConversion, OnlineTable } from '../../plugin/online-store.ts'
import { nameHash, nameHashes, unpackRow } from '../online-common/packed-row.ts'
import { quoteIdentifier, tableName } from '../sql-common/identifiers.ts'
import type { SqliteConfig } from './sqlite-config.ts'
import type { SqliteConnection } from './sqlite-driver.ts'
import { derivedColumns } from './sqlite-layout.ts'
import { putBlob, seconds, setState, storedRow, tableStates } from './sqlite-packed.ts'

/** Keys per transaction: others write in between. */
const keysPerBatch = 500

/**
 * Brings tables to the configured layout. While it runs a table is marked as mixed, so that all processes read both
 * kinds of rows; they write blobs, which a conversion back turns into rows before it takes the mark off.
 * @throws FTS5040 before anything is changed; FTS5010 for a table that is not there.
 */
export async function convertTables(
  connection: SqliteConnection,
  config: SqliteConfig,
  tables: readonly OnlineTable[],
  signal?: AbortSignal,
): Promise<LayoutConversion> {
  const { layout } = config
  if (layout === 'packed') for (const table of tables) nameHashes(table.features.map((feature) => feature.name))
  let converted = 0
  for (const table of tables) {
    converted += await convertTable(connection, config, table, signal)
  }
  return { layout, converted }
}

async function convertTable(
  connection: SqliteConnection,
  config: SqliteConfig,
  table: OnlineTable,
  signal: AbortSignal | undefined,
): Promise<number> {
  const name = tableName(table)
  const wanted = config.layout === 'packed' ? 'packed' : undefined
  const state = await connection.transaction('read', () => tableStates(connection).get(name), signal)
  if (state === wanted) return 0
  await connection.transaction('write', () => setState(connection, name, 'mixed'), signal)
  const some = (after: Uint8Array): ConvertedBatch =>
    wanted === 'packed'
      ? packSome(connection, table, after, keysPerBatch)
      : unpackSome(connection, config, table, after, keysPerBatch)
  let converted = 0
  let after: Uint8Array | null = new Uint8Array(0)
  let isDone = false
  while (!isDone) {
    while (after !== null) {
      const from: Uint8Array = after
      const batch = await connection.transaction('write', () => some(from), signal)
      converted += batch.keys
      after = batch.last
      await nextTurn()
    }
    // Keys that came in behind the conversion send it round once more.
    isDone = await connection.transaction('write', () => finish(connection, name, wanted ?? null), signal)
    after = new Uint8Array(0)
  }
  return converted
}

/** Takes the mark off when no key is left in the other layout. */
function finish(connection: SqliteConnection, name: string, state: 'packed' | null): boolean {
  const other = state === 'packed' ? "feature_name <> ''" : "feature_name = ''"
  const left = connection.prepare(`SELECT 1 FROM ${quoteIdentifier(name)} WHERE ${other} LIMIT 1`).get()
  if (left === undefined) setState(connection, name, state)
  return left === undefined
}

/** How far a conversion came: the last key of a batch, or null when there was none left. */
interface ConvertedBatch {
  readonly keys: number
  readonly last: Uint8Array | null
}

/** Packs Feast's rows of up to `limit` keys after a key. In a write transaction. */
function packSome(connection: SqliteConnection, table: OnlineTable, after: Uint8Array, limit: number): ConvertedBatch {
  const name = quoteIdentifier(tableName(table))
  const keys = connection
    .prepare(
      `SELECT DISTINCT entity_key FROM ${name} WHERE entity_key > ? AND feature_name <> '' ORDER BY entity_key LIMIT ?`,
    )
    .all(after, limit) as unknown as readonly (readonly [Uint8Array])[]
  for (const [key] of keys) {
    const stored = storedRow(connection, name, key)
    if (stored !== undefined) putBlob(connection, name, key, stored.row, true)
  }
  return { keys: keys.length, last: keys.at(-1)?.[0] ?? null }
}

/**
 * Makes Feast's rows of the blobs of up to `limit` keys after a key. In a write transaction. A blob says only the hashes
 * of its features: what the view no longer has is dropped.
 */
function unpackSome(
  connection: SqliteConnection,
  config: SqliteConfig,
  table: OnlineTable,
  after: Uint8Array,
  limit: number,
): ConvertedBatch {
  const name = quoteIdentifier(tableName(table))
  const found = connection
    .prepare(
      `SELECT entity_key, value FROM ${name} WHERE entity_key > ? AND feature_name = '' ORDER BY entity_key LIMIT ?`,
    )
    .all(after, limit) as unknown as readonly (readonly [Uint8Array, Uint8Array])[]
  const remove = connection.prepare(`DELETE FROM ${name} WHERE entity_key = ? AND feature_name = ''`)
  const derived = derivedColumns(config)
  const columns = [
    'entity_key',
    'feature_name',
    'event_ts',
    'created_ts',
    'value',
    ...derived.map(([column]) => column),
  ]
  const insert = connection.prepare(
    `INSERT OR REPLACE INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  )
  for (const [key, blob] of found) {
    remove.run(key)
    const { eventMicros, createdMicros, values } = unpackRow(blob)
    for (const feature of table.features) {
      const value = values.get(nameHash(feature.name))
      if (value === undefined) continue
      const more = derived.map(([, of]) => of(value))
      insert.run(key, feature.name, Number(eventMicros / 1_000_000n), seconds(createdMicros), value, ...more)
    }
  }
  return { keys: found.length, last: found.at(-1)?.[0] ?? null }
}
