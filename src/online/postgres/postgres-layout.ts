import type { OnlineTable } from '../../plugin/online-store.ts'
import { pythonFloat } from '../../types/python-float.ts'
import { decodeValue, valueKind } from '../../types/value-codec.ts'
import { quoteIdentifier, tableName } from '../sql-common/identifiers.ts'
import type { PostgresConfig } from './postgres-config.ts'

/** Tables and indexes of Feast's PostgreSQL store. */

/** A name as the server keeps it: it cuts names to 63 bytes, at the border of a character. */
export function keptName(name: string): string {
  const bytes = Buffer.from(name)
  if (bytes.length <= 63) return name
  let end = 63
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/** The name of a view's table, with its schema. */
export function qualifiedName(config: PostgresConfig, table: OnlineTable | string): string {
  const name = typeof table === 'string' ? table : tableName(table)
  return `${quoteIdentifier(config.schema)}.${quoteIdentifier(name)}`
}

/** What `feast apply` makes for a view, by the name of each; every statement stands alone. */
export function relationsOf(config: PostgresConfig, table: OnlineTable): Readonly<Record<string, string>> {
  const name = tableName(table)
  const qualified = qualifiedName(config, name)
  const columns = [
    'entity_key BYTEA',
    'feature_name TEXT',
    'value BYTEA',
    'value_text TEXT NULL',
    ...(config.numbers ? ['value_num DOUBLE PRECISION NULL'] : []),
    `vector_value ${config.vectors ? 'vector' : 'BYTEA'} NULL`,
    'event_ts TIMESTAMPTZ',
    'created_ts TIMESTAMPTZ',
    'PRIMARY KEY (entity_key, feature_name)',
  ]
  const [keys, words] = [`${name}_ek`, `${name}_fts_idx`]
  const hasText = table.features.some(({ type }) => type.kind === 'scalar' && type.name === 'string')
  return {
    [name]: `CREATE TABLE IF NOT EXISTS ${qualified} (${columns.join(', ')})`,
    [keys]: `CREATE INDEX IF NOT EXISTS ${quoteIdentifier(keys)} ON ${qualified} (entity_key)`,
    ...(hasText && {
      [words]: `CREATE INDEX IF NOT EXISTS ${quoteIdentifier(words)} ON ${qualified} USING GIN (to_tsvector('english', value_text))`,
    }),
  }
}

const vectorCases: ReadonlySet<string> = new Set([
  'float_list_val',
  'double_list_val',
  'int32_list_val',
  'int64_list_val',
])

/** The `vector_value` of a serialised list of numbers: Python's `str()` of the list; null for other values. */
export function vectorText(value: Uint8Array): string | null {
  const kind = value.length === 0 ? null : valueKind(value)
  if (kind === null || !vectorCases.has(kind)) return null
  const list = decodeValue(value)
  if (!Array.isArray(list)) return null
  const isFloat = kind.startsWith('float') || kind.startsWith('double')
  return `[${list.map((each) => (isFloat ? pythonFloat(Number(each)) : String(each))).join(', ')}]`
}
