import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { RecordBatch, Table } from 'apache-arrow'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { LoggingDestination } from '../../model/feature-service.ts'
import type { OfflineStore } from '../../plugin/offline-store.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import { loadArrowTable } from './arrow-tables.ts'
import type { Engine } from './duckdb-driver.ts'
import { copyToParquet } from './parquet-files.ts'
import { streamBatches } from './record-batches.ts'
import { localPath, sourceFiles } from './source-files.ts'
import { openParquet, requireTimeColumn } from './source-table.ts'
import { timeBounds } from './time-bounds.ts'

/** Feast's name of the column that tells when a row was logged. */
const logTimestamp = '__log_timestamp'
const logRows = 'log_rows'

type FileDestination = Extract<LoggingDestination, { kind: 'file' }>

function fileDestination(destination: LoggingDestination): FileDestination {
  if (destination.kind === 'file') return destination
  throw new FeatureStoreError('FTS4006', {
    message: `Feature logs of the kind ${destination.kind} cannot be kept by this offline store, which writes files.`,
  })
}

/**
 * Writes one more Parquet file of a random name below the destination, one per combination of the values to partition
 * by, in folders named by the values alone as Feast does. The files keep those columns too, or the values could not be
 * read back.
 */
export async function writeLogs(
  engine: Engine,
  rows: Table,
  destination: LoggingDestination,
  repoPath: string,
): Promise<void> {
  const { path, partitionBy } = fileDestination(destination)
  const folder = localPath(path, repoPath)
  const { fields } = rows.schema
  await engine.withSession(async (session) => {
    await loadArrowTable(session, logRows, rows)
    const columns = fields.map(({ name }, index) => `c${index} AS ${duckdbDialect.identifier(name)}`)
    const select = `SELECT ${columns.join(', ')} FROM ${logRows}`
    const partitions = partitionBy.map((name) => `c${partitionColumn(rows, name)}`)
    if (partitions.length === 0) {
      await copyToParquet(session, select, join(folder, `${randomUUID()}-0.parquet`))
      return
    }
    const texts = partitions.map((column) => `${column}::VARCHAR`).join(', ')
    for (const values of await session.rows(`SELECT DISTINCT ${texts} FROM ${logRows}`)) {
      const where = partitions.map((column, index) => {
        const value = values[index]
        return value === null ? `${column} IS NULL` : `${column}::VARCHAR = ${duckdbDialect.text(String(value))}`
      })
      const names = values.map((value) => encodeURIComponent(value === null ? 'null' : String(value)))
      const file = join(folder, ...names, `${randomUUID()}-0.parquet`)
      await copyToParquet(session, `${select} WHERE ${where.join(' AND ')}`, file)
    }
  })
}

function partitionColumn(rows: Table, name: string): number {
  const index = rows.schema.fields.findIndex((field) => field.name === name)
  if (index >= 0) return index
  throw new FeatureStoreError('FTS4004', {
    message: `The feature logs are to be partitioned by "${name}", which they do not have.`,
    notes: [`they have ${rows.schema.fields.map((field) => field.name).join(', ')}`],
  })
}

/** Every column of the logs in the window (inclusive), in the order of the files. @throws FTS4002 when there is none. */
export function readLogs(
  engine: Engine,
  destination: LoggingDestination,
  window: Parameters<OfflineStore['readLogs']>[1],
  repoPath: string,
): AsyncIterable<RecordBatch> {
  return engine.streamSession(async function* (session) {
    const files = await sourceFiles(fileDestination(destination).path, repoPath, 'feature log')
    const table = await openParquet(session, files, 'feature log', 'feature log')
    const time = requireTimeColumn(table, logTimestamp, 'feature log')
    const { start, end } = window
    const where = timeBounds(duckdbDialect.identifier(time.column), time.type, start.epochMicros, end.epochMicros)
    const list = table.columns.map(({ column }) => duckdbDialect.identifier(column)).join(', ')
    yield* streamBatches(session, `SELECT ${list} FROM ${table.relation} WHERE ${where.join(' AND ')}`, table.columns)
  })
}
