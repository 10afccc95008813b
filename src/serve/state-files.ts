import { mkdirSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { loadSqlite, sqliteResultCode } from '../base/node-sqlite.ts'
import type { FeatureStoreConfig } from '../config/feature-store-config.ts'

const busyMillis = 5000

/** Where a server keeps what must outlive it: `feature_server.state_path`, or a folder beside the data. */
export function stateFolder(config: FeatureStoreConfig, repoPath: string): string {
  const path = config.featureServer?.state_path
  if (typeof path !== 'string') return join(repoPath, 'data', '.feature-server', config.project)
  return isAbsolute(path) ? path : join(repoPath, path)
}

/**
 * An SQLite database that several processes of a machine share, and whose commits are on disk when they return.
 * @throws FTS7010
 */
export function openStateDatabase(path: string, tables: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const { DatabaseSync } = loadSqlite()
    const database = new DatabaseSync(path, { timeout: busyMillis })
    // Processes that open a new file at once disturb each other in a way that SQLite does not wait for.
    whenFree(() => database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL'))
    database.exec(tables)
    return database
  } catch (cause) {
    throw stateUnusable(path, cause)
  }
}

/** A lock of the operating system on a file, of one process. It ends with the process, however that ends. */
export class ProcessLock {
  readonly #path: string
  readonly #database: DatabaseSync

  constructor(path: string) {
    this.#path = path
    try {
      const { DatabaseSync } = loadSqlite()
      this.#database = new DatabaseSync(path, { timeout: 0 })
    } catch (cause) {
      throw stateUnusable(path, cause)
    }
  }

  /** Whether it was free and is taken now. @throws FTS7010 */
  take(): boolean {
    try {
      this.#database.exec('BEGIN EXCLUSIVE')
      return true
    } catch (cause) {
      if (isBusy(cause)) return false
      throw stateUnusable(this.#path, cause)
    }
  }

  release(): void {
    this.#database.exec('ROLLBACK')
  }

  close(): void {
    this.#database.close()
  }
}

/** FTS7010 for a file. */
export function stateUnusable(path: string, cause: unknown): FeatureStoreError {
  const fault = cause instanceof Error ? cause.message : String(cause)
  return new FeatureStoreError('FTS7010', {
    message: `The file "${path}", in which the server keeps its state, cannot be used: ${fault}.`,
    cause,
  })
}

const sqliteBusy = 5

const isBusy = (error: unknown): boolean => sqliteResultCode(error) === sqliteBusy

function whenFree(work: () => void): void {
  const until = Date.now() + busyMillis
  for (;;) {
    try {
      work()
      return
    } catch (error) {
      if (!isBusy(error) || Date.now() > until) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}
