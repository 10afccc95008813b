import type { OnlineCells } from '../../plugin/online-cells.ts'
import { CellBlock } from '../../plugin/online-cells.ts'
import type { OnlineRead, OnlineWrite, OnlineWriteSummary } from '../../plugin/online-store.ts'
import { lastRows, newestRows } from '../online-common/newest-rows.ts'
import {
  nameHash,
  nameHashes,
  type PackedRow,
  packedRowReader,
  packRow,
  unpackRow,
} from '../online-common/packed-row.ts'
import { quoteIdentifier, quoteText, tableName } from '../sql-common/identifiers.ts'
import type { SqliteConnection } from './sqlite-driver.ts'
import { microsOf, type StoredTime } from './sqlite-times.ts'

/**
 * The packed layout in SQLite. A key's blob is a row of Feast's own table, under the empty feature name, which no feature
 * has; so a key changes its layout in one transaction, and both can be read. A table of our own says which tables may
 * have such rows.
 */

/** What a table is made of: Feast's rows (no state), blobs, or both while it is being converted. */
export type TableState = 'packed' | 'mixed'

const statesTable = 'feast_ts_layouts'

/** Statements that must have run before a table can have a state. */
export const makeStates = `CREATE TABLE IF NOT EXISTS ${statesTable} (table_name TEXT PRIMARY KEY, state TEXT NOT NULL)`

/** The state of each table that has one. Within a transaction, so that nobody changes it meanwhile. */
export function tableStates(connection: SqliteConnection): ReadonlyMap<string, TableState> {
  const exists = connection.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '${statesTable}'`)
  if (exists.get() === undefined) return noStates
  const rows = connection.prepare(`SELECT table_name, state FROM ${statesTable}`).all()
  return new Map(rows as unknown as readonly (readonly [string, TableState])[])
}

const noStates: ReadonlyMap<string, TableState> = new Map()

/** Null for a table of Feast's rows alone. In a write transaction. */
export function setState(connection: SqliteConnection, table: string, state: TableState | null): void {
  connection.execute(makeStates)
  if (state === null) connection.execute(forgetState(table))
  else connection.prepare(`INSERT OR REPLACE INTO ${statesTable} VALUES (?, ?)`).run(table, state)
}

export const forgetState = (table: string): string =>
  `DELETE FROM ${statesTable} WHERE table_name = ${quoteText(table)}`

/** A new table that is packed from the start. */
export const rememberPacked = (table: string): string =>
  `INSERT OR REPLACE INTO ${statesTable} VALUES (${quoteText(table)}, 'packed')`

/** Reads keys of a table that may have blobs. */
export function readPacked(connection: SqliteConnection, read: OnlineRead, state: TableState): OnlineCells {
  const cells = new CellBlock(read.entityKeys.length, read.features.length)
  const place = packedRowReader(read.features)
  const table = quoteIdentifier(tableName(read.table))
  if (state === 'packed') {
    const blob = connection.prepare(`SELECT value FROM ${table} WHERE entity_key = ? AND feature_name = ''`)
    for (const [row, key] of read.entityKeys.entries()) {
      const found = blob.get(key) as unknown as readonly [Uint8Array] | undefined
      if (found !== undefined) place(cells, row, found[0])
    }
    return cells
  }
  for (const [row, key] of read.entityKeys.entries()) {
    const stored = storedRow(connection, table, key)
    if (stored !== undefined) place(cells, row, packRow(stored.row))
  }
  return cells
}

/** Writes a batch as blobs, in one transaction. What a key had in Feast's rows goes into its blob. */
export function writePacked(connection: SqliteConnection, batch: OnlineWrite): OnlineWriteSummary {
  const hashes = nameHashes(batch.table.features.map((feature) => feature.name))
  const table = quoteIdentifier(tableName(batch.table))
  const rows = batch.feastOrder === true ? lastRows(batch) : newestRows(batch)
  let written = 0
  for (const row of rows) {
    const key = batch.entityKeys[row] ?? noBytes
    const stored = storedRow(connection, table, key)
    const eventMicros = batch.eventMicros[row] ?? 0n
    const createdMicros = batch.createdMicros[row] ?? null
    if (stored !== undefined && batch.feastOrder !== true && isNewer(stored.row, eventMicros, createdMicros)) continue
    const values = new Map(stored?.row.values)
    for (const [feature, hash] of hashes.entries()) values.set(hash, batch.values[feature]?.[row] ?? noBytes)
    putBlob(connection, table, key, { eventMicros, createdMicros, values }, stored?.isLoose === true)
    written++
  }
  return { written, stale: rows.length - written }
}

const noBytes = new Uint8Array(0)

/** Whether what is stored must stay: a later event, or the same one and a later creation. */
function isNewer(stored: PackedRow, eventMicros: bigint, createdMicros: bigint | null): boolean {
  if (stored.eventMicros !== eventMicros) return stored.eventMicros > eventMicros
  if (stored.createdMicros === null) return false
  return createdMicros === null || stored.createdMicros > createdMicros
}

interface StoredKey {
  readonly row: PackedRow
  /** Some of it lies in Feast's rows. */
  readonly isLoose: boolean
}

/** All that is stored for a key, in whatever layout. */
export function storedRow(connection: SqliteConnection, table: string, key: Uint8Array): StoredKey | undefined {
  const select = connection.prepare(
    `SELECT feature_name, value, event_ts, created_ts FROM ${table} WHERE entity_key = ?`,
  )
  const rows = select.all(key) as unknown as readonly LooseRow[]
  if (rows.length === 0) return undefined
  const blob = rows.find(([name]) => name === '')
  const packed = blob?.[1] instanceof Uint8Array ? unpackRow(blob[1]) : undefined
  const loose = rows.filter(([name]) => name !== '')
  if (loose.length === 0) return packed && { row: packed, isLoose: false }
  let eventMicros = packed?.eventMicros ?? null
  let createdMicros = packed?.createdMicros ?? null
  const values = new Map(packed?.values)
  for (const [name, value, event, created] of loose) {
    values.set(nameHash(name), value ?? noBytes)
    const micros = microsOf(event)
    if (micros === null || (eventMicros !== null && micros < eventMicros)) continue
    eventMicros = micros
    createdMicros = microsOf(created)
  }
  return { row: { eventMicros: eventMicros ?? 0n, createdMicros, values }, isLoose: true }
}

type LooseRow = readonly [feature: string, value: Uint8Array | null, event: StoredTime, created: StoredTime]

/** In a write transaction. `clears` takes Feast's rows of the key away. */
export function putBlob(
  connection: SqliteConnection,
  table: string,
  key: Uint8Array,
  row: PackedRow,
  clears: boolean,
): void {
  if (clears) connection.prepare(`DELETE FROM ${table} WHERE entity_key = ?`).run(key)
  connection
    .prepare(
      `INSERT OR REPLACE INTO ${table} (entity_key, feature_name, value, event_ts, created_ts) VALUES (?, '', ?, ?, ?)`,
    )
    .run(key, packRow(row), Number(row.eventMicros / 1_000_000n), seconds(row.createdMicros))
}

export const seconds = (micros: bigint | null): number | null => (micros === null ? null : Number(micros / 1_000_000n))
