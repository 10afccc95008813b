import type { DuckDBType } from '@duckdb/node-api'
import type { Vector } from '@duckdb/node-bindings'
import type { DataType as ArrowType, Data, Field } from 'apache-arrow'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { arrowTypeId } from '../../types/arrow-read.ts'
import type { Bindings, DuckdbApi } from './duckdb-driver.ts'

/** How one Arrow column gets into DuckDB: as which type, and by writing which vectors. */
export interface VectorWriter {
  readonly type: DuckDBType
  /** Writes rows `from` to `from + count` of the data to the vector, from its row 0. */
  write(vector: Vector, data: Data, from: number, count: number): void
}

/** The parts of Arrow's type classes that the writers look at. */
interface ArrowShape {
  readonly typeId: number
  readonly bitWidth?: number
  readonly isSigned?: boolean
  readonly precision?: number
  readonly scale?: number
  readonly unit?: number
  readonly timezone?: string | null
  readonly byteWidth?: number
  readonly listSize?: number
  readonly children?: readonly Field[] | null
}

type Tools = { readonly api: DuckdbApi; readonly bindings: Bindings }
type Make = (tools: Tools, type: ArrowShape, name: string) => VectorWriter | undefined

/** The writer of an Arrow type. @throws FTS4005 when DuckDB has no such type. */
export function writerOf(tools: Tools, arrowType: ArrowType, name: string): VectorWriter {
  const writer = makers[arrowType.typeId]?.(tools, arrowType as ArrowShape, name)
  if (writer !== undefined) return writer
  throw new FeatureStoreError('FTS4005', {
    message: `Column "${name}" has the Arrow type ${String(arrowType)}, which the offline store cannot take.`,
  })
}

const microsPerUnit = [1_000_000n, 1000n, 1n] as const
const nanosecond = 3
/** Arrow's type id of a time of day, which no Feast type has. */
const arrowTimeId = 9

const makers: { readonly [typeId: number]: Make } = {
  [arrowTypeId.null]: ({ api, bindings }) => ({
    type: api.VARCHAR,
    write: (vector, _data, _from, count) => writeNulls(bindings, vector, count),
  }),
  [arrowTypeId.int]: (tools, { bitWidth = 0, isSigned = true }) => {
    const { api } = tools
    const types = isSigned
      ? { 8: api.TINYINT, 16: api.SMALLINT, 32: api.INTEGER, 64: api.BIGINT }
      : { 8: api.UTINYINT, 16: api.USMALLINT, 32: api.UINTEGER, 64: api.UBIGINT }
    const type = (types as { readonly [width: number]: DuckDBType | undefined })[bitWidth]
    return type === undefined ? undefined : copied(tools, type, bitWidth / 8)
  },
  [arrowTypeId.float]: (tools, { precision }) =>
    precision === 2
      ? copied(tools, tools.api.DOUBLE, 8)
      : precision === 1
        ? copied(tools, tools.api.FLOAT, 4)
        : undefined,
  [arrowTypeId.bool]: (tools) => boolWriter(tools),
  [arrowTypeId.utf8]: (tools) => textWriter(tools, tools.api.VARCHAR),
  [arrowTypeId.largeUtf8]: (tools) => textWriter(tools, tools.api.VARCHAR),
  [arrowTypeId.binary]: (tools) => textWriter(tools, tools.api.BLOB),
  [arrowTypeId.largeBinary]: (tools) => textWriter(tools, tools.api.BLOB),
  [arrowTypeId.fixedSizeBinary]: (tools, { byteWidth = 0 }) => textWriter(tools, tools.api.BLOB, byteWidth),
  [arrowTypeId.date]: (tools, { unit }) =>
    unit === 0 ? copied(tools, tools.api.DATE, 4) : scaledWriter(tools, tools.api.TIMESTAMP, 1000n, 1n),
  [arrowTimeId]: (tools, { unit = 2 }) =>
    unit === 2
      ? copied(tools, tools.api.TIME, 8)
      : scaledWriter(tools, tools.api.TIME, microsPerUnit[unit] ?? 1n, unit === nanosecond ? 1000n : 1n),
  [arrowTypeId.timestamp]: (tools, { unit = 2, timezone }) => {
    const { api } = tools
    const naive = timezone === null || timezone === undefined || timezone === ''
    if (naive)
      return copied(
        tools,
        [api.TIMESTAMP_S, api.TIMESTAMP_MS, api.TIMESTAMP, api.TIMESTAMP_NS][unit] ?? api.TIMESTAMP,
        8,
      )
    if (unit === 2) return copied(tools, api.TIMESTAMPTZ, 8)
    return scaledWriter(tools, api.TIMESTAMPTZ, microsPerUnit[unit] ?? 1n, unit === nanosecond ? 1000n : 1n)
  },
  [arrowTypeId.decimal]: (tools, { precision = 38, scale = 0 }) => decimalWriter(tools, precision, scale),
  [arrowTypeId.list]: (tools, type, name) => listWriter(tools, type, name),
  [arrowTypeId.largeList]: (tools, type, name) => listWriter(tools, type, name),
  [arrowTypeId.fixedSizeList]: (tools, type, name) => listWriter(tools, type, name),
  [arrowTypeId.map]: (tools, type, name) => mapWriter(tools, type, name),
  [arrowTypeId.struct]: (tools, type, name) => structWriter(tools, type, name),
}

