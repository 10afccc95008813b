import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Table } from 'apache-arrow'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { DataSource } from '../../model/data-source.ts'
import type { BatchMark } from '../../plugin/offline-store.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import { loadArrowTable, writerTypes } from './arrow-tables.ts'
import { batchMarks, isMarked, marked, marksMetadata } from './batch-marks.ts'
import type { Engine, Session } from './duckdb-driver.ts'
import { withFileLock } from './file-lock.ts'
import { copyToParquet } from './parquet-files.ts'
import { fileSourceOf, localPath } from './source-files.ts'
import { openSourceTable, type SourceTable } from './source-table.ts'

const newRows = 'new_rows'

/**
 * Adds rows to a source, all or nothing: to a file in front of its rows, as Feast does, by writing it anew; to a folder
 * as one more file. Values are cast to the source's types; times are kept in microseconds.
 *
 * A batch with a mark is added once: the file's own metadata, or the name of the file in the folder, says that it is
 * there, and gets there in the same move as the rows. Another program that writes the file anew drops the metadata.
 *
 * @throws FTS4510 when the columns differ, FTS4013 when a value would be changed by the cast, FTS4015 when another
 * writer holds the file.
 */
export async function appendToSource(
  engine: Engine,
  source: DataSource,
  rows: Table,
  options: { readonly reorder: boolean; readonly once?: BatchMark | undefined },
  repoPath: string,
): Promise<void> {
  const path = localPath(fileSourceOf(source).path, repoPath)
  const found = await stat(path).catch(() => undefined)
  const isFolder = found?.isDirectory() === true
  if (found === undefined && /[*?[\]{}]/.test(path)) {
    throw new FeatureStoreError('FTS4006', {
      message: `Rows cannot be appended to the data source "${source.name}": its path "${path}" is a pattern, not a file or a folder.`,
    })
  }
  const { reorder, once } = options
  const file = isFolder ? join(path, fileOfBatch(once)) : path
  const append = (): Promise<void> =>
    engine.withSession(async (session) => {
      const table = await openSourceTable(session, source, repoPath)
      refuseOtherColumns(table, rows, reorder)
      const marks = isFolder ? [] : await batchMarks(session, path)
      if (once !== undefined && (isFolder ? await exists(file) : isMarked(marks, once))) return
      await loadArrowTable(session, newRows, rows)
      const select = await castRows(session, table, rows)
      if (isFolder) await copyToParquet(session, select, file)
      else {
        const all = `${select}\nUNION ALL\nSELECT ${columnList(table)} FROM ${table.relation}`
        await copyToParquet(session, all, path, marksMetadata(once === undefined ? marks : marked(marks, once)))
      }
    })
  if (isFolder) await append()
  else await withFileLock(path, append)
}

function fileOfBatch(once: BatchMark | undefined): string {
  if (once === undefined) return `${Date.now()}-${randomUUID()}.parquet`
  return `batch-${once.sender}-${String(once.sequence).padStart(12, '0')}.parquet`
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

const columnList = (table: SourceTable): string =>
  table.columns.map(({ column }) => duckdbDialect.identifier(column)).join(', ')

function refuseOtherColumns(table: SourceTable, rows: Table, reorder: boolean): void {
  const wanted = table.columns.map(({ name }) => name)
  const given = rows.schema.fields.map(({ name }) => name)
  const missing = wanted.filter((name) => !given.includes(name))
  const extra = given.filter((name) => !wanted.includes(name))
  if (missing.length > 0 || extra.length > 0) {
    throw new FeatureStoreError('FTS4510', {
      message: `The rows do not have the columns of the data source "${table.name}".`,
      notes: [
        ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
        ...(extra.length === 0 ? [] : [`not in the source: ${extra.join(', ')}`]),
      ],
    })
  }
  if (!reorder && wanted.some((name, index) => name !== given[index])) {
    throw new FeatureStoreError('FTS4510', {
      message: `The columns of the rows are not in the order of the data source "${table.name}".`,
      notes: [`the source has ${wanted.join(', ')}`, `the rows have ${given.join(', ')}`],
    })
  }
}

/** A query for the new rows in the source's columns and types. @throws FTS4013 */
async function castRows(session: Session, table: SourceTable, rows: Table): Promise<string> {
  const { fields } = rows.schema
  const types = writerTypes(session, fields)
  const casts: string[] = []
  for (const { name, column, type } of table.columns) {
    const index = fields.findIndex((field) => field.name === name)
    await refuseLoss(session, { name, given: `c${index}`, from: types[index] ?? '', to: type, source: table.name })
    casts.push(`CAST(c${index} AS ${type}) AS ${duckdbDialect.identifier(column)}`)
  }
  return `SELECT ${casts.join(', ')} FROM ${newRows}`
}

interface Cast {
  readonly name: string
  readonly given: string
  readonly from: string
  readonly to: string
  readonly source: string
}

async function refuseLoss(session: Session, { name, given, from, to, source }: Cast): Promise<void> {
  if (from === to || from === 'NULL') return
  const cast = `try_cast(${given} AS ${to})`
  // A number of fewer digits is what the column holds; anything else must come back as it was.
  const exact = isNumber(from) && isNumber(to) && !(isFloat(from) && isFloat(to))
  const lost = exact ? `(${cast} IS NULL OR try_cast(${cast} AS ${from}) IS DISTINCT FROM ${given})` : `${cast} IS NULL`
  const [bad] = await session.rows(
    `SELECT ${given}::VARCHAR, rowid FROM ${newRows} WHERE ${given} IS NOT NULL AND ${lost} ORDER BY rowid LIMIT 1`,
  )
  if (bad === undefined) return
  throw new FeatureStoreError('FTS4013', {
    message: `"${name}" of row ${bad[1]} is ${bad[0]} (${from}), which the column of the data source "${source}" (${to}) cannot hold.`,
    field: name,
  })
}

const isNumber = (type: string): boolean => /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\()/.test(type)
const isFloat = (type: string): boolean => type === 'FLOAT' || type === 'DOUBLE'
