import type { DuckDBType } from '@duckdb/node-api'
import type { DataType, RecordBatch, Schema } from 'apache-arrow'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import {
  type BuilderTools,
  boolBuilder,
  type ColumnBuilder,
  type FixedLayout,
  fixedBuilder,
  listBuilder,
  structBuilder,
} from './column-builder.ts'
import type { Chunk, DuckdbApi } from './duckdb-driver.ts'
import { textBuilder } from './text-builder.ts'

/** A column of a result: its name, and whether a time without a zone stays one (else it is UTC). */
export interface ResultColumn {
  readonly name: string
  readonly keepNaive?: boolean
}

/** Makes record batches from chunks of one result. */
export class BatchBuilder {
  readonly schema: Schema
  readonly #tools: BuilderTools
  readonly #columns: readonly ColumnBuilder[]
  rows = 0

  constructor(tools: BuilderTools, api: DuckdbApi, types: readonly DuckDBType[], columns: readonly ResultColumn[]) {
    const { Field, Schema } = tools.arrow
    this.#tools = tools
    this.#columns = types.map((type, index) => builderOf(tools, api, type, columns[index] ?? { name: `${index}` }))
    this.schema = new Schema(this.#columns.map(({ type }, i) => new Field(columns[i]?.name ?? `${i}`, type, true)))
  }

  append({ chunk, rows }: Chunk): void {
    for (const [index, column] of this.#columns.entries()) {
      column.append(this.#tools.bindings.data_chunk_get_vector(chunk, index), 0, rows)
    }
    this.rows += rows
  }

  finish(): RecordBatch {
    const { RecordBatch, Struct, makeData } = this.#tools.arrow
    const children = this.#columns.map((column) => column.finish())
    const data = makeData({ type: new Struct(this.schema.fields), length: this.rows, nullCount: 0, children })
    this.rows = 0
    return new RecordBatch(this.schema, data)
  }
}

function builderOf(tools: BuilderTools, api: DuckdbApi, type: DuckDBType, column: ResultColumn): ColumnBuilder {
  const { arrow } = tools
  if (type instanceof api.DuckDBListType || type instanceof api.DuckDBArrayType) {
    const child = builderOf(tools, api, type.valueType, column)
    const listType = new arrow.List(new arrow.Field('item', child.type, true))
    return listBuilder(tools, listType, child, type instanceof api.DuckDBArrayType ? type.length : null)
  }
  if (type instanceof api.DuckDBStructType) {
    const children = type.entryTypes.map((entry) => builderOf(tools, api, entry, column))
    const fields = children.map((child, index) => new arrow.Field(type.entryNames[index] ?? '', child.type, true))
    return structBuilder(tools, new arrow.Struct(fields), children)
  }
  if (type instanceof api.DuckDBMapType) {
    const key = builderOf(tools, api, type.keyType, column)
    const value = builderOf(tools, api, type.valueType, column)
    const entry = new arrow.Struct([
      new arrow.Field('key', key.type, false),
      new arrow.Field('value', value.type, true),
    ])
    const mapType = new arrow.Map_(new arrow.Field('entries', entry as never, false))
    return listBuilder(tools, mapType, structBuilder(tools, entry, [key, value]), null)
  }
  if (type instanceof api.DuckDBEnumType) return enumBuilder(tools, type.values, type.internalTypeId, api)
  return scalarBuilder(tools, api, type, column)
}

function scalarBuilder(tools: BuilderTools, api: DuckdbApi, type: DuckDBType, column: ResultColumn): ColumnBuilder {
  const { arrow } = tools
  const id = api.DuckDBTypeId
  const same = (arrowType: DataType, width: number, array: TypedArray): ColumnBuilder =>
    fixedBuilder(tools, arrowType, { sourceWidth: width, width }, wrapAs(array))
  const time = (naive: boolean): DataType =>
    new arrow.TimestampMicrosecond(naive && column.keepNaive === true ? null : 'UTC')
  const scaled = (times: bigint, over: bigint, naive = true): ColumnBuilder =>
    fixedBuilder(tools, time(naive), rescaled(times, over), wrapAs(BigInt64Array))
  const makers: Partial<Record<number, () => ColumnBuilder>> = {
    [id.BOOLEAN]: () => boolBuilder(tools),
    [id.TINYINT]: () => same(new arrow.Int8(), 1, Int8Array),
    [id.SMALLINT]: () => same(new arrow.Int16(), 2, Int16Array),
    [id.INTEGER]: () => same(new arrow.Int32(), 4, Int32Array),
    [id.BIGINT]: () => same(new arrow.Int64(), 8, BigInt64Array),
    [id.UTINYINT]: () => same(new arrow.Uint8(), 1, Uint8Array),
    [id.USMALLINT]: () => same(new arrow.Uint16(), 2, Uint16Array),
    [id.UINTEGER]: () => same(new arrow.Uint32(), 4, Uint32Array),
    [id.UBIGINT]: () => same(new arrow.Uint64(), 8, BigUint64Array),
    [id.HUGEINT]: () => same(new arrow.Decimal(0, 38, 128), 16, Uint32Array),
    [id.FLOAT]: () => same(new arrow.Float32(), 4, Float32Array),
    [id.DOUBLE]: () => same(new arrow.Float64(), 8, Float64Array),
    [id.DATE]: () => same(new arrow.DateDay(), 4, Int32Array),
    [id.TIME]: () => same(new arrow.TimeMicrosecond(), 8, BigInt64Array),
    [id.TIMESTAMP]: () => same(time(true), 8, BigInt64Array),
    [id.TIMESTAMP_TZ]: () => same(time(false), 8, BigInt64Array),
    [id.TIMESTAMP_S]: () => scaled(1_000_000n, 1n),
    [id.TIMESTAMP_MS]: () => scaled(1000n, 1n),
    [id.TIMESTAMP_NS]: () => scaled(1n, 1000n),
    [id.VARCHAR]: () => textBuilder(tools, new arrow.Utf8()),
    [id.BLOB]: () => textBuilder(tools, new arrow.Binary()),
    [id.UUID]: () => uuidBuilder(tools),
    [id.DECIMAL]: () => decimalBuilder(tools, type),
  }
  const made = makers[type.typeId]?.()
  if (made !== undefined) return made
  throw new FeatureStoreError('FTS4005', {
    message: `Column "${column.name}" has the type ${type.toString()}, which has no counterpart here.`,
  })
}

type TypedArray = {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer, offset: number, length: number): unknown
}

const wrapAs =
  (array: TypedArray) =>
  (bytes: Uint8Array<ArrayBuffer>): unknown =>
    new array(bytes.buffer, bytes.byteOffset, bytes.byteLength / array.BYTES_PER_ELEMENT)

/** Times in another unit as microseconds, rounded down. */
function rescaled(times: bigint, over: bigint): FixedLayout {
  return {
    sourceWidth: 8,
    width: 8,
    convert(source, target, count) {
      const from = new BigInt64Array(source.buffer, source.byteOffset, count)
      const to = new BigInt64Array(target.buffer, target.byteOffset, count)
      for (let row = 0; row < count; row++) {
        const scaled = (from[row] ?? 0n) * times
        const quotient = scaled / over
        to[row] = quotient * over > scaled ? quotient - 1n : quotient
      }
    },
  }
}

/** Decimals are stored in the smallest integer that holds their digits; Arrow's have 128 bits. */
function decimalBuilder(tools: BuilderTools, type: DuckDBType): ColumnBuilder {
  const { width, scale } = type as unknown as { readonly width: number; readonly scale: number }
  const sourceWidth = width <= 4 ? 2 : width <= 9 ? 4 : width <= 18 ? 8 : 16
  const convert = (source: Uint8Array, target: Uint8Array, count: number): void => {
    for (let row = 0; row < count; row++) {
      const bytes = source.subarray(row * sourceWidth, (row + 1) * sourceWidth)
      target.set(bytes, row * 16)
      const negative = ((bytes[sourceWidth - 1] ?? 0) & 0x80) !== 0
      target.fill(negative ? 0xff : 0, row * 16 + sourceWidth, (row + 1) * 16)
    }
  }
  return fixedBuilder(
    tools,
    new tools.arrow.Decimal(scale, width, 128),
    { sourceWidth, width: 16, convert },
    wrapAs(Uint32Array),
  )
}

/** UUIDs as text. */
function uuidBuilder(tools: BuilderTools): ColumnBuilder {
  return textOfBuilder(tools, 16, (bytes, row) => {
    // DuckDB keeps them as an integer of 128 bits whose highest bit is flipped, so that they sort as text does.
    const hex = Array.from(bytes.subarray(row * 16, row * 16 + 16).toReversed(), (byte, index) =>
      (index === 0 ? byte ^ 0x80 : byte).toString(16).padStart(2, '0'),
    ).join('')
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  })
}

function enumBuilder(tools: BuilderTools, values: readonly string[], typeId: number, api: DuckdbApi): ColumnBuilder {
  const width = typeId === api.DuckDBTypeId.UTINYINT ? 1 : typeId === api.DuckDBTypeId.USMALLINT ? 2 : 4
  return textOfBuilder(tools, width, (bytes, row) => {
    let index = 0
    for (let byte = width - 1; byte >= 0; byte--) index = index * 256 + (bytes[row * width + byte] ?? 0)
    return values[index] ?? ''
  })
}

/** A text column made from values of a fixed width, one by one. */
function textOfBuilder(
  tools: BuilderTools,
  width: number,
  textOf: (bytes: Uint8Array, row: number) => string,
): ColumnBuilder {
  const { arrow, bindings } = tools
  let texts: (string | null)[] = []
  return {
    type: new arrow.Utf8(),
    append(vector, offset, count) {
      const bytes = bindings.vector_get_data(vector, (offset + count) * width)
      const validity: Uint8Array | null = bindings.vector_get_validity(vector, Math.ceil((offset + count) / 64) * 8)
      for (let row = offset; row < offset + count; row++) {
        const valid = validity === null || ((validity[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
        texts.push(valid ? textOf(bytes, row) : null)
      }
    },
    finish() {
      const vector = arrow.vectorFromArray(texts, new arrow.Utf8())
      texts = []
      const data = vector.data[0]
      return data ?? arrow.makeData({ type: new arrow.Utf8(), length: 0, nullCount: 0 })
    },
  }
}
