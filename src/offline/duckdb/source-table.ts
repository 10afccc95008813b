import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { suggestion } from '../../base/suggest.ts'
import type { DataSource } from '../../model/data-source.ts'
import { bitLength } from '../../sql/row-order.ts'
import type { Session } from './duckdb-driver.ts'
import { fileList, fileSourceOf, sourceFiles } from './source-files.ts'

/** A column as the file has it, and the name and type that DuckDB gives it. */
export interface TableColumn {
  readonly name: string
  /** Differs from `name` when another column has the same name in other case. */
  readonly column: string
  /** DuckDB's type as text, such as `TIMESTAMP WITH TIME ZONE`. */
  readonly type: string
}

/** A source as the engine reads it. */
export interface SourceTable {
  /** Of the source, for messages. */
  readonly name: string
  readonly files: readonly string[]
  readonly columns: readonly TableColumn[]
  /** A table function. */
  readonly relation: string
  /** The place of a row in the source, by file and row, as SQL over the relation; a non-negative integer. */
  readonly position: string
  readonly positionBits: number
  readonly rows: number
}

/** Names that DuckDB gives to what it knows of a row's place; a column of the same name hides them. */
const placeColumns = ['file_row_number', 'file_index']

/** @throws FTS4002, FTS4003, FTS4006, FTS4017 */
export async function openSourceTable(session: Session, source: DataSource, repoPath: string): Promise<SourceTable> {
  const { path } = fileSourceOf(source)
  const files = await sourceFiles(path, repoPath, `data source "${source.name}"`)
  return openParquet(session, files, source.name, `data source "${source.name}"`)
}

/** @throws FTS4003 when a file is not Parquet. */
export async function openParquet(
  session: Session,
  files: readonly string[],
  name: string,
  what: string,
): Promise<SourceTable> {
  const list = fileList(files)
  const plain = `read_parquet(${list}${files.length > 1 ? ', union_by_name = true' : ''})`
  try {
    const columns = await describeParquet(session, plain, list, files.length)
    const counts = await session.rows(`SELECT num_rows FROM parquet_file_metadata(${list})`)
    const rowsOf = counts.map(([rows]) => Number(rows))
    const rows = rowsOf.reduce((sum, count) => sum + count, 0)
    const base = { name, files, columns, rows }
    const hidden = columns.some(({ column }) => placeColumns.includes(column.toLowerCase()))
    if (hidden) return { ...base, ...numberedRelation(plain, rows) }
    const rowBits = bitLength(BigInt(Math.max(1, ...rowsOf)))
    const many = files.length > 1
    return {
      ...base,
      relation: plain,
      position: many ? `(file_index::BIGINT * ${1n << BigInt(rowBits)} + file_row_number)` : 'file_row_number',
      positionBits: rowBits + (many ? bitLength(BigInt(files.length)) : 0),
    }
  } catch (cause) {
    if (!(cause instanceof Error) || !/magic bytes|Parquet|Snappy|Thrift|file_size/i.test(cause.message)) throw cause
    throw new FeatureStoreError('FTS4003', {
      message: `A file of the ${what} cannot be read as Parquet.`,
      notes: [cause.message.split('\n', 1)[0] ?? '', ...files.slice(0, 3)],
      cause,
    })
  }
}

/** Rows numbered as they are read, for files whose columns hide their place. */
function numberedRelation(plain: string, rows: number): Pick<SourceTable, 'relation' | 'position' | 'positionBits'> {
  const numbered = `(SELECT *, row_number() OVER () - 1 AS "__feast_position" FROM ${plain})`
  return { relation: numbered, position: '"__feast_position"', positionBits: bitLength(BigInt(Math.max(1, rows))) }
}

async function describeParquet(
  session: Session,
  relation: string,
  list: string,
  files: number,
): Promise<readonly TableColumn[]> {
  const described = await session.rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${relation})`)
  const physical = files === 1 ? await topLevelNames(session, list) : []
  return described.map(([column, type], index) => ({
    name: physical[index] ?? String(column),
    column: String(column),
    type: String(type),
  }))
}

/** Names as the file has them: DuckDB renames those that differ only by case. */
async function topLevelNames(session: Session, list: string): Promise<readonly string[]> {
  const elements = await session.rows(`SELECT name, coalesce(num_children, 0) FROM parquet_schema(${list})`)
  const names: string[] = []
  let inside = 0
  for (const [name, children] of elements.slice(1)) {
    if (inside === 0) names.push(String(name))
    else inside--
    inside += Number(children)
  }
  return names
}

/** The column of that name; `user` says who wants it. @throws FTS4004 with the nearest name. */
export function requireColumn(table: SourceTable, name: string, user: string): TableColumn {
  const found = table.columns.find((column) => column.name === name)
  if (found !== undefined) return found
  const names = table.columns.map((column) => column.name)
  throw new FeatureStoreError('FTS4004', {
    message: `The ${user} needs the column "${name}", which the data source "${table.name}" does not have.${suggestion(name, names)}`,
    notes: [`it has ${names.join(', ')}`],
  })
}

/** The same for a column of times. @throws FTS4004, FTS4018 */
export function requireTimeColumn(table: SourceTable, name: string, user: string): TableColumn {
  const column = requireColumn(table, name, user)
  if (isTimeType(column.type)) return column
  throw new FeatureStoreError('FTS4018', {
    message: `The ${user} takes its times from the column "${name}" of the data source "${table.name}", which is ${column.type}.`,
  })
}

export const isTimestampType = (type: string): boolean => type.startsWith('TIMESTAMP')
/** A date counts as its midnight. */
export const isTimeType = (type: string): boolean => isTimestampType(type) || type === 'DATE'
