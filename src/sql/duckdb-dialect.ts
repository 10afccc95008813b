import { quoted, type SqlDialect } from './dialect.ts'

/** DuckDB 1.5. */
export const duckdbDialect: SqlDialect = {
  name: 'duckdb',
  identifier: (name) => quoted(name, '"'),
  text: (value) => quoted(value, "'"),
  epochMicros: (time) => `epoch_us(${time})`,
  timeOfMicros: (kind, micros) => `${kind === 'zoned' ? 'make_timestamptz' : 'make_timestamp'}(${micros})`,
  wideInteger: (integer) => `${integer}::HUGEINT`,
  // A modulo of a HUGEINT costs ten times as much.
  lowBits: (integer, bits) => `(${integer} & ${(1n << BigInt(bits)) - 1n}::HUGEINT)::BIGINT`,
  // Named: the parts of an unnamed one cannot be reached in every place.
  record: (parts) => `{${parts.map((part, index) => `p${index}: ${part}`).join(', ')}}`,
  recordPart: (record, index) => `struct_extract(${record}, 'p${index}')`,
  argMax: (value, key) => `arg_max_null(${value}, ${key})`,
  asofJoin: (left, right, on) => `${left} ASOF JOIN ${right} ON ${on.join(' AND ')}`,
}
