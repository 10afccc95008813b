import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { loadSqlite } from '../../base/node-sqlite.ts'

/** How long a writer waits for the one before it. */
const patienceMs = 120_000
const firstPauseMs = 2
const longestPauseMs = 50

/**
 * Holds the one write lock of a path, over processes. It is a lock of the operating system on a SQLite file of its own,
 * so a process that dies holds it no longer. The file stays: taking it away would let two writers in.
 * @throws FTS3003 when another process holds it for two minutes
 */
export async function takeWriteLock(path: string): Promise<Disposable> {
  const { DatabaseSync } = loadSqlite()
  const database = new DatabaseSync(path, { timeout: 0 })
  const close = (): void => database.close()
  try {
    const deadline = performance.now() + patienceMs
    for (let pauseMs = firstPauseMs; !tryLock(database); pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      if (performance.now() > deadline) throw lockedError(path)
      await sleep(pauseMs * (0.5 + Math.random()))
    }
  } catch (error) {
    close()
    throw error
  }
  return { [Symbol.dispose]: close }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  }
}

const sqliteBusy = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === sqliteBusy
}

function lockedError(path: string): FeatureStoreError {
  return new FeatureStoreError('FTS3003', {
    message: `Another process has held the write lock ${path} for ${patienceMs / 1000} seconds.`,
    notes: ['the lock is released by itself when that process ends, however it ends'],
  })
}
