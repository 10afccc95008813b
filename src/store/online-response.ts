import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'
import { suggestion } from '../base/suggest.ts'
import { cellBytes, eventMicrosOf, type OnlineCells } from '../plugin/online-cells.ts'
import type { DataType } from '../types/data-type.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'
import { decodeValue } from '../types/value-codec.ts'

/**
 * How a value came about: `PRESENT`; `NULL_VALUE` for a stored or computed null; `NOT_FOUND` when nothing is stored for
 * the key; `OUTSIDE_MAX_AGE` when the event is older than the view's ttl, in which case the value is still given.
 */
export type FeatureStatus = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE'

/** A column as the store answered: cells of the distinct keys, and for each row of the response the row of its key. */
export interface StoredColumn {
  readonly kind: 'stored'
  readonly name: string
  readonly type: DataType
  readonly cells: OnlineCells
  /** Number of this feature in the cells. */
  readonly feature: number
  readonly slots: ArrayLike<number>
  /** Events before this are outside the view's ttl; null when any age will do. */
  readonly oldestMicros: bigint | null
}

/** A column of values: of the entity rows, or computed. Value i belongs to row i. */
export interface ValueColumn {
  readonly kind: 'values'
  readonly name: string
  readonly values: readonly FeatureValue[]
}

export type ResponseColumn = StoredColumn | ValueColumn

/**
 * The features of a list of entity rows. Columns are the entity columns that the request needed, then the features in
 * requested order; element i of every column belongs to entity row i. Values are decoded when they are first asked for.
 */
export class OnlineResponse<Row = FeatureRow> {
  readonly rowCount: number
  readonly #columns: ReadonlyMap<string, ResponseColumn>
  readonly #decoded = new Map<string, readonly FeatureValue[]>()

  constructor(rowCount: number, columns: readonly ResponseColumn[]) {
    this.rowCount = rowCount
    this.#columns = new Map(columns.map((column) => [column.name, column]))
  }

  /** Names of the columns, in order. */
  get names(): readonly (keyof Row & string)[] {
    return [...this.#columns.keys()] as (keyof Row & string)[]
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
    const column = this.#find(name)
    if (column.kind === 'values') return column.values.map((value) => (value === null ? 'NULL_VALUE' : 'PRESENT'))
    return perRow(column, (slot) => statusOf(column, slot))
  }

  /** The event time behind each value of a column; null where nothing is stored, and in entity and computed columns. */
  eventTimestamps(name: keyof Row & string): readonly (Instant | null)[] {
    const column = this.#find(name)
    if (column.kind === 'values') return column.values.map(() => null)
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
  static columnsOf(response: OnlineResponse<never>): readonly ResponseColumn[] {
    return [...response.#columns.values()]
  }

  #find(name: string): ResponseColumn {
    const column = this.#columns.get(name)
    if (column !== undefined) return column
    throw new FeatureStoreError('FTS5005', {
      message: `The response has no column "${name}".${suggestion(name, this.#columns.keys())}`,
      notes: [`it has: ${[...this.#columns.keys()].join(', ')}`],
    })
  }
}

/** The values of a column, decoded. Rows of one key share one value. */
export function valuesOf(column: ResponseColumn): readonly FeatureValue[] {
  if (column.kind === 'values') return column.values
  const { cells, feature, type } = column
  const decoded = Array.from({ length: cells.rowCount }, (_, slot) => {
    const bytes = cellBytes(cells, slot, feature)
    return bytes === null ? null : decodeValue(bytes, type)
  })
  return perRow(column, (slot) => decoded[slot] ?? null)
}

function perRow<T>(column: StoredColumn, of: (slot: number) => T): T[] {
  return Array.from(column.slots, of)
}

function statusOf(column: StoredColumn, slot: number): FeatureStatus {
  const bytes = cellBytes(column.cells, slot, column.feature)
  const event = eventMicrosOf(column.cells, slot)
  if (bytes === null || event === null) return 'NOT_FOUND'
  if (column.oldestMicros !== null && event < column.oldestMicros) return 'OUTSIDE_MAX_AGE'
  return bytes.length === 0 ? 'NULL_VALUE' : 'PRESENT'
}
