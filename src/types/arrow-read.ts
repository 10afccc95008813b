import type { DataType as ArrowType, Data, Field, RecordBatch, Table, Vector } from 'apache-arrow'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { floorDivide, Instant } from '../base/instant.ts'
import type { DataType } from './data-type.ts'
import * as types from './data-type.ts'
import type { FeatureRow, FeatureValue } from './feature-value.ts'
import { setOwn } from './value-decoder.ts'

/** Arrow's type ids, which its format fixes; the package itself is heavy and loads late. */
export const arrowTypeId = {
  dictionary: -1,
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  timestamp: 10,
  list: 12,
  struct: 13,
  fixedSizeBinary: 15,
  fixedSizeList: 16,
  map: 17,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
  binaryView: 23,
  utf8View: 24,
} as const

/** The parts of Arrow's type classes that this file looks at. */
interface ArrowShape {
  readonly typeId: number
  readonly bitWidth?: number
  readonly isSigned?: boolean
  readonly precision?: number
  readonly scale?: number
  readonly unit?: number
  readonly children?: readonly Field[] | null
  readonly dictionary?: ArrowType
  readonly listSize?: number
}

/**
 * The type that Feast infers for an Arrow column: whole numbers below 64 bits are Int32 (unsigned 32 bits Int64), large
 * strings are Json, every unit and zone of timestamp is UnixTimestamp, null is Null.
 *
 * @throws FTS5085 for dates, times, durations, decimals and others that Feast has no type for.
 */
export function dataTypeOfArrow(type: ArrowType): DataType {
  const shape = type as ArrowShape
  const inferred = inferences[shape.typeId]?.(shape)
  if (inferred !== undefined) return inferred
  throw new FeatureStoreError('FTS5085', { message: `A column of Arrow type ${String(type)} has no Feast type.` })
}

const inferences: { readonly [typeId: number]: (type: ArrowShape) => DataType | undefined } = {
  [arrowTypeId.null]: () => ({ kind: 'scalar', name: 'null' }),
  [arrowTypeId.int]: ({ bitWidth = 64, isSigned = true }) =>
    bitWidth < 32 || (bitWidth === 32 && isSigned) ? types.int32 : types.int64,
  [arrowTypeId.float]: ({ precision }) => (precision === 2 ? types.float64 : types.float32),
  [arrowTypeId.binary]: () => types.bytes,
  [arrowTypeId.largeBinary]: () => types.bytes,
  [arrowTypeId.binaryView]: () => types.bytes,
  [arrowTypeId.utf8]: () => types.string,
  [arrowTypeId.utf8View]: () => types.string,
  [arrowTypeId.largeUtf8]: () => types.json,
  [arrowTypeId.bool]: () => types.bool,
  [arrowTypeId.timestamp]: () => types.unixTimestamp,
  [arrowTypeId.list]: inferList,
  [arrowTypeId.largeList]: inferList,
  [arrowTypeId.fixedSizeList]: inferList,
  [arrowTypeId.map]: () => types.map,
  [arrowTypeId.struct]: ({ children }) =>
    types.struct(Object.fromEntries((children ?? []).map((field) => [field.name, dataTypeOfArrow(field.type)]))),
  [arrowTypeId.dictionary]: ({ dictionary }) => (dictionary === undefined ? undefined : dataTypeOfArrow(dictionary)),
}

function inferList({ children }: ArrowShape): DataType | undefined {
  const element = children?.[0]
  return element === undefined ? undefined : types.array(dataTypeOfArrow(element.type))
}

/** Reads one row of a column as a feature value. */
export type ColumnReader = (row: number) => FeatureValue

const readers = new WeakMap<Vector, ColumnReader>()

/** The value of one row of a column; see {@link columnReader}. */
export function arrowValue(vector: Vector, row: number): FeatureValue {
  let reader = readers.get(vector)
  if (reader === undefined) {
    reader = columnReader(vector)
    readers.set(vector, reader)
  }
  return reader(row)
}

/**
 * A reader of a column, for many rows: 64-bit integers come as bigint, timestamps and dates of any unit as
 * {@link Instant} (nanoseconds are cut down; a timestamp without a zone is UTC), decimals as text, structs and maps with
 * text keys as objects, other maps as `Map`.
 */
export function columnReader(vector: Vector): ColumnReader {
  const chunks = vector.data.map((data) => ({ read: dataReader(data), length: data.length }))
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) return only.read
  return (row) => {
    let rest = row
    for (const chunk of chunks) {
      if (rest < chunk.length) return chunk.read(rest)
      rest -= chunk.length
    }
    return null
  }
}

/** The rows of a batch or table as objects. */
export function rowsFromBatch(batch: RecordBatch | Table): FeatureRow[] {
  const columns = batch.schema.fields.map((field, index) => {
    const vector = batch.getChildAt(index)
    return { name: field.name, read: vector === null ? (): FeatureValue => null : columnReader(vector) }
  })
  return Array.from({ length: batch.numRows }, (_, row) => {
    const record: { [name: string]: FeatureValue } = {}
    for (const { name, read } of columns) setOwn(record, name, read(row))
    return record
  })
}

function dataReader(data: Data): ColumnReader {
  const type = data.type as ArrowShape
  const make = makers[type.typeId] ?? generic
  const read = make(data, type)
  return data.nullBitmap && data.nullBitmap.length > 0 ? (row) => (data.getValid(row) ? read(row) : null) : read
}

type Maker = (data: Data, type: ArrowShape) => ColumnReader

