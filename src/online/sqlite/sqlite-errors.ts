import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { sqliteResultCode } from '../../base/node-sqlite.ts'

/** Primary result codes of SQLite. */
const resultCodes = { busy: 5, locked: 6, corrupt: 11, notADatabase: 26 } as const

/** True when another connection held a lock, so that trying again can succeed. */
export function isBusy(error: unknown): boolean {
  const code = sqliteResultCode(error)
  return code === resultCodes.busy || code === resultCodes.locked
}

/** What users see for an error of the driver; an error that is not the driver's is passed on as it is. */
export function sqliteError(error: unknown, path: string): unknown {
  const code = sqliteResultCode(error)
  if (code === undefined || !(error instanceof Error)) return error
  if (/^no such (table|column): |has no column named/.test(error.message)) {
    return new FeatureStoreError('FTS5010', {
      message: `The online store ${path} is not set up for this view: ${error.message}.`,
      hint: 'run `feast apply`',
      cause: error,
    })
  }
  if (isBusy(error)) {
    return new FeatureStoreError('FTS5011', {
      message: `The online store ${path} stayed locked by another process.`,
      cause: error,
    })
  }
  if (code === resultCodes.notADatabase || code === resultCodes.corrupt) {
    return new FeatureStoreError('FTS5013', {
      message: `The online store ${path} is not a readable SQLite database: ${error.message}.`,
      cause: error,
    })
  }
  return new FeatureStoreError('FTS5012', {
    message: `The online store ${path} could not be used: ${error.message}.`,
    cause: error,
  })
}

export function sqliteClosed(path: string): FeatureStoreError {
  return new FeatureStoreError('FTS5026', { message: `The online store ${path} was closed before it was used.` })
}
