import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Instant } from '../base/instant.ts'
import { dummyEntityValue, dummyJoinKey } from '../model/entity.ts'
import type { Field } from '../model/field.ts'
import type { OnlineTable, OnlineWrite } from '../plugin/online-store.ts'
import { coerceValue } from '../types/coerce.ts'
import { type DataType, formatDataType } from '../types/data-type.ts'
import { type EntityKeyVersion, entityKeySerializer, entityKeyValue } from '../types/entity-key.ts'
import type { FeatureValue } from '../types/feature-value.ts'
import { valueEncoder } from '../types/value-codec.ts'
import { describeValue } from '../types/value-leaf.ts'
import { renaming } from './entity-columns.ts'
import { type TimeInput, toInstant } from './time-input.ts'

/** A row as a program gives it. */
export type InputRow = Readonly<Record<string, unknown>>

/** What rows are encoded for. */
export interface EncodingTarget {
  /** Such as `feature view "driver_stats"`. */
  readonly description: string
  readonly table: OnlineTable
  /** Empty for a view without entities. */
  readonly keys: readonly Field[]
  readonly keyVersion: EntityKeyVersion
  /** The column of event times, and that of creation times or null. */
  readonly timestampField: string
  readonly createdField: string | null
  /** Another name that a column may have in the rows: in the source, before its field mapping. */
  readonly otherName: (column: string) => string
}

/**
 * Rows as one write for the online store. Every column of the target must be there; in single rows a missing feature or
 * creation time is null. Columns that the target does not have are left alone.
 * @throws FTS5021 for a missing column, join key or event time, FTS5022 for a value of another type.
 */
export function encodeRows(target: EncodingTarget, rows: readonly InputRow[]): OnlineWrite {
  const column = (name: string, required: boolean): readonly unknown[] => columnOf(target, rows, name, required)
  const keys = target.keys.map((field) => {
    const values = column(field.name, true)
    return values.map((value, row) => keyValueOf(target, field, value, row))
  })
  const joinKeys = target.keys.length === 0 ? [dummyJoinKey] : target.keys.map((field) => field.name)
  const serialize = entityKeySerializer(joinKeys, target.keyVersion)
  const dummy = [{ kind: 'string', value: dummyEntityValue }] as const
  const created = target.createdField === null ? null : column(target.createdField, false)
  return {
    table: target.table,
    entityKeys: rows.map((_, row) =>
      serialize(keys.length === 0 ? dummy : keys.flatMap((values) => values[row] ?? [])),
    ),
    values: target.table.features.map((field) => {
      const encode = valueEncoder(field.type)
      const values = column(field.name, true)
      return values.map((value, row) => fitting(target, field, value, row, (typed) => encode(typed)))
    }),
    eventMicros: column(target.timestampField, true).map(
      (value, row) =>
        timeOf(value, target.timestampField, row)?.epochMicros ?? missing(target, target.timestampField, row),
    ),
    createdMicros: rows.map((_, row) => {
      const value = created?.[row]
      return target.createdField === null ? null : (timeOf(value, target.createdField, row)?.epochMicros ?? null)
    }),
  }
}

function columnOf(
  target: EncodingTarget,
  rows: readonly InputRow[],
  name: string,
  required: boolean,
): readonly unknown[] {
  const other = target.otherName(name)
  let found = rows.length === 0
  const values = rows.map((row) => {
    // Where both are there, the rows are in the names of the source.
    const own = Object.hasOwn(row, other) ? other : name
    found ||= Object.hasOwn(row, own)
    return row[own] ?? null
  })
  if (found || !required) return values
  const given = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  throw new FeatureStoreError('FTS5021', {
    message: `The rows have no column "${name}", which the ${target.description} needs.${renaming(name, given)}`,
    field: 'rows',
    notes: [`the rows have: ${given.join(', ')}`],
  })
}

function keyValueOf(
  target: EncodingTarget,
  field: Field,
  value: unknown,
  row: number,
): ReturnType<typeof entityKeyValue> {
  if (value === null) return missing(target, field.name, row)
  return fitting(target, field, value, row, (typed) => entityKeyValue(typed, field.type))
}

function fitting<T>(
  target: EncodingTarget,
  field: { readonly name: string; readonly type: DataType },
  value: unknown,
  row: number,
  encode: (value: FeatureValue) => T,
): T {
  try {
    const typed = coerceValue(value, field.type)
    return encode(typeof typed === 'number' && Number.isNaN(typed) ? null : typed)
  } catch (cause) {
    throw new FeatureStoreError('FTS5022', {
      message: `"${field.name}" of row ${row} is ${formatDataType(field.type)} in the ${target.description}, and ${describeValue(value)} is not.`,
      field: `rows[${row}].${field.name}`,
      cause,
    })
  }
}

function timeOf(value: unknown, name: string, row: number): Instant | null {
  if (value === null || value === undefined) return null
  return toInstant(value as TimeInput, `rows[${row}].${name}`)
}

function missing(target: EncodingTarget, name: string, row: number): never {
  throw new FeatureStoreError('FTS5021', {
    message: `"${name}" of row ${row} is null; the ${target.description} needs it.`,
    field: `rows[${row}].${name}`,
  })
}
