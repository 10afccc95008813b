import type { DataType } from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'
import { misfit } from './value-leaf.ts'

/** True for maps, structs and lists of them, which data frames and files often keep as JSON text. */
export function mayBeJsonText(type: DataType): boolean {
  if (type.kind === 'array') return type.of.kind !== 'array' && mayBeJsonText(type.of)
  return type.kind === 'struct' || (type.kind === 'scalar' && type.name === 'map')
}

/**
 * What a JSON text holds; any other value is returned as it is. Whole numbers become `bigint`, those with a point or an
 * exponent stay numbers: that decides how they are stored, as it does in Python.
 *
 * @throws FTS5081 for a text that is not JSON.
 */
export function fromJsonText<T>(value: T): T | FeatureValue {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value, readWhole)
  } catch {
    return misfit(value, 'JSON text')
  }
}

/** Reviver of JSON.parse, which tells the text of each number as well. */
function readWhole(_name: string, part: unknown, context?: { readonly source?: string }): unknown {
  const { source = '' } = context ?? {}
  return typeof part === 'number' && /^-?\d+$/.test(source) ? BigInt(source) : part
}
