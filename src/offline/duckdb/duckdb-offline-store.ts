import { rm } from 'node:fs/promises'
import type { OfflineStore } from '../../plugin/offline-store.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'
import type { JoinStrategy } from '../../sql/point-in-time-plan.ts'
import { appendToSource } from './append-rows.ts'
import { duckdbConfig } from './duckdb-config.ts'
import { type Engine, openEngine } from './duckdb-driver.ts'
import { readLogs, writeLogs } from './feature-logs.ts'
import { historicalJob } from './historical-job.ts'
import { persistBatches, readPersisted } from './saved-datasets.ts'
import { oldestEvent, pullAll, pullLatest } from './source-reads.ts'
import { sourceColumns } from './source-schema.ts'

/** What tests and measurements may force. */
export interface DuckdbOverrides {
  readonly strategy?: JoinStrategy
  /** Never packs the order of rows into an integer, as for a source without statistics. */
  readonly recordOrder?: boolean
}

/**
 * The embedded offline store: Parquet files, joined by DuckDB in this process. It answers to Feast's `file`, `dask` and
 * `duckdb`. Several jobs may run at once, each in a session of its own.
 */
export async function openDuckdbOfflineStore(
  options: StoreOptions,
  overrides: DuckdbOverrides = {},
): Promise<OfflineStore> {
  const { repoPath } = options
  const config = duckdbConfig(process.env)
  let opened: Promise<Engine> | undefined
  // The engine is a native library of some ten megabytes: a store that is opened but not used does not load it.
  const engine: Engine = {
    async withSession(work, signal) {
      opened ??= openEngine(config)
      return (await opened).withSession(work, signal)
    },
    async *streamSession(work, signal) {
      opened ??= openEngine(config)
      yield* (await opened).streamSession(work, signal)
    },
    close: () => {},
  }
  const planOptions = { ...overrides, repoPath, keepNaive: !options.store.coerceTzAware }
  return {
    historical: (request) => historicalJob(engine, request, planOptions),
    pullLatest: (request, pull) => pullLatest(engine, request, repoPath, pull),
    pullAll: (request, signal) => pullAll(engine, request, repoPath, signal),
    columns: (source) => sourceColumns(engine, source, repoPath),
    oldestEvent: (source, timestampColumn) => oldestEvent(engine, source, timestampColumn, repoPath),
    append: (source, rows, options) => appendToSource(engine, source, rows, options, repoPath),
    persist: (batches, storage, { overwrite }) => persistBatches(engine, batches, storage, overwrite, repoPath),
    readPersisted: (storage, request) => readPersisted(engine, storage, request, repoPath),
    writeLogs: (rows, destination) => writeLogs(engine, rows, destination, repoPath),
    readLogs: (destination, window) => readLogs(engine, destination, window, repoPath),
    async close() {
      if (opened === undefined) return
      ;(await opened).close()
      opened = undefined
      if (config.ownsTempDirectory) await rm(config.tempDirectory, { recursive: true, force: true })
    },
  }
}
