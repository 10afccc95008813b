import { resolve } from 'node:path'
import type { Table } from 'apache-arrow'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { type Field, plainField } from '../model/field.ts'
import type { EntityRows } from '../plugin/offline-store.ts'
import type { ResolvedFeatures } from '../registry/resolved-features.ts'
import { coerceValue, naturalValue } from '../types/coerce.ts'
import { formatDataType, unixTimestamp } from '../types/data-type.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'
import { describeValue } from '../types/value-leaf.ts'
import { emptyTable } from './row-batches.ts'
import { toInstant } from './time-input.ts'

/** The column of event times that always wins, as in Feast. */
export const eventTimestampColumn = 'event_timestamp'

/**
 * The rows that features are wanted for: objects, an Arrow table, a Parquet or CSV file, or a query over the project's
 * sources, each a table of the source's name with the columns that it has there, before the field mapping. A bare text
 * is a query when it begins with SELECT, WITH or FROM and a blank, and else a path; `{ sql }` and `{ path }` leave no
 * doubt. Relative paths start at the working directory.
 */
export type EntityInput =
  | readonly Readonly<Record<string, unknown>>[]
  | Table
  | string
  | { readonly sql: string }
  | { readonly path: string }

const queryStart = /^\s*(select|with|from)\s/i

/** @throws FTS4507 when the input is of no known form, FTS4508 and FTS4503 for a value of the wrong type. */
export async function toEntityRows(input: EntityInput, resolved: ResolvedFeatures): Promise<EntityRows> {
  if (typeof input === 'string' && input.trim() !== '') {
    return queryStart.test(input) ? { kind: 'sql', query: input } : { kind: 'file', path: toPath(input) }
  }
  if (isRows(input)) return fromObjects(input, resolved)
  if (isTable(input)) return { kind: 'table', table: input }
  if (typeof input === 'object' && input !== null) {
    if ('sql' in input && typeof input.sql === 'string') return { kind: 'sql', query: input.sql }
    if ('path' in input && typeof input.path === 'string') return { kind: 'file', path: toPath(input.path) }
  }
  throw new FeatureStoreError('FTS4507', {
    message: `Entity rows are an array of objects, an Arrow table, a path or a query; this is ${formOf(input)}.`,
    field: 'entities',
  })
}

function formOf(input: unknown): string {
  if (typeof input === 'string') return 'an empty text'
  if (typeof input === 'object') return input === null ? 'null' : 'another object'
  return `a ${typeof input}`
}

function isRows(input: unknown): input is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(input)
}

/** Recognised by its shape, so that a table of another copy of the Arrow library is one too. */
export function isTable(input: unknown): input is Table {
  return typeof input === 'object' && input !== null && 'schema' in input && 'batches' in input
}

function toPath(path: string): string {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(path) ? path : resolve(path)
}

async function fromObjects(
  input: readonly Readonly<Record<string, unknown>>[],
  resolved: ResolvedFeatures,
): Promise<EntityRows> {
  const declared = declaredFields(resolved)
  if (input.length === 0) {
    const columns = [plainField(eventTimestampColumn, unixTimestamp), ...declared.values()]
    return { kind: 'table', table: await emptyTable(columns) }
  }
  const rows = input.map((object, row) => {
    if (typeof object !== 'object' || object === null) {
      const message = `Entity row ${row} is ${object === null ? 'null' : `a ${typeof object}`}, not an object.`
      throw new FeatureStoreError('FTS4507', { message, field: `entities[${row}]` })
    }
    return Object.fromEntries(
      Object.entries(object).map(([name, value]) => [name, entityValue(value, name, row, declared.get(name))]),
    )
  })
  return { kind: 'rows', rows: withSameColumns(rows) }
}

/** Types that the request declares for entity columns: of join keys and of request values. */
function declaredFields(resolved: ResolvedFeatures): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>()
  for (const view of resolved.views) {
    for (const { column, field } of view.joinKeys) fields.set(column, { ...field, name: column })
  }
  for (const field of resolved.requestFields) fields.set(field.name, field)
  return fields
}

function entityValue(value: unknown, name: string, row: number, field: Field | undefined): FeatureValue {
  if (value === null || value === undefined) return null
  if (name === eventTimestampColumn && (typeof value === 'string' || value instanceof Date)) {
    return toInstant(value, `entities[${row}].${name}`)
  }
  if (field === undefined) return naturalValue(value)
  try {
    return coerceValue(value, field.type)
  } catch (cause) {
    throw new FeatureStoreError('FTS4508', {
      message: `"${name}" of entity row ${row} is ${formatDataType(field.type)}, and ${describeValue(value)} is not.`,
      field: `entities[${row}].${name}`,
      cause,
    })
  }
}

/** Every row with the columns of all rows, in order of first mention: what a row lacks is null. */
function withSameColumns(rows: readonly FeatureRow[]): readonly FeatureRow[] {
  const nothing: Record<string, FeatureValue> = {}
  let same = true
  for (const row of rows) {
    const before = Object.keys(nothing).length
    for (const name of Object.keys(row)) nothing[name] = null
    const count = Object.keys(nothing).length
    same &&= (before === 0 || before === count) && Object.keys(row).length === count
  }
  return same ? rows : rows.map((row) => ({ ...nothing, ...row }))
}
