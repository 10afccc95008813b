import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { didYouMean } from '../base/suggest.ts'
import { coerceValue } from '../types/coerce.ts'
import { type DataType, formatDataType } from '../types/data-type.ts'
import type { FeatureValue } from '../types/feature-value.ts'
import { describeValue } from '../types/value-leaf.ts'
import { fieldStatus } from './feature-status.ts'
import type { ValueColumn } from './online-response.ts'

/** Entity rows of an online read: an array of objects, or columns of equal length by name. */
export type OnlineEntityInput =
  | readonly Readonly<Record<string, unknown>>[]
  | Readonly<Record<string, readonly unknown[]>>

/** Where a column is needed, for messages. */
export interface ColumnNeed {
  readonly column: string
  readonly type: DataType
  /** A join key must not be null; a request value may be. */
  readonly role: 'joinKey' | 'request'
  /** Such as `feature view "driver_stats"`. */
  readonly neededBy: string
}

/** Turns what a caller gave for an entity column into a value of its type. @throws FTS5081 when it is none. */
export type EntityCoercion = (value: unknown, type: DataType) => FeatureValue

/** One column of the entity rows in the type that it is needed in. */
export class EntityColumn implements ValueColumn {
  readonly kind = 'values'
  readonly name: string
  readonly type: DataType
  readonly quick: readonly FeatureValue[]
  readonly ofNull = fieldStatus.NULL_VALUE
  #values: readonly FeatureValue[] | undefined

  constructor(name: string, type: DataType, quick: readonly FeatureValue[]) {
    this.name = name
    this.type = type
    this.quick = quick
  }

  get values(): readonly FeatureValue[] {
    this.#values ??= isInt64(this.type)
      ? this.quick.map((value) => (typeof value === 'number' ? BigInt(value) : value))
      : this.quick
    return this.#values
  }
}

/** The entity rows as columns, each value of the type that it is needed in. Columns that nobody needs are ignored. */
export class EntityColumns {
  readonly rowCount: number
  readonly #raw: (name: string) => readonly unknown[] | undefined
  readonly #given: () => readonly string[]
  readonly #coerce: EntityCoercion

  /** @throws FTS5002 when the columns differ in length, or nothing tells how many rows there are. */
  constructor(input: OnlineEntityInput, coerce: EntityCoercion = coerceValue) {
    this.#coerce = coerce
    if (isRows(input)) {
      this.rowCount = input.length
      this.#raw = (name) => input.map((row) => row[name])
      this.#given = () => [...new Set(input.flatMap((row) => Object.keys(row)))]
    } else {
      this.rowCount = commonLength(input)
      this.#raw = (name) => (Object.hasOwn(input, name) ? input[name] : undefined)
      this.#given = () => Object.keys(input)
    }
  }

  /** @throws FTS5001 or FTS5004 when a value is missing, FTS5003 when one is of another type. */
  column(need: ColumnNeed): EntityColumn {
    const raw = this.#raw(need.column)
    if (raw === undefined) throw this.#missing(need, null)
    const { type } = need
    // A copy, for the caller may change what is his before the response is looked at.
    if (areQuick(raw, type)) return new EntityColumn(need.column, type, raw.slice())
    const values = Array.from(raw, (value, row) => {
      if (value === undefined || (value === null && need.role === 'joinKey')) throw this.#missing(need, row, value)
      return this.#typed(value, need, row)
    })
    return new EntityColumn(need.column, type, values)
  }

  #typed(value: unknown, need: ColumnNeed, row: number): FeatureValue {
    try {
      return this.#coerce(value, need.type)
    } catch (cause) {
      throw new FeatureStoreError('FTS5003', {
        message: `"${need.column}" of entity row ${row} is ${formatDataType(need.type)}, and ${asSent(value)} is not.`,
        field: `entities[${row}].${need.column}`,
        cause,
      })
    }
  }

  #missing(need: ColumnNeed, row: number | null, value?: null): FeatureStoreError {
    const what = need.role === 'joinKey' ? 'join key' : 'request value'
    const given = this.#given()
    const fault = value === null ? `is null` : `is missing`
    const where = row === null ? 'the entity rows' : `entity row ${row}`
    return new FeatureStoreError(need.role === 'joinKey' ? 'FTS5001' : 'FTS5004', {
      message: `The ${what} "${need.column}" ${fault} in ${where}; the ${need.neededBy} needs it.${value === null ? '' : renaming(need.column, given)}`,
      field: row === null ? 'entities' : `entities[${row}].${need.column}`,
      notes: [given.length === 0 ? 'the rows have no columns' : `the rows have: ${given.slice(0, 20).join(', ')}`],
    })
  }
}

/** ` Rename "driver" to "driver_id".` with its leading blank, when a column that is there may be the one that is missing. */
export function renaming(missing: string, given: readonly string[]): string {
  // A column may be missing in one row only.
  const near = didYouMean(
    missing,
    given.filter((name) => name !== missing),
  )
  return near === undefined ? '' : ` Rename "${near}" to "${missing}".`
}

function isRows(input: OnlineEntityInput): input is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(input)
}

function commonLength(columns: Readonly<Record<string, readonly unknown[]>>): number {
  const entries = Object.entries(columns)
  for (const [name, values] of entries) {
    if (Array.isArray(values)) continue
    throw new FeatureStoreError('FTS5002', {
      message: `The column "${name}" of the entity rows is no array.`,
      field: `entities.${name}`,
      notes: ['entity rows are an array of objects, or an object of arrays'],
    })
  }
  const [first] = entries
  if (first === undefined) {
    throw new FeatureStoreError('FTS5002', {
      message: 'The entity rows have no columns, so there is nothing to tell how many rows are meant.',
      field: 'entities',
      notes: ['for views without entities ask with one empty row: [{}]'],
    })
  }
  for (const [name, values] of entries) {
    if (values.length === first[1].length) continue
    throw new FeatureStoreError('FTS5002', {
      message: `The column "${name}" of the entity rows has ${values.length} values, and "${first[0]}" has ${first[1].length}.`,
      field: `entities.${name}`,
    })
  }
  return first[1].length
}

const isInt64 = (type: DataType): boolean => type.kind === 'scalar' && type.name === 'int64'

/** True when all values are of the type as they are, which for the most common keys is quickly seen. */
function areQuick(values: readonly unknown[], type: DataType): values is readonly FeatureValue[] {
  if (type.kind !== 'scalar') return false
  if (type.name === 'int64') {
    for (let row = 0; row < values.length; row++) if (!Number.isSafeInteger(values[row])) return false
    return true
  }
  if (type.name !== 'string') return false
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    if (typeof value !== 'string' || !value.isWellFormed()) return false
  }
  return true
}

/** Clients send whole numbers without the `n` that programs write. */
function asSent(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : describeValue(value)
}
