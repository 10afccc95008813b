import type { Table } from 'apache-arrow'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { loadArrow, rowsFromBatch, tableFromRows } from '../types/arrow.ts'
import { coerceValue } from '../types/coerce.ts'
import { type DataType, formatDataType } from '../types/data-type.ts'
import type { FeatureRow } from '../types/feature-value.ts'
import { describeValue } from '../types/value-leaf.ts'
import { isTable } from './entity-rows.ts'
import { batchOf } from './row-batches.ts'

/** Rows that are written: objects or an Arrow table. */
export type RowsInput = readonly Readonly<Record<string, unknown>>[] | Table

/** The same rows, when they are of a form that can be written. @throws FTS4516 */
export function requireRows(rows: RowsInput): RowsInput {
  if (isTable(rows)) return rows
  const refuse = (what: string, value: unknown, field: string): never => {
    const kind = value === null ? 'null' : `a ${typeof value}`
    throw new FeatureStoreError('FTS4516', {
      message: `${what} is ${kind}, not ${field === 'rows' ? 'rows' : 'an object'}.`,
      field,
    })
  }
  if (!Array.isArray(rows)) return refuse('What is to be written', rows, 'rows')
  const odd = rows.findIndex((row: unknown) => typeof row !== 'object' || row === null)
  return odd === -1 ? rows : refuse(`Row ${odd}`, rows[odd], `rows[${odd}]`)
}

/** The names of all columns, in order of first mention. */
export function columnNames(rows: RowsInput): readonly string[] {
  if (isTable(rows)) return rows.schema.fields.map((field) => field.name)
  const names = new Set<string>()
  for (const row of rows) for (const name of Object.keys(row)) names.add(name)
  return [...names]
}

export function rowCountOf(rows: RowsInput): number {
  return isTable(rows) ? rows.numRows : rows.length
}

/** Objects of either form. */
export function objectsOf(rows: RowsInput): readonly Readonly<Record<string, unknown>>[] {
  return isTable(rows) ? rowsFromBatch(rows) : rows
}

/** The same rows with some columns under other names. */
export async function renameColumns(rows: RowsInput, names: ReadonlyMap<string, string>): Promise<RowsInput> {
  if (names.size === 0) return rows
  const renamed = (name: string): string => names.get(name) ?? name
  if (!isTable(rows)) {
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [renamed(name), value])))
  }
  const { Field, Table } = await loadArrow()
  const fields = rows.schema.fields.map(
    (field) => new Field(renamed(field.name), field.type, field.nullable, field.metadata),
  )
  const batches = rows.batches.map(({ data, numRows }) => {
    const columns = data.children.flatMap((child, index) => {
      const field = fields[index]
      return field === undefined ? [] : [{ field, data: child }]
    })
    return batchOf(columns, numRows)
  })
  return new Table(await Promise.all(batches))
}

/**
 * An Arrow table with the given columns; a table comes back as it is.
 * @throws FTS4508 for a value that is not of its column's type.
 */
export async function tableOf(
  rows: RowsInput,
  columns: readonly { readonly name: string; readonly type: DataType }[],
): Promise<Table> {
  if (isTable(rows)) return rows
  await loadArrow()
  const typed = rows.map((row, index) => typedRow(row, index, columns))
  return tableFromRows(typed, columns)
}

/** @throws FTS4508 */
export function typedRow(
  row: Readonly<Record<string, unknown>>,
  index: number,
  columns: readonly { readonly name: string; readonly type: DataType }[],
): FeatureRow {
  return Object.fromEntries(
    columns.map(({ name, type }) => {
      try {
        return [name, coerceValue(row[name], type)]
      } catch (cause) {
        throw new FeatureStoreError('FTS4508', {
          message: `"${name}" of row ${index} is ${formatDataType(type)}, and ${describeValue(row[name])} is not.`,
          field: `rows[${index}].${name}`,
          cause,
        })
      }
    }),
  )
}
