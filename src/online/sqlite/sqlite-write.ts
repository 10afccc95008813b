import type { SQLInputValue } from 'node:sqlite'
import type { OnlineTable, OnlineWrite, OnlineWriteSummary } from '../../plugin/online-store.ts'
import { lastRows, newestRows } from '../online-common/newest-rows.ts'
import { quoteIdentifier, quoteText, tableName } from '../sql-common/identifiers.ts'
import type { SqliteConfig } from './sqlite-config.ts'
import type { SqliteConnection } from './sqlite-driver.ts'
import { type DerivedColumn, derivedColumns } from './sqlite-layout.ts'
import { tableStates, writePacked } from './sqlite-packed.ts'

/**
 * Writes a batch in one transaction: one upsert per key with a row per feature, which leaves newer rows alone.
 *
 * A key is written whole or not at all. When the upsert changes some features of a key and not others (a feature is
 * new to the view, or the rows of a key come from different events), the batch is rolled back and done again with a
 * look at each key first. Looking every time would cost half as much again.
 */
export async function writeRows(
  connection: SqliteConnection,
  config: SqliteConfig,
  batch: OnlineWrite,
  signal?: AbortSignal,
): Promise<OnlineWriteSummary> {
  if (batch.table.features.length === 0) return { written: 0, stale: 0 }
  const rows = batch.feastOrder === true ? lastRows(batch) : newestRows(batch)
  const derived = derivedColumns(config)
  return connection.transaction(
    'write',
    () => {
      if (tableStates(connection).has(tableName(batch.table))) return writePacked(connection, batch)
      const summary = upsertRows(connection, batch, rows, derived, false)
      if (summary !== undefined) return summary
      connection.startOver()
      return upsertRows(connection, batch, rows, derived, true) ?? { written: 0, stale: rows.length }
    },
    signal,
  )
}

/** Undefined when a key came out partly written, which cannot be when each is looked at first. */
function upsertRows(
  connection: SqliteConnection,
  batch: OnlineWrite,
  rows: Uint32Array,
  derived: readonly DerivedColumn[],
  looksFirst: boolean,
): OnlineWriteSummary | undefined {
  const upsert = connection.prepare(upsertStatement(batch, derived))
  const newer = looksFirst ? connection.prepare(newerStatement(batch.table)) : null
  const featureCount = batch.table.features.length
  const parameters = new Array<SQLInputValue>(featureCount * (4 + derived.length)).fill(null)
  let written = 0
  for (const row of rows) {
    fillParameters(parameters, batch, row, derived)
    if (newer?.get(...parameters.slice(0, 3)) !== undefined) continue
    const changes = Number(upsert.run(...parameters).changes)
    if (changes === featureCount) written++
    else if (changes !== 0) return undefined
  }
  return { written, stale: rows.length - written }
}

function fillParameters(
  parameters: SQLInputValue[],
  batch: OnlineWrite,
  row: number,
  derived: readonly DerivedColumn[],
): void {
  const key = batch.entityKeys[row] ?? null
  const event = wholeSeconds(batch.eventMicros[row] ?? 0n)
  const createdMicros = batch.createdMicros[row] ?? null
  const created = createdMicros === null ? null : wholeSeconds(createdMicros)
  let at = 0
  for (const column of batch.values) {
    const value = column[row] ?? null
    parameters[at++] = key
    parameters[at++] = event
    parameters[at++] = created
    parameters[at++] = value
    for (const [, of] of derived) parameters[at++] = value === null ? null : of(value)
  }
}

const wholeSeconds = (micros: bigint): number => Number(micros / 1_000_000n)

/** Feast has no such condition. */
const newerCondition = `WHERE t.event_ts IS NULL OR excluded.event_ts > t.event_ts OR (excluded.event_ts = t.event_ts
      AND (t.created_ts IS NULL OR excluded.created_ts >= t.created_ts))`

/**
 * Parameters, again for each feature: key, event, created, value and what is derived from it. They have no numbers,
 * because Node 22 takes a numbered one for a named one and does not bind it by its place; and binding a key for each
 * feature costs less than joining one with the features.
 */
function upsertStatement({ table, feastOrder }: OnlineWrite, derived: readonly DerivedColumn[]): string {
  const all = ['event_ts', 'created_ts', 'value', ...derived.map(([name]) => name)]
  const rows = table.features.map((feature) => `(?, ${quoteText(feature.name)}, ${all.map(() => '?').join(', ')})`)
  return `INSERT INTO ${quoteIdentifier(tableName(table))} AS t (entity_key, feature_name, ${all.join(', ')})
    VALUES ${rows.join(', ')}
    ON CONFLICT (entity_key, feature_name) DO UPDATE SET ${all.map((name) => `${name} = excluded.${name}`).join(', ')}
    ${feastOrder === true ? '' : newerCondition}`
}

/** Finds whether a key has a newer row than the key, event and created given: the opposite of the upsert's condition. */
function newerStatement(table: OnlineTable): string {
  const names = table.features.map((feature) => quoteText(feature.name)).join(', ')
  return `WITH row (entity_key, event_ts, created_ts) AS (VALUES (?, ?, ?))
    SELECT 1 FROM ${quoteIdentifier(tableName(table))} AS t JOIN row ON t.entity_key = row.entity_key
    WHERE t.feature_name IN (${names}) AND (t.event_ts > row.event_ts OR (t.event_ts = row.event_ts
      AND t.created_ts IS NOT NULL AND (row.created_ts IS NULL OR t.created_ts > row.created_ts))) LIMIT 1`
}
