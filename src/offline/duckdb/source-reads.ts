import type { RecordBatch } from 'apache-arrow'
import { Instant } from '../../base/instant.ts'
import type { DataSource } from '../../model/data-source.ts'
import type { OfflineStore, PullRequest } from '../../plugin/offline-store.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import {
  type PullPlan,
  renderCount,
  renderLargestGroup,
  renderNullKeyCount,
  renderPullAll,
  renderPullLatest,
} from '../../sql/render-pull.ts'
import type { Engine, Session } from './duckdb-driver.ts'
import { entityKeyOrder, entityKeyPartitions } from './entity-key-order.ts'
import { loadBatchRows, streamBatches } from './record-batches.ts'
import { fileSourceOf, sourceFiles } from './source-files.ts'
import { rowOrderOf } from './source-statistics.ts'
import { openParquet, openSourceTable, requireColumn, requireTimeColumn, type SourceTable } from './source-table.ts'
import { timeBounds } from './time-bounds.ts'
import { fromUnchangedFiles } from './unchanged-files.ts'

type PullOptions = Parameters<OfflineStore['pullLatest']>[1]

/** The latest row of each key, in the order of the files or nearly in that of their entity keys. */
export function pullLatest(
  engine: Engine,
  request: PullRequest,
  repoPath: string,
  options: PullOptions,
): AsyncIterable<RecordBatch> {
  return engine.streamSession(async function* (session) {
    const table = await openSourceTable(session, request.source, repoPath)
    const plan = await pullPlan(session, table, request, options?.order)
    if (plan.keys.length > 0 && options?.onNullKeys !== undefined) {
      const [found] = await session.rows(renderNullKeyCount(plan, duckdbDialect))
      options.onNullKeys(Number(found?.[0] ?? 0))
    }
    if (options?.order !== 'entityKey') {
      yield* streamBatches(session, renderPullLatest(plan, duckdbDialect), resultColumnsOf(plan))
      return
    }
    const parts = await partsOf(session, table, plan, request)
    yield* pullParts(session, request, repoPath, parts, options.signal)
  }, options?.signal)
}

/** The latest row of each key, part after part. Those of a part are put in order, so all is read before the first comes. */
async function* pullParts(
  session: Session,
  request: PullRequest,
  repoPath: string,
  parts: readonly string[],
  signal: AbortSignal | undefined,
): AsyncIterable<RecordBatch> {
  const { name, path } = fileSourceOf(request.source)
  const what = `data source "${name}"`
  let planned: { readonly state: string; readonly plan: PullPlan } | undefined
  for (const part of parts) {
    const read = async function* (files: readonly string[], state: string): AsyncIterable<RecordBatch> {
      signal?.throwIfAborted()
      if (planned?.state !== state) {
        const table = await openParquet(session, files, name, what)
        planned = { state, plan: await pullPlan(session, table, request, 'entityKey') }
      }
      const { plan } = planned
      const sql = renderPullLatest({ ...plan, where: [...plan.where, part] }, duckdbDialect)
      yield* streamBatches(session, sql, resultColumnsOf(plan), loadBatchRows)
    }
    yield* fromUnchangedFiles(() => sourceFiles(path, repoPath, what), read, what)
  }
}

const everyKey = 'true'

/**
 * The engine keeps some ninety bytes per row while it looks for the latest ones and orders them. More rows than these
 * are read in parts of the keys, each with a scan of its own, so that memory does not grow with the number of entities.
 * Many parts mean many scans, so a large source is read in larger ones.
 */
const rowsPerPart = (rows: number): number => (rows <= 4_000_000 ? 500_000 : 1_000_000)

/** A part that is so many times as large as the average is not what memory is bounded with. */
const mostOfAverage = 1.5

/** Conditions of which every key meets exactly one. */
async function partsOf(
  session: Session,
  table: SourceTable,
  plan: PullPlan,
  request: PullRequest,
): Promise<readonly string[]> {
  if (plan.keys.length === 0 || table.rows <= rowsPerPart(table.rows)) return [everyKey]
  const rows = await session.rows(renderCount(plan)).then(([found]) => Number(found?.[0] ?? 0))
  const count = Math.ceil(rows / rowsPerPart(rows))
  if (count <= 1) return [everyKey]
  const keys = request.keyColumns.map((name) => requireColumn(table, name, 'pull'))
  const partition = await evenPartition(session, plan, entityKeyPartitions(keys, count), (rows / count) * mostOfAverage)
  return Array.from({ length: count }, (_, index) => `${partition} = ${index}`)
}

/** The first partition without a part of more rows than `most`, else the last. */
async function evenPartition(
  session: Session,
  plan: PullPlan,
  partitions: readonly string[],
  most: number,
): Promise<string | undefined> {
  for (const partition of partitions.slice(0, -1)) {
    const [largest] = await session.rows(renderLargestGroup(plan, partition))
    if (Number(largest?.[0] ?? 0) <= most) return partition
  }
  return partitions.at(-1)
}

/** Every row of the window, in the order of the files. */
export function pullAll(
  engine: Engine,
  request: PullRequest,
  repoPath: string,
  signal: AbortSignal | undefined,
): AsyncIterable<RecordBatch> {
  return engine.streamSession(async function* (session) {
    const plan = await pullPlan(session, await openSourceTable(session, request.source, repoPath), request)
    yield* streamBatches(session, renderPullAll(plan, duckdbDialect), resultColumnsOf(plan))
  }, signal)
}

const resultColumnsOf = (plan: PullPlan): { readonly name: string }[] =>
  plan.columns.map(({ output }) => ({ name: output }))

async function pullPlan(
  session: Session,
  table: SourceTable,
  request: PullRequest,
  resultOrder: 'source' | 'entityKey' = 'source',
): Promise<PullPlan> {
  const user = 'pull'
  const timestamp = requireTimeColumn(table, request.timestampColumn, user)
  const created = request.createdColumn === null ? null : requireTimeColumn(table, request.createdColumn, user)
  const { order } = await rowOrderOf(session, table, timestamp, created)
  const names = [
    ...request.keyColumns,
    ...request.featureColumns,
    timestamp.name,
    ...(created === null ? [] : [created.name]),
  ]
  const keys = request.keyColumns.map((name) => requireColumn(table, name, user))
  return {
    relation: table.relation,
    position: table.position,
    keys: keys.map(({ column }) => column),
    timestampColumn: timestamp.column,
    createdColumn: created?.column ?? null,
    columns: [...new Set(names)].map((name) => ({ column: requireColumn(table, name, user).column, output: name })),
    where: timeBounds(
      duckdbDialect.identifier(timestamp.column),
      timestamp.type,
      request.start?.epochMicros ?? null,
      request.end?.epochMicros ?? null,
    ),
    order,
    orderBy: resultOrder === 'entityKey' ? entityKeyOrder(keys) : [],
  }
}

/** The oldest event time; null when there is none. */
export function oldestEvent(
  engine: Engine,
  source: DataSource,
  timestampColumn: string,
  repoPath: string,
): Promise<Instant | null> {
  return engine.withSession(async (session) => {
    const table = await openSourceTable(session, source, repoPath)
    const { column } = requireTimeColumn(table, timestampColumn, `data source "${source.name}"`)
    const micros = `min(epoch_us(${duckdbDialect.identifier(column)}))`
    const [found] = await session.rows(`SELECT ${micros} FROM ${table.relation}`)
    return typeof found?.[0] === 'bigint' ? Instant.fromEpochMicros(found[0]) : null
  })
}
