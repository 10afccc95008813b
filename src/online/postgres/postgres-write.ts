import type { OnlineTable, OnlineWrite, OnlineWriteSummary } from '../../plugin/online-store.ts'
import { lastRows, newestRows } from '../online-common/newest-rows.ts'
import type { Task } from '../sql-common/connection-task.ts'
import { quoteText } from '../sql-common/identifiers.ts'
import { valueNumber, valueText } from '../sql-common/value-text.ts'
import { byteaArray, float8Array, textArray, timestamptzArray } from './postgres-arrays.ts'
import type { PostgresConfig } from './postgres-config.ts'
import type { Parameter, PostgresConnections, Run } from './postgres-driver.ts'
import { isDivisionByZero } from './postgres-errors.ts'
import { qualifiedName, vectorText } from './postgres-layout.ts'

/** What one statement carries at most; a larger batch is several statements in one transaction. */
const statementCells = 50_000
const statementBytes = 16 * 1024 * 1024

/** How often a batch is done anew because writers at the same time got between. */
const attempts = 20

/**
 * Writes a batch: one statement, which leaves newer rows alone. Rows go in the order of keys and features, so that
 * writers at the same time wait for each other and never block each other for good.
 *
 * A key is written whole or not at all. When the statement would change some features of a key and not others (a
 * feature is new to the view, or another writer came between), a guard within it makes it fail as a whole, and it is
 * done again with a look at each key first. Looking every time would cost a second search per row.
 */
export async function writeRows(
  connections: PostgresConnections,
  config: PostgresConfig,
  batch: OnlineWrite,
  task: Task,
): Promise<OnlineWriteSummary> {
  const { features } = batch.table
  if (features.length === 0 || batch.entityKeys.length === 0) return { written: 0, stale: 0 }
  const rows = batch.feastOrder === true ? lastRows(batch) : newestRows(batch)
  const parts = [...partsOf(batch, rows)]
  const writeAll = async (run: Run, looksFirst: boolean): Promise<number> => {
    let written = 0
    for (const part of parts) {
      task.signal?.throwIfAborted()
      const [result] = await run(writeStatement(config, batch, part, looksFirst))
      written += Number(result?.[0] ?? 0)
    }
    return written
  }
  for (let attempt = 1; ; attempt++) {
    const work = (run: Run): Promise<number> => writeAll(run, attempt > 1)
    try {
      const written = await (parts.length === 1 ? connections.use(task, work) : connections.transaction(task, work))
      return { written, stale: rows.length - written }
    } catch (error) {
      if (attempt === attempts || !isDivisionByZero(causeOf(error))) throw error
    }
  }
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined)

/** The rows of a batch, cut into what one statement carries. */
function* partsOf(batch: OnlineWrite, rows: Uint32Array): Iterable<Uint32Array> {
  let [start, bytes] = [0, 0]
  for (const [at, row] of rows.entries()) {
    let own = batch.entityKeys[row]?.length ?? 0
    for (const column of batch.values) own += column[row]?.length ?? 0
    const cells = (at - start + 1) * batch.values.length
    if (at > start && (cells > statementCells || bytes + own > statementBytes)) {
      yield rows.subarray(start, at)
      ;[start, bytes] = [at, 0]
    }
    bytes += own
  }
  yield rows.subarray(start)
}

interface Column {
  readonly name: string
  readonly type: string
  readonly array: Parameter
}

const noBytes = new Uint8Array(0)

function writeStatement(
  config: PostgresConfig,
  batch: OnlineWrite,
  rows: Uint32Array,
  looksFirst: boolean,
): { readonly sql: string; readonly parameters: readonly Parameter[] } {
  const columns = columnsOf(config, batch, rows)
  return {
    sql: upsert(config, batch, columns, looksFirst),
    parameters: columns.map(({ array }) => array),
  }
}

/** The cells of some rows, by key and then by the name of the feature, one array per column. */
function columnsOf(config: PostgresConfig, batch: OnlineWrite, rows: Uint32Array): readonly Column[] {
  const order = batch.table.features
    .map(({ name }, index) => ({ name, values: batch.values[index] ?? [] }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const cells = <T>(of: (row: number, values: readonly Uint8Array[], name: string) => T): T[] => {
    const all: T[] = []
    for (const row of rows) for (const { name, values } of order) all.push(of(row, values, name))
    return all
  }
  const values = cells((row, column) => column[row] ?? noBytes)
  return [
    { name: 'entity_key', type: 'bytea', array: byteaArray(cells((row) => batch.entityKeys[row] ?? noBytes)) },
    { name: 'feature_name', type: 'text', array: textArray(cells((_row, _values, name) => name)) },
    { name: 'value', type: 'bytea', array: byteaArray(values) },
    { name: 'value_text', type: 'text', array: textArray(values.map(searchableText)) },
    ...(config.numbers
      ? [{ name: 'value_num', type: 'float8', array: float8Array(values.map(valueNumber)) } as const]
      : []),
    ...(config.vectors
      ? [{ name: 'vector_value', type: 'text', array: textArray(values.map(vectorText)) } as const]
      : []),
    {
      name: 'event_ts',
      type: 'timestamptz',
      array: timestamptzArray(cells((row) => batch.eventMicros[row] ?? 0n)),
    },
    {
      name: 'created_ts',
      type: 'timestamptz',
      array: timestamptzArray(cells((row) => batch.createdMicros[row] ?? null)),
    },
  ]
}

/** Text of PostgreSQL cannot hold NUL. The column is for searching; the value itself keeps every character. */
function searchableText(value: Uint8Array): string | null {
  const text = valueText(value)
  return text?.includes('\0') === true ? text.replaceAll('\0', '') : text
}

/** Whether a stored row `t` is newer than another one: of equal event times, when it was created later. */
const isNewerThan = (row: 'i' | 'excluded'): string => `(t.event_ts > ${row}.event_ts OR (t.event_ts = ${row}.event_ts
  AND t.created_ts IS NOT NULL AND (${row}.created_ts IS NULL OR t.created_ts > ${row}.created_ts)))`

/** Answers with one row: how many keys were written. */
function upsert(
  config: PostgresConfig,
  { table, feastOrder }: OnlineWrite,
  columns: readonly Column[],
  looksFirst: boolean,
): string {
  const name = qualifiedName(config, table)
  const names = columns.map((column) => column.name)
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`)
  const given = names.map((column) => (column === 'vector_value' ? 'i.vector_value::vector' : `i.${column}`))
  const changed = names.filter((column) => column !== 'entity_key' && column !== 'feature_name')
  const older = looksFirst
    ? `WHERE NOT EXISTS (SELECT FROM ${name} t WHERE t.entity_key = i.entity_key
      AND t.feature_name IN (${featureList(table)}) AND ${isNewerThan('i')})`
    : ''
  const condition = feastOrder === true ? '' : `WHERE NOT coalesce(${isNewerThan('excluded')}, false)`
  return `WITH written AS (
    INSERT INTO ${name} AS t (${names.join(', ')})
    SELECT ${given.join(', ')} FROM unnest(${arrays.join(', ')}) AS i (${names.join(', ')}) ${older}
    ON CONFLICT (entity_key, feature_name)
    DO UPDATE SET ${changed.map((column) => `${column} = excluded.${column}`).join(', ')} ${condition}
    RETURNING t.entity_key
  ), counted AS (SELECT count(*) AS cells, count(DISTINCT entity_key) AS keys FROM written)
  SELECT keys, 1 / (cells = keys * ${table.features.length})::int FROM counted`
}

function featureList(table: OnlineTable): string {
  return table.features.map((feature) => quoteText(feature.name)).join(', ')
}
