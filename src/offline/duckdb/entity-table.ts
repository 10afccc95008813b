import { extname } from 'node:path'
import type { Field, Table } from 'apache-arrow'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { EntityRows, HistoricalRequest, ViewJoin } from '../../plugin/offline-store.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import { tableFromRows } from '../../types/arrow.ts'
import { createArrowTable, writerTypes } from './arrow-tables.ts'
import type { Session } from './duckdb-driver.ts'
import { entityQueryText } from './entity-query.ts'
import { sameKeyClass } from './key-types.ts'
import { fileList, sourceFiles } from './source-files.ts'
import { isTimestampType, openParquet, openSourceTable, requireColumn, requireTimeColumn } from './source-table.ts'

/** The table of entity rows in a session. */
export const entityTable = 'entity_rows'
/** Its column that numbers the rows from 0. */
export const rowColumn = 'r'
const eventTimestamp = 'event_timestamp'

/** A column of the entity rows, and its name in the table. */
export interface EntityColumn {
  readonly name: string
  readonly column: string
  /** DuckDB's type as text. */
  readonly type: string
}

/** Entity rows that have been looked at, and how to load them. */
export interface EntityInput {
  readonly columns: readonly EntityColumn[]
  readonly timestamp: EntityColumn
  /** What fills the table, as SQL; null when rows are appended from memory. */
  readonly sql: string | null
  readonly load: () => Promise<void>
}

/** What the plan needs to know of the loaded rows. Times in microseconds; null when there are none. */
export interface EntityStatistics {
  readonly rows: number
  readonly micros: { readonly min: bigint; readonly max: bigint } | null
}

/** Reads the schema of the entity rows and finds the column of times. @throws FTS4008 and those of the sources. */
export async function openEntityRows(
  session: Session,
  request: HistoricalRequest,
  repoPath: string,
): Promise<EntityInput> {
  const { entityRows } = request
  switch (entityRows.kind) {
    case 'rows':
      return fromTable(session, await tableFromRows(entityRows.rows))
    case 'table':
      return fromTable(session, entityRows.table)
    case 'file':
      return fromFile(session, entityRows.path, repoPath)
    case 'sql': {
      const { text, views } = await entityQueryText(session, entityRows.query, request.sources, repoPath)
      const input = await fromQuery(session, text)
      return { ...input, sql: [...views, input.sql].join(';\n') }
    }
    case 'range':
      return fromRange(session, request.views, entityRows, repoPath)
  }
}

/** Loads the rows; times given as text or as days become times. @throws FTS4009 */
export async function loadEntityRows(session: Session, input: EntityInput): Promise<EntityStatistics> {
  await input.load()
  const { timestamp } = input
  const column = duckdbDialect.identifier(timestamp.column)
  if (!isTimestampType(timestamp.type)) await convertTimes(session, timestamp)
  const [found] = await session.rows(
    `SELECT count(*), min(epoch_us(${column})), max(epoch_us(${column})) FROM ${entityTable}`,
  )
  const [rows, min, max] = found ?? []
  return {
    rows: Number(rows),
    micros: typeof min === 'bigint' && typeof max === 'bigint' ? { min, max } : null,
  }
}

async function convertTimes(session: Session, timestamp: EntityColumn): Promise<void> {
  const column = duckdbDialect.identifier(timestamp.column)
  const time = `try_cast(${column} AS TIMESTAMPTZ)`
  const [bad] = await session.rows(
    `SELECT ${column}::VARCHAR, ${rowColumn} FROM ${entityTable} WHERE ${column} IS NOT NULL AND ${time} IS NULL ORDER BY ${rowColumn} LIMIT 1`,
  )
  if (bad !== undefined) {
    throw new FeatureStoreError('FTS4009', {
      message: `"${timestamp.name}" of entity row ${bad[1]} is "${bad[0]}", which is not a time.`,
      field: timestamp.name,
    })
  }
  await session.run(`ALTER TABLE ${entityTable} ALTER ${column} TYPE TIMESTAMPTZ USING ${time}`)
}

async function fromTable(session: Session, table: Table): Promise<EntityInput> {
  const { fields } = table.schema
  const types = writerTypes(session, fields)
  const columns = fields.map(({ name }: Field, index) => ({ name, column: `c${index}`, type: types[index] ?? '' }))
  return {
    columns,
    timestamp: timestampOf(columns),
    sql: null,
    load: async () => {
      const appender = await createArrowTable(session, entityTable, fields, rowColumn)
      try {
        await appender.append(table)
      } finally {
        appender.close()
      }
    },
  }
}

