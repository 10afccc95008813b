import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Field, RecordBatch } from 'apache-arrow'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { SavedDatasetStorage } from '../../model/saved-dataset.ts'
import type { OfflineStore } from '../../plugin/offline-store.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import { createArrowTable, type TableAppender } from './arrow-tables.ts'
import type { Engine, Session } from './duckdb-driver.ts'
import { copyToParquet } from './parquet-files.ts'
import { streamBatches } from './record-batches.ts'
import { localPath, sourceFiles } from './source-files.ts'
import { openParquet, requireColumn, requireTimeColumn } from './source-table.ts'
import { timeBounds } from './time-bounds.ts'

const dataset = 'saved_dataset'

function filePath(storage: SavedDatasetStorage, repoPath: string): string {
  if (storage.kind === 'file') return localPath(storage.path, repoPath)
  throw new FeatureStoreError('FTS4006', {
    message: `A saved data set of the kind ${storage.kind} cannot be kept by this offline store, which writes files.`,
  })
}

/**
 * Stores batches as one Parquet file when the path ends in `.parquet`, else as a folder of one file. What was there
 * stays until all is written.
 *
 * @throws FTS4014 when something is there and `overwrite` is false; FTS4019 for a folder that holds more than Parquet
 * files; FTS4006 for storage of another kind.
 */
export async function persistBatches(
  engine: Engine,
  batches: AsyncIterable<RecordBatch>,
  storage: SavedDatasetStorage,
  overwrite: boolean,
  repoPath: string,
): Promise<void> {
  const path = filePath(storage, repoPath)
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && !overwrite) {
    throw new FeatureStoreError('FTS4014', {
      message: `Something is already stored at "${storage.kind === 'file' ? storage.path : path}".`,
      notes: [`it is ${path}`],
    })
  }
  if (found?.isDirectory() === true) await refuseOtherFiles(path)
  await engine.withSession(async (session) => {
    const select = await collect(session, batches)
    if (found?.isDirectory() === true || !path.endsWith('.parquet')) await writeFolder(session, select, path)
    else await copyToParquet(session, select, path)
  })
}

/** A folder is replaced as a whole, so what is lost with it must be rows alone. @throws FTS4019 */
async function refuseOtherFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const others = entries.filter((entry) => !entry.isDirectory() && !/\.parquet$|^[._]/.test(entry.name))
  if (others.length === 0) return
  const names = others.map(({ name }) => name).sort()
  throw new FeatureStoreError('FTS4019', {
    message: `The folder "${folder}" holds other things than Parquet files, which would be lost: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}.`,
  })
}

/** Puts the batches into a temporary table, which spills to disk, and gives the query for it. */
async function collect(session: Session, batches: AsyncIterable<RecordBatch>): Promise<string> {
  let appender: TableAppender | undefined
  let fields: readonly Field[] = []
  try {
    for await (const batch of batches) {
      if (appender === undefined) {
        fields = batch.schema.fields
        appender = await createArrowTable(session, dataset, fields)
      }
      await appender.append(batch)
    }
  } finally {
    appender?.close()
  }
  if (appender === undefined) {
    throw new FeatureStoreError('FTS9001', { message: 'A result to be stored has no batch, and so no columns.' })
  }
  const columns = fields.map(({ name }, index) => `c${index} AS ${duckdbDialect.identifier(name)}`)
  return `SELECT ${columns.join(', ')} FROM ${dataset}`
}

async function writeFolder(session: Session, select: string, path: string): Promise<void> {
  const id = randomUUID()
  const fresh = join(dirname(path), `.${basename(path)}.${id}.new`)
  const old = join(dirname(path), `.${basename(path)}.${id}.old`)
  try {
    await mkdir(fresh, { recursive: true })
    await copyToParquet(session, select, join(fresh, `${id}-0.parquet`))
    const moved = await rename(path, old).then(
      () => true,
      () => false,
    )
    await rename(fresh, path)
    if (moved) await rm(old, { recursive: true, force: true })
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

type ReadRequest = Parameters<OfflineStore['readPersisted']>[1]

/** The named columns of what is stored, with event time in the window, in the order of the files. */
export function readPersisted(
  engine: Engine,
  storage: SavedDatasetStorage,
  request: ReadRequest,
  repoPath: string,
): AsyncIterable<RecordBatch> {
  return engine.streamSession(async function* (session) {
    const files = await sourceFiles(filePath(storage, repoPath), repoPath, 'saved data set')
    const table = await openParquet(session, files, basename(files[0] ?? ''), 'saved data set')
    const timestamp = requireTimeColumn(table, request.timestampColumn, 'saved data set')
    const name = duckdbDialect.identifier
    const columns = request.columns.map((column) => ({
      column: requireColumn(table, column, 'saved data set').column,
      name: column,
    }))
    const { start, end } = request
    const where = timeBounds(name(timestamp.column), timestamp.type, start.epochMicros, end.epochMicros)
    const list = columns.map(({ column }) => name(column)).join(', ')
    yield* streamBatches(session, `SELECT ${list} FROM ${table.relation} WHERE ${where.join(' AND ')}`, columns)
  })
}
