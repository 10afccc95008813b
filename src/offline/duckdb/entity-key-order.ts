import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import type { TableColumn } from './source-table.ts'

/**
 * Expressions that order rows nearly by the bytes of their serialised entity keys: a whole number is written from its
 * lowest byte on, a text after its length. Beyond the two lowest bytes numbers keep their own order, which leaves few
 * keys that are not near their neighbours. Other types, which keys rarely have, come in their own order.
 */
export function entityKeyOrder(keys: readonly TableColumn[]): readonly string[] {
  return keys.flatMap((key) => {
    const name = duckdbDialect.identifier(key.column)
    if (isWholeNumber(key)) return [lowestBytes(key), name]
    return key.type === 'VARCHAR' ? [`strlen(${name})`, name] : [name]
  })
}

/**
 * Ways to split the keys into `count` parts: numbers from 0 on, as SQL. All but the last follow {@link entityKeyOrder} of
 * one key, and make parts of about one size only where its lowest bytes vary; the last one does whatever the keys are.
 */
export function entityKeyPartitions(keys: readonly TableColumn[], count: number): readonly string[] {
  const names = keys.map(({ column }) => duckdbDialect.identifier(column))
  return [
    ...keys.filter(isWholeNumber).map((key) => `(${lowestBytes(key)} * ${count}) >> 16`),
    `hash(${names.join(', ')}) % ${count}`,
  ]
}

/** The two lowest bytes, the lowest first, as a number. */
function lowestBytes({ column }: TableColumn): string {
  const number = `${duckdbDialect.identifier(column)}::BIGINT`
  return `(((${number} & 255) << 8) | ((${number} >> 8) & 255))`
}

const isWholeNumber = ({ type }: TableColumn): boolean => wholeNumbers.has(type)

const wholeNumbers = new Set(['SMALLINT', 'INTEGER', 'BIGINT'])
