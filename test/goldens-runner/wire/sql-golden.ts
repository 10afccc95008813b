import { Instant } from '../../../src/base/instant.ts'
import { type GoldenValue, type JsonObject, listOf, objectOf } from '../golden-json.ts'
import type { GoldenRow, StoreDump } from './store-golden.ts'

/** What the goldens of SQL stores have in common: tables of rows, one per key and feature. */
export interface GoldenTable {
  readonly name: string
  readonly content: JsonObject
  readonly rows: readonly GoldenCell[]
}

/** One recorded row of a table. Times are texts as recorded, `YYYY-MM-DD HH:MM:SS[.ffffff]`, in UTC. */
export interface GoldenCell {
  readonly key: string
  readonly feature: string
  readonly value: Uint8Array
  readonly event: string
  readonly created: string | null
  readonly content: JsonObject
}

/** Under which names a file holds what every SQL store has. */
export interface CellNames {
  readonly key: string
  readonly event: string
  readonly created: string
}

export function tablesOf(golden: GoldenValue, names: CellNames): readonly GoldenTable[] {
  return listOf(objectOf(golden).tables)
    .map(objectOf)
    .map((table) => ({
      name: String(table.table),
      content: table,
      rows: listOf(table.rows)
        .map(objectOf)
        .map((row) => cellOf(row, names)),
    }))
}

function cellOf(row: JsonObject, names: CellNames): GoldenCell {
  const created = row[names.created]
  return {
    key: String(row[names.key]),
    feature: String(row.feature_name),
    value: Buffer.from(String(row.value_b64), 'base64'),
    event: String(row[names.event]),
    created: created === null || created === undefined ? null : String(created),
    content: row,
  }
}

/** The cells of each key, together. */
export function rowsOf(tables: readonly GoldenTable[], project: string): readonly GoldenRow[] {
  return tables.flatMap((table) =>
    [...Map.groupBy(table.rows, (cell) => cell.key)].map(([key, cells]) => ({
      view: table.name.slice(project.length + 1),
      entityKey: new Uint8Array(Buffer.from(key, 'hex')),
      values: new Map(cells.map((cell) => [cell.feature, cell.value])),
      eventMicros: microsOf(cells[0]?.event ?? ''),
      createdMicros: cells[0]?.created == null ? null : microsOf(cells[0].created),
    })),
  )
}

function microsOf(text: string): bigint {
  const instant = Instant.parse(`${text.replace(' ', 'T')}Z`)
  if (instant === undefined || instant === null) throw new Error(`"${text}" is no time`)
  return instant.epochMicros
}

/** Every cell under the names of its table, key and feature. @param columns all columns as texts. */
export function dumpOf(
  cells: Iterable<readonly [table: string, key: string, feature: string, columns: unknown]>,
): StoreDump {
  const dump = new Map<string, string>()
  for (const [table, key, feature, columns] of cells) dump.set(`${table} ${key} ${feature}`, JSON.stringify(columns))
  return dump
}
