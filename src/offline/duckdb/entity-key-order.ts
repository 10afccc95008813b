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

/**
 * Conditions that split the keys into `count` parts of about one size, at most 256: every key meets exactly one. Parts
 * follow each other in the order of {@link entityKeyOrder} where the first key is a whole number.
 */
export function entityKeyParts(keys: readonly TableColumn[], count: number): readonly string[] {
  const parts = Math.max(1, Math.min(256, count))
  const [first] = keys
  if (first === undefined || parts === 1) return ['true']
  const names = keys.map(({ column }) => duckdbDialect.identifier(column))
  const part = wholeNumbers.has(first.type)
    ? `((${names[0]} & 255) * ${parts}) >> 8`
    : `hash(${names.join(', ')}) % ${parts}`
  return Array.from({ length: parts }, (_, index) => `${part} = ${index}`)
}

const wholeNumbers = new Set(['SMALLINT', 'INTEGER', 'BIGINT'])
