import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'
import { suggestion } from '../base/suggest.ts'
import { eventMicrosOf, type OnlineCells } from '../plugin/online-cells.ts'
import type { DataType } from '../types/data-type.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'
import { decodeValue } from '../types/value-codec.ts'
import {
  cellStatus,
  type FeatureStatus,
  type FieldStatus,
  fieldStatus,
  type StatusColumn,
  showsValue,
  statusNames,
} from './feature-status.ts'

/**
 * A column as the store answered: cells of the distinct keys, and for each row of the response the row of its key.
 * Status and value of a cell: {@link cellStatus} and {@link showsValue}, with the slot of the row.
 */
export interface StoredColumn extends StatusColumn {
  readonly kind: 'stored'
  readonly name: string
  readonly type: DataType
  readonly cells: OnlineCells
  /** Row of the cells for each row of the response; the columns of one view share one array. */
  readonly slots: Uint32Array
}

/** A column of the entity rows, or computed; value i belongs to row i. It has no event times. */
export interface ValueColumn {
  readonly kind: 'values'
  readonly name: string
  readonly type: DataType
  readonly values: readonly FeatureValue[]
  /** The same values, but Int64 may be safe whole numbers: for those who only write their digits. */
  readonly quick: readonly FeatureValue[]
  /** The status of a null in it. */
  readonly ofNull: FieldStatus
}

export type ResponseColumn = StoredColumn | ValueColumn

/** A view that a response has features of. */
export interface ServedView {
  /** Its alias, else its name; without a version. */
  readonly name: string
  /** 0 where versions are not kept. */
  readonly version: number
}

/** What is the same for all responses to one kind of request: equal layouts are one object. */
export interface ResponseLayout {
  /** Names of the columns, in order. */
  readonly names: readonly string[]
  /** For each column the view that its values are stored for; null for entity columns and computed ones. */
  readonly storedFor: readonly (string | null)[]
  readonly views: readonly ServedView[]
}

/**
 * The features of a list of entity rows. Columns are the entity columns that the request needed, then the features in
 * requested order; element i of every column belongs to entity row i. Values are decoded when they are first asked for.
 */
export class OnlineResponse<Row = FeatureRow> {
  readonly rowCount: number
  readonly #layout: ResponseLayout
  readonly #columns: readonly ResponseColumn[]
  readonly #decoded = new Map<string, readonly FeatureValue[]>()

  constructor(rowCount: number, layout: ResponseLayout, columns: readonly ResponseColumn[]) {
    this.rowCount = rowCount
    this.#layout = layout
    this.#columns = columns
  }

  /** Names of the columns, in order. */
  get names(): readonly (keyof Row & string)[] {
    return this.#layout.names as readonly (keyof Row & string)[]
  }

  /** The values of one column, null where there is none. @throws FTS5005 for a name that is not in {@link names}. */
  column<Name extends keyof Row & string>(name: Name): readonly Row[Name][] {
    const known = this.#decoded.get(name)
    const values = known ?? valuesOf(this.#find(name))
    if (known === undefined) this.#decoded.set(name, values)
    return values as readonly Row[Name][]
  }

  /** The status of each value of a column. @throws FTS5005 */
  statuses(name: keyof Row & string): readonly FeatureStatus[] {
    return statusNumbers(this.#find(name)).map((status) => statusNames[status])
  }

  /** The event time behind each value of a column; null where nothing is stored, and in entity and computed columns. */
  eventTimestamps(name: keyof Row & string): readonly (Instant | null)[] {
    const column = this.#find(name)
    if (column.kind !== 'stored') return new Array<null>(this.rowCount).fill(null)
    return perRow(column, (slot) => {
      const micros = eventMicrosOf(column.cells, slot)
      return micros === null ? null : Instant.fromEpochMicros(micros)
    })
  }

  /** One object per entity row. */
  rows(): Row[] {
    const columns = this.names.map((name) => [name, this.column(name)] as const)
    return Array.from({ length: this.rowCount }, (_, row) => {
      const record: Record<string, FeatureValue> = {}
      for (const [name, values] of columns) record[name] = values[row] ?? null
      return record as Row
    })
  }

  /** The values of every column by name, as Feast's `to_dict`. */
  toDict(): { readonly [Name in keyof Row & string]: readonly Row[Name][] } {
    const columns = this.names.map((name) => [name, this.column(name)] as const)
    return Object.fromEntries(columns) as { [Name in keyof Row & string]: readonly Row[Name][] }
  }

  /** What the columns are made of, in order: for those who write responses without making a value of every cell. */
  static columnsOf<Row>(response: OnlineResponse<Row>): readonly ResponseColumn[] {
    return response.#columns
  }

  static layoutOf<Row>(response: OnlineResponse<Row>): ResponseLayout {
    return response.#layout
  }

  #find(name: string): ResponseColumn {
    const column = this.#columns[this.#layout.names.indexOf(name)]
    if (column !== undefined) return column
    throw new FeatureStoreError('FTS5005', {
      message: `The response has no column "${name}".${suggestion(name, this.#layout.names)}`,
      notes: [`it has: ${this.#layout.names.join(', ')}`],
    })
  }
}

/** The values of a column, decoded. Rows of one key share one value. */
export function valuesOf(column: ResponseColumn): readonly FeatureValue[] {
  if (column.kind === 'values') return column.values
  const { cells, feature, type } = column
  const decoded = Array.from({ length: cells.rowCount }, (_, slot) => {
    if (!showsValue(column, slot)) return null
    const cell = slot * cells.featureCount + feature
    return decodeValue(cells.bytes.subarray(cells.starts[cell], cells.ends[cell]), type)
  })
  return perRow(column, (slot) => decoded[slot] ?? null)
}

/** The status of each value of a column, as numbers of `feast.serving.FieldStatus`. */
export function statusNumbers(column: ResponseColumn): readonly FieldStatus[] {
  if (column.kind === 'stored') return perRow(column, (slot) => cellStatus(column, slot))
  return column.quick.map((value) => (value === null ? column.ofNull : fieldStatus.PRESENT))
}

function perRow<T>(column: StoredColumn, of: (slot: number) => T): T[] {
  return Array.from(column.slots, of)
}
