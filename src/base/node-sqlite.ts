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

function isSqliteWarning(warning: unknown): boolean {
  const text = warning instanceof Error ? warning.message : String(warning)
  return text.startsWith('SQLite is an experimental feature')
}
