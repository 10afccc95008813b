import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type * as Sqlite from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { LatestEntries } from '../../base/latest-entries.ts'
import { loadSqlite } from '../../base/node-sqlite.ts'
import { unlessAborted } from '../../base/unless-aborted.ts'
import { isBusy, sqliteClosed, sqliteError } from './sqlite-errors.ts'

/** How long to wait for another process's lock: in SQLite itself (this blocks the thread), and altogether. */
const lockWaitMs = 50
const lockDeadlineMs = 60_000

/** A prepared statement takes some 9 kB, and whoever sends requests chooses which features they read together. */
const mostStatements = 500

/** Up to 16 MiB of pages: enough for loads in the order of keys, which touch an index from left to right. */
const cacheKiB = 16_384

/**
 * One connection, opened when first used. The journal stays in the file's own mode: the write-ahead log would be a
 * lasting change of a file that other programs share, and its newest rows would not be in the file that people copy.
 */
export class SqliteConnection {
  readonly path: string
  #database: Sqlite.DatabaseSync | undefined
  #closed = false
  readonly #statements = new LatestEntries<Sqlite.StatementSync>(mostStatements)

  constructor(path: string) {
    this.path = path
  }

  /**
   * Runs `work` in a transaction, anew from its start when another process held a lock. `work` does not await, so
   * nothing else of this process comes between its statements.
   */
  async transaction<T>(kind: 'read' | 'write', work: () => T, signal?: AbortSignal): Promise<T> {
    const deadline = performance.now() + lockDeadlineMs
    for (;;) {
      signal?.throwIfAborted()
      if (this.#closed) throw sqliteClosed(this.path)
      try {
        return this.#attempt(kind, work)
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw sqliteError(error, this.path)
      }
      await unlessAborted(sleep(1 + Math.random() * lockWaitMs), signal)
    }
  }

  /** The prepared statement of a text, made once as long as there are few others; rows come as arrays. */
  prepare(sql: string): Sqlite.StatementSync {
    return this.#statements.get(sql, () => {
      const statement = this.#open().prepare(sql)
      statement.setReturnArrays(true)
      return statement
    })
  }

  execute(sql: string): void {
    this.#open().exec(sql)
  }

  /** Within a write transaction: takes back what it did so far. */
  startOver(): void {
    this.prepare('ROLLBACK').run()
    this.prepare('BEGIN IMMEDIATE').run()
  }

  close(): void {
    this.#closed = true
    this.#statements.clear()
    this.#database?.close()
    this.#database = undefined
  }

  #attempt<T>(kind: 'read' | 'write', work: () => T): T {
    this.prepare(kind === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN').run()
    try {
      const result = work()
      this.prepare('COMMIT').run()
      return result
    } catch (error) {
      if (this.#open().isTransaction) this.prepare('ROLLBACK').run()
      throw error
    }
  }

  #open(): Sqlite.DatabaseSync {
    if (this.#database !== undefined) return this.#database
    mkdirSync(dirname(this.path), { recursive: true })
    const { DatabaseSync } = loadSqlite()
    const database = new DatabaseSync(this.path, { timeout: lockWaitMs })
    database.exec(`PRAGMA cache_size = -${cacheKiB}`)
    this.#database = database
    return database
  }
}