async function fromFile(session: Session, path: string, repoPath: string): Promise<EntityInput> {
  const files = await sourceFiles(path, repoPath, 'file of entity rows')
  if (/\.(csv|tsv|csv\.gz)$/i.test(path) || extname(path) === '.txt') {
    return fromQuery(session, `SELECT * FROM read_csv(${fileList(files)})`)
  }
  const { columns, relation } = await openParquet(session, files, path, 'entity rows')
  const list = columns.map(({ column }) => duckdbDialect.identifier(column)).join(', ')
  return fromSelect(session, `SELECT ${list} FROM ${relation}`, columns)
}

async function fromQuery(session: Session, query: string): Promise<EntityInput> {
  const described = await session.rows(`SELECT column_name, column_type FROM (DESCRIBE ${query})`)
  return fromSelect(
    session,
    query,
    described.map(([name, type]) => ({ name: String(name), type: String(type) })),
  )
}

function fromSelect(
  session: Session,
  select: string,
  described: readonly { readonly name: string; readonly type: string }[],
): EntityInput {
  const columns = described.map(({ name, type }, index) => ({ name, type, column: `c${index}` }))
  const names = columns.map(({ column }) => column).join(', ')
  const numbered = `SELECT *, (row_number() OVER () - 1)::INTEGER AS ${rowColumn}`
  const sql = `CREATE TEMP TABLE ${entityTable} AS\n${numbered} FROM (\n${select}\n) AS rows(${names})`
  return { columns, timestamp: timestampOf(columns), sql, load: () => session.run(sql) }
}

/** `event_timestamp` always wins; else the only column of times. */
function timestampOf(columns: readonly EntityColumn[]): EntityColumn {
  const named = columns.find(({ name }) => name === eventTimestamp)
  if (named !== undefined && /^(TIMESTAMP|DATE|VARCHAR|NULL)/.test(named.type)) return named
  const times = columns.filter(({ type }) => isTimestampType(type))
  const [only] = times
  if (named === undefined && only !== undefined && times.length === 1) return only
  const which =
    named !== undefined
      ? `the column event_timestamp is ${named.type}, not a time`
      : times.length === 0
        ? 'there is no column event_timestamp and no other column of times'
        : `there is no column event_timestamp and several columns of times: ${times.map(({ name }) => name).join(', ')}`
  throw new FeatureStoreError('FTS4008', {
    message: `The entity rows do not say as of when features are wanted: ${which}.`,
    notes: [`their columns are ${columns.map(({ name, type }) => `${name} (${type})`).join(', ')}`],
    field: eventTimestamp,
  })
}

type Range = Extract<EntityRows, { kind: 'range' }>

/**
 * The keys that any view has an event of in the range, each once, as of the end of the range; a key that a view lacks
 * is null. Ordered by key. This is what Feast's Spark store does.
 */
async function fromRange(
  session: Session,
  views: readonly ViewJoin[],
  range: Range,
  repoPath: string,
): Promise<EntityInput> {
  const keyNames = [...new Set(views.flatMap((view) => view.keys.map(({ entityColumn }) => entityColumn)))]
  const types = new Map<string, string>()
  const selects: string[] = []
  for (const view of views) {
    if (view.keys.length === 0) continue
    const table = await openSourceTable(session, view.source, repoPath)
    const user = `feature view "${view.name}"`
    const time = duckdbDialect.identifier(requireTimeColumn(table, view.timestampColumn, user).column)
    const keys = view.keys.map(({ sourceColumn, entityColumn }) => {
      const column = requireColumn(table, sourceColumn, user)
      const before = types.get(entityColumn)
      if (before === undefined) types.set(entityColumn, column.type)
      else sameKeyClass(before, column.type, entityColumn, view.name, 'another view')
      return { entityColumn, sql: duckdbDialect.identifier(column.column) }
    })
    const columns = keyNames.map((name) => keys.find(({ entityColumn }) => entityColumn === name)?.sql ?? 'NULL')
    const where = [
      `epoch_us(${time}) >= ${range.start.epochMicros}`,
      `epoch_us(${time}) <= ${range.end.epochMicros}`,
      ...keys.map(({ sql }) => `${sql} IS NOT NULL`),
    ]
    selects.push(`SELECT ${columns.join(', ')} FROM ${table.relation} WHERE ${where.join(' AND ')}`)
  }
  const names = keyNames.map((_, index) => `k${index}`).join(', ')
  const time = `make_timestamptz(${range.end.epochMicros})`
  const select =
    selects.length === 0
      ? `SELECT ${time}`
      : `SELECT ${time}, ${names} FROM (SELECT DISTINCT * FROM (${selects.join('\nUNION ALL ')}) AS keys(${names})) ORDER BY ${names}`
  return fromSelect(session, select, [
    { name: eventTimestamp, type: 'TIMESTAMP WITH TIME ZONE' },
    ...keyNames.map((name) => ({ name, type: types.get(name) ?? '' })),
  ])
}
