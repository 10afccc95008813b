import type { OnlineTable } from '../../plugin/online-store.ts'
import { decodeValue } from '../../types/value-codec.ts'

/**
 * Names, DDL and derived columns of Feast's SQLite store. The text of the DDL is, blank for blank, what `feast apply`
 * leaves in `sqlite_master`. Source: `feast/infra/online_stores/sqlite.py`.
 */

/** One table per view, or per version of it where versions have tables of their own. */
export function tableName(table: OnlineTable): string {
  const version = table.version !== null && table.version > 0 ? `_v${table.version}` : ''
  return `${table.project}_${table.view}${version}`
}

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

/** An identifier that is always quoted. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Feast writes names into its DDL unquoted; what would not be a name that way is quoted. */
function plainName(name: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !/^current_(date|time|timestamp)$/i.test(name)
  return plain ? name : quoteName(name)
}

/** The `value_text` of a serialised `Value`: Python's `str()` of text, numbers and truth values; null for the rest. */
export function valueText(value: Uint8Array): string | null {
  switch (value[0]) {
    case 0x12: // string_val
    case 0x18: // int32_val
    case 0x20: // int64_val
      return String(decodeValue(value))
    case 0x29: // double_val
    case 0x35: // float_val
      return pythonFloat(Number(decodeValue(value)))
    case 0x38: // bool_val
      return decodeValue(value) === true ? 'True' : 'False'
    default:
      return null
  }
}

/** The `value_num` of a serialised `Value`: numbers, and truth values as 1 and 0. */
export function valueNumber(value: Uint8Array): number | null {
  const kind = value[0]
  const numeric = kind === 0x18 || kind === 0x20 || kind === 0x29 || kind === 0x35 || kind === 0x38
  return numeric ? Number(decodeValue(value)) : null
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

/** A float as Python's `repr` writes it: `1.0`, `1e+16`, `1e-05`, `nan`. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const magnitude = Math.abs(value)
  if (magnitude === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (magnitude >= 1e-4 && magnitude < 1e16) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [mantissa, exponent = ''] = value.toExponential().split('e')
  return `${mantissa}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`
}