const makers: { readonly [typeId: number]: Maker } = {
  [arrowTypeId.null]: () => () => null,
  [arrowTypeId.int]: plain,
  [arrowTypeId.float]: (data, type) => (type.precision === 0 ? generic(data) : plain(data)),
  [arrowTypeId.bool]: (data) => {
    const bits = data.values as Uint8Array
    return (row) => (((bits[(data.offset + row) >> 3] ?? 0) >> ((data.offset + row) & 7)) & 1) === 1
  },
  [arrowTypeId.utf8]: (data) => slices(data, decodeText),
  [arrowTypeId.largeUtf8]: (data) => slices(data, decodeText),
  [arrowTypeId.binary]: (data) => slices(data, (bytes, start, end) => bytes.slice(start, end)),
  [arrowTypeId.largeBinary]: (data) => slices(data, (bytes, start, end) => bytes.slice(start, end)),
  [arrowTypeId.fixedSizeBinary]: generic,
  [arrowTypeId.decimal]: decimal,
  [arrowTypeId.date]: (data, type) => {
    const values = data.values as ArrayLike<number | bigint>
    const day = type.unit === 0
    return (row) => Instant.fromEpochMicros(BigInt(values[row] ?? 0) * (day ? 86_400_000_000n : 1000n))
  },
  [arrowTypeId.timestamp]: timestamp,
  [arrowTypeId.list]: list,
  [arrowTypeId.largeList]: list,
  [arrowTypeId.fixedSizeList]: (data, type) => {
    const read = childReader(data, 0)
    const size = type.listSize ?? 0
    return (row) => Array.from({ length: size }, (_, index) => read(row * size + index))
  },
  [arrowTypeId.struct]: (data, type) => {
    const fields = (type.children ?? []).map((field, index) => ({ name: field.name, read: childReader(data, index) }))
    return (row) => {
      const record: { [name: string]: FeatureValue } = {}
      for (const { name, read } of fields) setOwn(record, name, read(row))
      return record
    }
  },
  [arrowTypeId.map]: map,
  [arrowTypeId.dictionary]: (data) => {
    const values = data.values as ArrayLike<number | bigint>
    const read = data.dictionary === undefined ? () => null : columnReader(data.dictionary)
    return (row) => read(Number(values[row] ?? 0))
  },
}

function plain(data: Data): ColumnReader {
  const values = data.values as ArrayLike<number | bigint>
  return (row) => values[row] ?? null
}

/** What this file has no faster way for; Arrow's own reading, if its result is a feature value. */
function generic(data: Data): ColumnReader {
  const width = (data.type as ArrowShape & { readonly byteWidth?: number }).byteWidth
  if (width !== undefined) {
    const bytes = data.values as Uint8Array
    return (row) => bytes.slice(row * width, (row + 1) * width)
  }
  throw new FeatureStoreError('FTS5085', { message: `A column of Arrow type ${String(data.type)} cannot be read.` })
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 24) return utf8.decode(bytes.subarray(start, end))
  let text = ''
  for (let at = start; at < end; at++) {
    const code = bytes[at] ?? 0
    if (code > 0x7f) return utf8.decode(bytes.subarray(start, end))
    text += String.fromCharCode(code)
  }
  return text
}

function slices(data: Data, read: (bytes: Uint8Array, start: number, end: number) => FeatureValue): ColumnReader {
  const bytes = data.values as Uint8Array
  const offsets = data.valueOffsets as ArrayLike<number | bigint>
  return (row) => read(bytes, Number(offsets[row] ?? 0), Number(offsets[row + 1] ?? 0))
}

function childReader(data: Data, index: number): ColumnReader {
  const child = data.children[index]
  return child === undefined ? () => null : dataReader(child)
}

function list(data: Data): ColumnReader {
  const read = childReader(data, 0)
  const offsets = data.valueOffsets as ArrayLike<number | bigint>
  return (row) => {
    const start = Number(offsets[row] ?? 0)
    const elements: FeatureValue[] = []
    for (let at = start, end = Number(offsets[row + 1] ?? 0); at < end; at++) elements.push(read(at))
    return elements
  }
}

function map(data: Data): ColumnReader {
  const entries = data.children[0]
  if (entries === undefined) return () => null
  const readKey = childReader(entries, 0)
  const readEntry = childReader(entries, 1)
  const offsets = data.valueOffsets as ArrayLike<number>
  return (row) => {
    const pairs: [FeatureValue, FeatureValue][] = []
    for (let at = offsets[row] ?? 0, end = offsets[row + 1] ?? 0; at < end; at++)
      pairs.push([readKey(at), readEntry(at)])
    if (!pairs.every(([key]) => typeof key === 'string')) return new Map(pairs)
    const record: { [name: string]: FeatureValue } = {}
    for (const [key, value] of pairs) setOwn(record, String(key), value)
    return record
  }
}

/** Microseconds per unit of a timestamp: s, ms, us; nanoseconds are divided instead. */
export const microsPerUnit = [1_000_000n, 1000n, 1n] as const

function timestamp(data: Data, type: ArrowShape): ColumnReader {
  const values = data.values as BigInt64Array
  const micros = microsPerUnit[type.unit ?? 0]
  if (micros !== undefined) return (row) => Instant.fromEpochMicros((values[row] ?? 0n) * micros)
  return (row) => Instant.fromEpochMicros(floorDivide(values[row] ?? 0n, 1000n))
}

function decimal(data: Data, type: ArrowShape): ColumnReader {
  const words = data.values as Uint32Array
  const perValue = (type.bitWidth ?? 128) / 32
  const scale = type.scale ?? 0
  return (row) => {
    let raw = 0n
    for (let i = perValue - 1; i >= 0; i--) raw = (raw << 32n) | BigInt(words[row * perValue + i] ?? 0)
    const signed = BigInt.asIntN(perValue * 32, raw)
    const digits = (signed < 0n ? -signed : signed).toString().padStart(scale + 1, '0')
    const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
    return signed < 0n ? `-${text}` : text
  }
}