/** Values that have the same bytes in both. */
function copied({ bindings }: Tools, type: DuckDBType, width: number): VectorWriter {
  return {
    type,
    write(vector, data, from, count) {
      const { buffer, byteOffset } = data.values as Uint8Array<ArrayBuffer>
      bindings.copy_data_to_vector(vector, 0, buffer, byteOffset + from * width, count * width)
      writeValidity(bindings, vector, data, from, count)
    },
  }
}

/** 32- or 64-bit times in another unit, as microseconds rounded down. */
function scaledWriter({ bindings }: Tools, type: DuckDBType, times: bigint, over: bigint): VectorWriter {
  return {
    type,
    write(vector, data, from, count) {
      const micros = new BigInt64Array(count)
      const values = data.values as ArrayLike<bigint | number>
      for (let row = 0; row < count; row++) {
        const scaled = BigInt(values[from + row] ?? 0) * times
        const quotient = scaled / over
        micros[row] = quotient * over > scaled ? quotient - 1n : quotient
      }
      bindings.copy_data_to_vector(vector, 0, micros.buffer, 0, count * 8)
      writeValidity(bindings, vector, data, from, count)
    },
  }
}

function boolWriter({ api, bindings }: Tools): VectorWriter {
  return {
    type: api.BOOLEAN,
    write(vector, data, from, count) {
      const bits = data.values as Uint8Array
      const bytes = Uint8Array.from({ length: count }, (_, row) => bitAt(bits, data.offset + from + row))
      bindings.copy_data_to_vector(vector, 0, bytes.buffer, 0, count)
      writeValidity(bindings, vector, data, from, count)
    },
  }
}

/** Texts and bytes. With `width`, values of that many bytes each. */
function textWriter({ bindings }: Tools, type: DuckDBType, width?: number): VectorWriter {
  return {
    type,
    write(vector, data, from, count) {
      const values = data.values as Uint8Array
      const offsets = data.valueOffsets as unknown as ArrayLike<number | bigint> | undefined
      const at = (row: number): number => (width === undefined ? Number(offsets?.[row] ?? 0) : row * width)
      for (let row = 0; row < count; row++) {
        if (!isValid(data, from + row)) continue
        bindings.vector_assign_string_element_len(vector, row, values.subarray(at(from + row), at(from + row + 1)))
      }
      writeValidity(bindings, vector, data, from, count)
    },
  }
}

/** DuckDB keeps decimals in the smallest integer that holds their digits; Arrow's have 128 bits. */
function decimalWriter({ api, bindings }: Tools, precision: number, scale: number): VectorWriter {
  const width = precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16
  return {
    type: api.DECIMAL(precision, scale),
    write(vector, data, from, count) {
      const { buffer, byteOffset } = data.values as Uint8Array<ArrayBuffer>
      const source = new Uint8Array(buffer, byteOffset + from * 16, count * 16)
      const target = new Uint8Array(count * width)
      for (let row = 0; row < count; row++) target.set(source.subarray(row * 16, row * 16 + width), row * width)
      bindings.copy_data_to_vector(vector, 0, target.buffer, 0, target.byteLength)
      writeValidity(bindings, vector, data, from, count)
    },
  }
}

