import type * as Sqlite from 'node:sqlite'

/**
 * Node's own SQLite. Node warns on first use that the module is experimental, which a user of a feature store can do
 * nothing about: that one warning is dropped, every other is passed on.
 */
export function loadSqlite(): typeof Sqlite {
  const emit = process.emitWarning
  process.emitWarning = (...args: unknown[]): void => {
    if (!isSqliteWarning(args[0])) Reflect.apply(emit, process, args)
  }
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emit
  }
}

/** The primary result code of an error of SQLite; undefined for other errors. */
export function sqliteResultCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  // An extended code carries its primary one in the low byte.
  return typeof code === 'number' ? code & 0xff : undefined
}

function isSqliteWarning(warning: unknown): boolean {
  const text = warning instanceof Error ? warning.message : String(warning)
  return text.startsWith('SQLite is an experimental feature')
}
