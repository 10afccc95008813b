import type { SQLInputValue } from 'node:sqlite'
import { decodeValue } from '../../types/value-codec.ts'
import { quoteIdentifier } from '../sql-common/identifiers.ts'
import { valueNumber, valueText } from '../sql-common/value-text.ts'
import type { SqliteConfig } from './sqlite-config.ts'

/**
 * Names, DDL and derived columns of Feast's SQLite store. The text of the DDL is, blank for blank, what `feast apply`
 * leaves in `sqlite_master`. Source: `feast/infra/online_stores/sqlite.py`.
 */

/** The table of a name, and an index on its keys, which Feast also makes. */
export function createStatements(name: string, numbers: boolean): readonly [table: string, index: string] {
  const indent = ' '.repeat(16)
  const columns = [
    'entity_key BLOB,',
    'feature_name TEXT,',
    'value BLOB,',
    'value_text TEXT,',
    numbers ? 'value_num REAL,' : '',
    'vector_value BLOB,',
    'event_ts timestamp,',
    'created_ts timestamp,',
    'PRIMARY KEY(entity_key, feature_name)',
  ]
  const body = columns.map((column) => `${indent}${column}\n`).join('')
  const [table, index] = [plainName(name), plainName(`${name}_ek`)]
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (\n${body}${' '.repeat(12)})`,
    `CREATE INDEX IF NOT EXISTS ${index} ON ${table} (entity_key)`,
  ]
}

/** Columns that files of older versions of Feast lack. */
export const laterColumns: Readonly<Record<string, string>> = { value_text: 'TEXT', vector_value: 'BLOB' }
export const numberColumn: Readonly<Record<string, string>> = { value_num: 'REAL' }

/** Feast writes names into its DDL unquoted; what would not be a name that way is quoted. */
function plainName(name: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !/^current_(date|time|timestamp)$/i.test(name)
  return plain ? name : quoteIdentifier(name)
}

/** The `vector_value` of a serialised list of numbers: 32-bit floats, little-endian; null for other values. */
export function vectorBytes(value: Uint8Array): Uint8Array | null {
  const list = value.length === 0 ? null : decodeValue(value)
  if (!Array.isArray(list)) return null
  const bytes = new Uint8Array(list.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [index, element] of list.entries()) {
    if (typeof element !== 'number' && typeof element !== 'bigint') return null
    view.setFloat32(index * 4, Number(element), true)
  }
  return bytes
}

/** Columns that are derived from a value, besides the value itself. */
export type DerivedColumn = readonly [name: string, of: (value: Uint8Array) => SQLInputValue]

/** The columns that Feast fills beside the value. */
export function derivedColumns(config: SqliteConfig): readonly DerivedColumn[] {
  return [
    ['value_text', valueText],
    ...(config.numbers ? [['value_num', valueNumber] as const] : []),
    ...(config.vectors ? [['vector_value', vectorBytes] as const] : []),
  ]
}
