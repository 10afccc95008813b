import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { HistoricalJob, HistoricalRequest } from '../../plugin/offline-store.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import { renderPointInTime } from '../../sql/render-point-in-time.ts'
import type { Engine, Session } from './duckdb-driver.ts'
import { loadEntityRows, openEntityRows } from './entity-table.ts'
import { type HistoricalPlan, type PlanOptions, planHistorical } from './historical-plan.ts'
import { copyToParquet } from './parquet-files.ts'
import { streamBatches } from './record-batches.ts'

/** Loads the entity rows into the session and plans. */
async function prepare(
  session: Session,
  request: HistoricalRequest,
  options: PlanOptions,
): Promise<HistoricalPlan & { readonly sql: string; readonly entitySql: string | null }> {
  const entity = await openEntityRows(session, request, options.repoPath)
  const statistics = await loadEntityRows(session, entity)
  const planned = await planHistorical(session, request, entity, statistics, options)
  return { ...planned, sql: renderPointInTime(planned.plan, duckdbDialect), entitySql: entity.sql }
}

/** A job that has a session of its own each time it runs. */
export function historicalJob(engine: Engine, request: HistoricalRequest, options: PlanOptions): HistoricalJob {
  return {
    batches: (signal) =>
      engine.streamSession(async function* (session) {
        const { sql, columns } = await prepare(session, request, options)
        yield* streamBatches(session, sql, columns)
      }, signal),
    toParquet: (path, signal) =>
      engine.withSession(async (session) => {
        const { sql, columns } = await prepare(session, request, options)
        refuseCaseClash(columns.map(({ name }) => name))
        return { rows: await copyToParquet(session, sql, path) }
      }, signal),
    toSql: () =>
      engine.withSession(async (session) => {
        const { sql, entitySql } = await prepare(session, request, options)
        const filled = entitySql ?? '-- The table entity_rows is filled from memory.'
        return `${filled}${entitySql === null ? '' : ';'}\n\n${sql}`
      }),
    explain: () =>
      engine.withSession(async (session) => {
        const { reasons } = await prepare(session, request, options)
        return reasons
          .map(({ view, strategy, reason }) => `${view}: ${strategy} (${strategies[strategy]}); ${reason}`)
          .join('\n')
      }),
    entityColumns: () =>
      engine.withSession(async (session) => {
        const { columns, timestamp } = await openEntityRows(session, request, options.repoPath)
        return { names: columns.map(({ name }) => name), timestamp: timestamp.name }
      }),
  }
}

const strategies = {
  carry: 'hash join, one aggregate carries the features of the latest row',
  gather: 'hash join, one aggregate finds the latest row, a second scan fetches its features',
  asof: 'merge of both sides sorted by key and time',
} as const

/** DuckDB would rename one of two columns that differ only by case. */
function refuseCaseClash(names: readonly string[]): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const other = seen.get(name.toLowerCase())
    if (other !== undefined) {
      throw new FeatureStoreError('FTS4016', {
        message: `The columns "${other}" and "${name}" differ only by case, so they cannot be written to one Parquet file.`,
      })
    }
    seen.set(name.toLowerCase(), name)
  }
}
