import type { Field as ArrowField, Data, RecordBatch, Table } from 'apache-arrow'
import type { Field } from '../model/field.ts'
import { arrowTypeOf, columnData, columnReader, loadArrow, rowsFromBatch } from '../types/arrow.ts'
import type { DataType } from '../types/data-type.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'

/**
 * Rows that are read when they are asked for, again each time: as objects, as one Arrow table, or batch by batch, which
 * bounds the memory. 64-bit integers of the objects are `bigint`, times are `Instant` in UTC, missing values are null.
 */
export class RowBatches<Row = FeatureRow> implements AsyncIterable<RecordBatch> {
  readonly #open: (signal?: AbortSignal) => AsyncIterable<RecordBatch>

  constructor(open: (signal?: AbortSignal) => AsyncIterable<RecordBatch>) {
    this.#open = open
  }

  /** Arrow batches of bounded size. A signal ends the reading, between two batches at the latest. */
  batches(signal?: AbortSignal): AsyncIterable<RecordBatch> {
    return signal === undefined ? this.#open() : stoppedBy(signal, this.#open(signal))
  }

  [Symbol.asyncIterator](): AsyncIterator<RecordBatch> {
    return this.batches()[Symbol.asyncIterator]()
  }

  /** All rows, as objects. Memory: all rows. */
  async toRows(signal?: AbortSignal): Promise<Row[]> {
    const rows: Row[] = []
    for await (const batch of this.batches(signal)) {
      // What the columns hold is what the request's types say; TypeScript cannot see through Arrow.
      for (const row of rowsFromBatch(batch)) rows.push(row as Row)
    }
    return rows
  }

  /** All rows, as one Arrow table. Memory: all rows. */
  async toArrow(signal?: AbortSignal): Promise<Table> {
    const { Table } = await loadArrow()
    const batches: RecordBatch[] = []
    for await (const batch of this.batches(signal)) batches.push(batch)
    return new Table(batches)
  }
}

/** Not every store looks at the signal while it reads. */
async function* stoppedBy(signal: AbortSignal, batches: AsyncIterable<RecordBatch>): AsyncGenerator<RecordBatch> {
  signal.throwIfAborted()
  for await (const batch of batches) {
    yield batch
    signal.throwIfAborted()
  }
}

/** All values of a column; null where there is none, also when the batch has no such column. */
export function columnValues(batch: RecordBatch, name: string): readonly FeatureValue[] {
  const vector = batch.getChild(name)
  if (vector === null) return new Array<FeatureValue>(batch.numRows).fill(null)
  const read = columnReader(vector)
  return Array.from({ length: batch.numRows }, (_, row) => read(row))
}

/** A column that is added to a batch. */
export interface AddedColumn {
  readonly name: string
  readonly field: Pick<Field, 'type'>
  readonly values: readonly FeatureValue[]
}

/** The named columns of a batch, then new ones, in that order. The kept columns are not copied. */
export async function rebuildBatch(
  batch: RecordBatch,
  keep: readonly string[],
  added: readonly AddedColumn[],
): Promise<RecordBatch> {
  const arrow = await loadArrow()
  const kept = keep.flatMap((name) => {
    const index = batch.schema.fields.findIndex((field) => field.name === name)
    const field = batch.schema.fields[index]
    const data = batch.data.children[index]
    return field === undefined || data === undefined ? [] : [{ field, data }]
  })
  const made = added.map(({ name, field, values }) => {
    const type = arrowTypeOf(field.type)
    return { field: new arrow.Field(name, type, true), data: columnData(values, type, name) }
  })
  return batchOf([...kept, ...made], batch.numRows)
}

/** One batch of ready columns. */
export async function batchOf(
  columns: readonly { readonly field: ArrowField; readonly data: Data }[],
  rowCount: number,
): Promise<RecordBatch> {
  const { RecordBatch, Schema, Struct, makeData } = await loadArrow()
  const schema = new Schema(columns.map((column) => column.field))
  const children = columns.map((column) => column.data)
  const data = makeData({ type: new Struct(schema.fields), length: rowCount, nullCount: 0, children })
  return new RecordBatch(schema, data)
}

/** A table without rows. */
export async function emptyTable(
  fields: readonly { readonly name: string; readonly type: DataType }[],
): Promise<Table> {
  const arrow = await loadArrow()
  const columns = fields.map(({ name, type }) => {
    const arrowType = arrowTypeOf(type)
    return { field: new arrow.Field(name, arrowType, true), data: columnData([], arrowType, name) }
  })
  return new arrow.Table([await batchOf(columns, 0)])
}
