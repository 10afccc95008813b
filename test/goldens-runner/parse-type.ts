import type { DataType } from '../../src/types/data-type.ts'
import { array, scalarTypes, set, struct } from '../../src/types/data-type.ts'

const scalars = new Map(
  Object.entries(scalarTypes).flatMap(([name, { feast, enum: code }]): [string, DataType][] => [
    [feast, { kind: 'scalar', name: name as keyof typeof scalarTypes }],
    [code, { kind: 'scalar', name: name as keyof typeof scalarTypes }],
  ]),
)

/** A type in Feast's notation: `Int64`, `INT64`, `Array(Float32)`, `Struct(a:Int64,b:Array(String))`. */
export function parseType(text: string): DataType {
  const trimmed = text.trim()
  const scalar = scalars.get(trimmed)
  if (scalar !== undefined) return scalar
  const call = /^(Array|Set|Struct)\((.*)\)$/s.exec(trimmed)
  const [, name, inner = ''] = call ?? []
  if (name === 'Array') return array(parseType(inner))
  if (name === 'Set') return set(parseType(inner))
  if (name === 'Struct')
    return struct(Object.fromEntries(splitTopLevel(inner.replace(/^\{|\}$/g, ''), ',').map(parseField)))
  throw new Error(`unknown type ${text}`)
}

function parseField(text: string): [string, DataType] {
  const colon = text.indexOf(':')
  return [text.slice(0, colon).trim(), parseType(text.slice(colon + 1))]
}

/** The parts between separators that stand outside all brackets. */
export function splitTopLevel(text: string, separator: string): string[] {
  const parts: string[] = []
  let depth = 0
  let part = ''
  for (const character of text) {
    if ('(<[{'.includes(character)) depth++
    if (')>]}'.includes(character)) depth--
    if (character === separator && depth === 0) {
      parts.push(part)
      part = ''
    } else {
      part += character
    }
  }
  return part.trim() === '' ? parts : [...parts, part]
}
