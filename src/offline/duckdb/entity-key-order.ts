import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import type { TableColumn } from './source-table.ts'

/**
 * Expressions that order rows nearly by the bytes of their serialised entity keys: a whole number is written from its
 * lowest byte on, a text after its length. Beyond the two lowest bytes numbers keep their own order, which leaves few
 * keys that are not near their neighbours. Types that keys rarely have are not ordered by.
 */
export function entityKeyOrder(keys: readonly TableColumn[]): readonly string[] {
  return keys.flatMap(({ column, type }) => {
    const name = duckdbDialect.identifier(column)
    if (wholeNumbers.has(type)) return [`((${name} & 255) << 8) | ((${name} >> 8) & 255)`, name]
    return type === 'VARCHAR' ? [`strlen(${name})`, name] : []
  })
}

const wholeNumbers = new Set(['SMALLINT', 'INTEGER', 'BIGINT'])
