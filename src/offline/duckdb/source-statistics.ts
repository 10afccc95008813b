import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import { chooseRowOrder, type RowOrder } from '../../sql/row-order.ts'
import type { Session } from './duckdb-driver.ts'
import { fileList } from './source-files.ts'
import type { SourceTable, TableColumn } from './source-table.ts'

/** Smallest and greatest time in microseconds since 1970 UTC. */
export interface TimeRange {
  readonly min: bigint
  readonly max: bigint
}

/** What the files' metadata says of a column of times; null when a row group has no statistics of it. */
export async function timeRange(session: Session, table: SourceTable, column: TableColumn): Promise<TimeRange | null> {
  const list = fileList(table.files)
  const [found] = await session.rows(`
    SELECT min(epoch_us(try_cast(stats_min_value AS TIMESTAMPTZ))), max(epoch_us(try_cast(stats_max_value AS TIMESTAMPTZ))),
      count(*) FILTER (coalesce(stats_null_count, 0) < num_values AND (
        try_cast(stats_min_value AS TIMESTAMPTZ) IS NULL OR try_cast(stats_max_value AS TIMESTAMPTZ) IS NULL))
    FROM parquet_metadata(${list}) WHERE path_in_schema = ${duckdbDialect.text(column.name)}`)
  const [min, max, unknown] = found ?? []
  if (typeof min !== 'bigint' || typeof max !== 'bigint' || unknown !== 0n) return null
  // Finer units were cut to microseconds.
  return { min: min - 1n, max: max + 1n }
}

/** How the rows of one key are ordered, from the metadata. */
export async function rowOrderOf(
  session: Session,
  table: SourceTable,
  timestamp: TableColumn,
  created: TableColumn | null,
): Promise<{ readonly order: RowOrder; readonly eventMicros: TimeRange | null }> {
  const eventMicros = await timeRange(session, table, timestamp)
  const createdMicros = created === null ? null : await timeRange(session, table, created)
  const { positionBits } = table
  return { order: chooseRowOrder({ eventMicros, createdMicros, positionBits }, created !== null), eventMicros }
}

/** Rows that are looked at to estimate how many keys there are. */
const sampleRows = 20_000

/** About how many rows a key has: from the first rows, and for whole numbers from their range. */
export async function estimateRowsPerKey(
  session: Session,
  table: SourceTable,
  keys: readonly TableColumn[],
): Promise<number> {
  if (keys.length === 0) return table.rows
  if (table.rows === 0) return 0
  const names = keys.map(({ column }) => duckdbDialect.identifier(column)).join(', ')
  const [sample] = await session.rows(`
    SELECT count(*), count(DISTINCT row(${names})) FROM (SELECT ${names} FROM ${table.relation} LIMIT ${sampleRows})`)
  const [rows, distinct] = (sample ?? []).map(Number)
  const range = keys.length === 1 && keys[0] !== undefined ? await integerRange(session, table, keys[0]) : null
  return (
    table.rows /
    Math.max(1, Math.min(estimateKeys(rows ?? 0, distinct ?? 0), range ?? Number.POSITIVE_INFINITY, table.rows))
  )
}

/** How many keys there are when `rows` draws met `distinct` of them: solves distinct = keys · (1 − e^(−rows / keys)). */
function estimateKeys(rows: number, distinct: number): number {
  if (distinct >= rows * 0.999) return Number.POSITIVE_INFINITY
  let [low, high] = [distinct, rows * 1000]
  for (let step = 0; step < 60; step++) {
    const keys = (low + high) / 2
    if (keys * -Math.expm1(-rows / keys) < distinct) low = keys
    else high = keys
  }
  return high
}

async function integerRange(session: Session, table: SourceTable, key: TableColumn): Promise<number | null> {
  if (!/INT/.test(key.type) || key.type.endsWith('[]')) return null
  const list = fileList(table.files)
  const [found] = await session.rows(`
    SELECT max(stats_max_value::DOUBLE) - min(stats_min_value::DOUBLE) + 1
    FROM parquet_metadata(${list}) WHERE path_in_schema = ${duckdbDialect.text(key.name)}`)
  return typeof found?.[0] === 'number' ? found[0] : null
}