function listWriter(tools: Tools, { children, listSize }: ArrowShape, name: string): VectorWriter | undefined {
  const field = children?.[0]
  if (field === undefined) return undefined
  const child = writerOf(tools, field.type, name)
  const { bindings } = tools
  return {
    type: tools.api.LIST(child.type),
    write(vector, data, from, count) {
      const offsets = data.valueOffsets as unknown as ArrayLike<number | bigint> | undefined
      const at = (row: number): number => (listSize === undefined ? Number(offsets?.[row] ?? 0) : row * listSize)
      const start = at(from)
      const total = at(from + count) - start
      const entries = new BigUint64Array(count * 2)
      for (let row = 0; row < count; row++) {
        entries[row * 2] = BigInt(at(from + row) - start)
        entries[row * 2 + 1] = BigInt(at(from + row + 1) - at(from + row))
      }
      bindings.list_vector_reserve(vector, total)
      bindings.list_vector_set_size(vector, total)
      bindings.copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength)
      const values = data.children[0]
      if (values !== undefined && total > 0) child.write(bindings.list_vector_get_child(vector), values, start, total)
      writeValidity(bindings, vector, data, from, count)
    },
  }
}

/** A map is a list of key and value in both. */
function mapWriter(tools: Tools, type: ArrowShape, name: string): VectorWriter | undefined {
  const entry = type.children?.[0]?.type as ArrowShape | undefined
  const [key, value] = (entry?.children ?? []).map((field) => writerOf(tools, field.type, name).type)
  const list = listWriter(tools, type, name)
  if (key === undefined || value === undefined || list === undefined) return undefined
  return { type: tools.api.MAP(key, value), write: list.write }
}

function structWriter(tools: Tools, { children }: ArrowShape, name: string): VectorWriter {
  const { api, bindings } = tools
  const writers = (children ?? []).map((field) => ({ name: field.name, writer: writerOf(tools, field.type, name) }))
  return {
    type: api.STRUCT(Object.fromEntries(writers.map(({ name: part, writer }) => [part, writer.type]))),
    write(vector, data, from, count) {
      for (const [index, { writer }] of writers.entries()) {
        const values = data.children[index]
        if (values !== undefined) writer.write(bindings.struct_vector_get_child(vector, index), values, from, count)
      }
      writeValidity(bindings, vector, data, from, count)
    },
  }
}

const bitAt = (bits: Uint8Array, index: number): number => ((bits[index >> 3] ?? 0) >> (index & 7)) & 1

const hasNulls = (data: Data): boolean =>
  data.nullCount > 0 && data.nullBitmap !== undefined && data.nullBitmap.length > 0

const isValid = (data: Data, row: number): boolean => !hasNulls(data) || bitAt(data.nullBitmap, data.offset + row) === 1

function writeValidity(bindings: Bindings, vector: Vector, data: Data, from: number, count: number): void {
  if (!hasNulls(data)) return
  const bits = new Uint8Array(Math.ceil(count / 64) * 8)
  const first = data.offset + from
  if (first % 8 === 0) bits.set(data.nullBitmap.subarray(first / 8, Math.ceil((first + count) / 8)))
  else
    for (let row = 0; row < count; row++) {
      if (bitAt(data.nullBitmap, first + row) === 1) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7))
    }
  bindings.vector_ensure_validity_writable(vector)
  bindings.copy_data_to_vector_validity(vector, 0, bits.buffer, 0, bits.byteLength)
}

function writeNulls(bindings: Bindings, vector: Vector, count: number): void {
  const bits = new Uint8Array(Math.ceil(count / 64) * 8)
  bindings.vector_ensure_validity_writable(vector)
  bindings.copy_data_to_vector_validity(vector, 0, bits.buffer, 0, bits.byteLength)
}
