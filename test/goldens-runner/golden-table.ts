import type { DataType as ArrowType, Table } from 'apache-arrow'
import { Instant } from '../../src/base/instant.ts'
import { rowsFromBatch } from '../../src/types/arrow.ts'
import { type GoldenValue, listOf, objectOf, readGoldenJson } from './golden-json.ts'
import { splitTopLevel } from './parse-type.ts'

/** A table to compare: columns with their types in pyarrow's notation, rows as lists of cells. */
export interface GoldenTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
}

/** An expected table: `columns` with an `arrow` type each, and `rows`. */
export function readGoldenTable(path: string): GoldenTable {
  const { columns, rows } = objectOf(readGoldenJson(path))
  const typed = listOf(columns).map((column) => {
    const { name, arrow } = objectOf(column)
    return { name: String(name), type: String(arrow) }
  })
  return {
    columns: typed,
    rows: listOf(rows).map((row) => listOf(row).map((cell, index) => cellOf(cell, typed[index]?.type ?? 'null'))),
  }
}

const spelled: { readonly [text: string]: number } = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** A cell of the JSON form as the value of a column of a type. */
export function cellOf(cell: GoldenValue, type: string): unknown {
  if (cell === null) return null
  if (Array.isArray(cell)) return listCell(cell, type)
  if (typeof cell === 'object') return objectCell(cell as { readonly [name: string]: GoldenValue }, type)
  if (typeof cell !== 'string') return cell
  if (type.startsWith('timestamp') || type.startsWith('date')) return Instant.parse(cell) ?? cell
  return /^(double|float|halffloat)$/.test(type) ? (spelled[cell] ?? cell) : cell
}

function listCell(cell: readonly GoldenValue[], type: string): unknown {
  if (type.startsWith('map<')) return Object.fromEntries(cell.map((entry) => listOf(entry) as [string, GoldenValue]))
  return cell.map((element) => cellOf(element, innerType(type)))
}

function objectCell(cell: { readonly [name: string]: GoldenValue }, type: string): unknown {
  if (typeof cell.base64 === 'string') return Uint8Array.from(Buffer.from(cell.base64, 'base64'))
  const fields = new Map(splitTopLevel(/^struct<(.*)>$/s.exec(type)?.[1] ?? '', ',').map((field) => splitField(field)))
  return Object.fromEntries(
    Object.entries(cell).map(([name, part]) => [name, cellOf(part, fields.get(name) ?? 'string')]),
  )
}

function splitField(text: string): [string, string] {
  const colon = text.indexOf(':')
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}

function innerType(type: string): string {
  return /^[a-z_]*list<(?:[^:<>]*: )?(.*)>/s.exec(type)?.[1] ?? 'string'
}

/** A result of ours in the same form. */
export function goldenTableOf(table: Table): GoldenTable {
  const columns = table.schema.fields.map((field) => ({ name: field.name, type: pyarrowType(field.type) }))
  const rows = rowsFromBatch(table).map((row) => columns.map((column) => row[column.name] ?? null))
  return { columns, rows }
}

interface Shape {
  readonly typeId: number
  readonly bitWidth?: number
  readonly isSigned?: boolean
  readonly precision?: number
  readonly scale?: number
  readonly unit?: number
  readonly timezone?: string | null
  readonly children?: readonly { readonly name: string; readonly type: ArrowType }[] | null
  readonly dictionary?: ArrowType
}

const floats = ['halffloat', 'float', 'double'] as const
const units = ['s', 'ms', 'us', 'ns'] as const

/** Names of pyarrow by Arrow type id. */
const names: { readonly [typeId: number]: (type: Shape) => string } = {
  1: () => 'null',
  2: ({ bitWidth, isSigned }) => `${isSigned === false ? 'u' : ''}int${bitWidth}`,
  3: ({ precision }) => floats[precision ?? 2] ?? 'double',
  4: () => 'binary',
  5: () => 'string',
  6: () => 'bool',
  7: ({ precision, scale }) => `decimal128(${precision}, ${scale})`,
  8: ({ unit }) => (unit === 0 ? 'date32[day]' : 'date64[ms]'),
  10: ({ unit, timezone }) => `timestamp[${units[unit ?? 0]}${timezone ? `, tz=${timezone}` : ''}]`,
  12: list,
  13: ({ children }) =>
    `struct<${(children ?? []).map((field) => `${field.name}: ${pyarrowType(field.type)}`).join(', ')}>`,
  16: list,
  17: ({ children }) => {
    const [key, value] = ((children?.[0]?.type as Shape | undefined)?.children ?? []).map((field) =>
      pyarrowType(field.type),
    )
    return `map<${key}, ${value}>`
  },
  19: () => 'large_binary',
  20: () => 'large_string',
  [-1]: ({ dictionary }) => (dictionary === undefined ? 'null' : pyarrowType(dictionary)),
}

function list({ children }: Shape): string {
  const element = children?.[0]
  return `list<item: ${element === undefined ? 'null' : pyarrowType(element.type)}>`
}

export function pyarrowType(type: ArrowType): string {
  const shape = type as unknown as Shape
  return names[shape.typeId]?.(shape) ?? String(type)
}

/** A type without what the goldens leave open: units of time, names of list elements, the width of text offsets. */
export function looseType(type: string): string {
  return type
    .replaceAll(/timestamp\[(?:s|ms|us|ns)/g, 'timestamp[')
    .replaceAll(/list<[A-Za-z_]+: /g, 'list<')
    .replaceAll(/large_(string|binary)/g, '$1')
}
