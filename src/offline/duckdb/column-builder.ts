import type { Vector } from '@duckdb/node-bindings'
import type { Data, DataType } from 'apache-arrow'
import type { loadArrow } from '../../types/arrow.ts'
import { BitmapBuilder } from './bitmap-builder.ts'
import type { Bindings } from './duckdb-driver.ts'

type Arrow = Awaited<ReturnType<typeof loadArrow>>

/** What a builder needs to read vectors and to make Arrow data. */
export interface BuilderTools {
  readonly arrow: Arrow
  readonly bindings: Bindings
}

/** Collects one column from DuckDB vectors, whole arrays at a time. */
export interface ColumnBuilder {
  readonly type: DataType
  /** Adds `count` rows of a vector from row `offset`. */
  append(vector: Vector, offset: number, count: number): void
  /** The rows so far as Arrow data; the builder is empty afterwards. */
  finish(): Data
}

/** Bytes that grow by doubling. */
export class GrowingBytes {
  bytes: Uint8Array<ArrayBuffer>
  length = 0

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity)
  }

  /** Room for `count` more bytes; returns where they begin. */
  reserve(count: number): number {
    const start = this.length
    this.length += count
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, this.bytes.length * 2))
      grown.set(this.bytes.subarray(0, start))
      this.bytes = grown
    }
    return start
  }

  append(source: Uint8Array): void {
    const start = this.reserve(source.length)
    this.bytes.set(source, start)
  }

  /** Gives the bytes away and starts anew with as much room. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.subarray(0, this.length)
    this.bytes = new Uint8Array(this.bytes.length)
    this.length = 0
    return taken
  }
}

/** Rows that a fresh builder has room for. */
export const initialRows = 4096

/** Turns `count` values in place or into another layout; without it the bytes are Arrow's already. */
export interface FixedLayout {
  /** Bytes of a value in the DuckDB vector and in Arrow. */
  readonly sourceWidth: number
  readonly width: number
  /** Writes `count` values from `source` to `target`; absent when the bytes are the same. */
  readonly convert?: (source: Uint8Array, target: Uint8Array, count: number) => void
}

/** Columns whose values have a fixed number of bytes. */
export function fixedBuilder(
  tools: BuilderTools,
  type: DataType,
  layout: FixedLayout,
  wrap: (bytes: Uint8Array<ArrayBuffer>, rows: number) => unknown,
): ColumnBuilder {
  const values = new GrowingBytes(initialRows * layout.width)
  const validity = new BitmapBuilder(tools.bindings)
  return {
    type,
    append(vector, offset, count) {
      const source = tools.bindings
        .vector_get_data(vector, (offset + count) * layout.sourceWidth)
        .subarray(offset * layout.sourceWidth)
      if (layout.convert === undefined) values.append(source)
      else {
        const start = values.reserve(count * layout.width)
        layout.convert(source, values.bytes.subarray(start, start + count * layout.width), count)
      }
      validity.append(vector, offset, count)
    },
    finish() {
      const { length, nullCount, nullBitmap } = validity.take()
      return tools.arrow.makeData({ type, length, nullCount, nullBitmap, data: wrap(values.take(), length) } as never)
    },
  }
}

/** Booleans are a byte each in DuckDB and a bit each in Arrow. */
export function boolBuilder(tools: BuilderTools): ColumnBuilder {
  const type = new tools.arrow.Bool()
  const bits = new BitmapBuilder(tools.bindings)
  const validity = new BitmapBuilder(tools.bindings)
  return {
    type,
    append(vector, offset, count) {
      bits.appendBytes(tools.bindings.vector_get_data(vector, offset + count).subarray(offset), count)
      validity.append(vector, offset, count)
    },
    finish() {
      const { length, nullCount, nullBitmap } = validity.take()
      return tools.arrow.makeData({ type, length, nullCount, nullBitmap, data: bits.takeBits() })
    },
  }
}

/** Lists, and maps, which are lists of key and value. `fixedSize` is that of DuckDB's arrays. */
export function listBuilder(
  tools: BuilderTools,
  type: DataType,
  child: ColumnBuilder,
  fixedSize: number | null,
): ColumnBuilder {
  const { bindings } = tools
  const offsets = new GrowingBytes(initialRows * 4)
  const validity = new BitmapBuilder(bindings)
  let total = 0
  const appendLists = (vector: Vector, offset: number, count: number): void => {
    const childVector = bindings.list_vector_get_child(vector)
    const raw = bindings.vector_get_data(vector, (offset + count) * 16)
    // Offset and length of a list as 64-bit integers, of which a chunk never needs more than the lower halves.
    const entries = new Uint32Array(raw.buffer, raw.byteOffset, (offset + count) * 4)
    const target = int32View(offsets, count)
    let [runStart, runLength] = [0, 0]
    for (let row = 0; row < count; row++) {
      const length = validity.isValid(row) ? (entries[(offset + row) * 4 + 2] ?? 0) : 0
      const start = entries[(offset + row) * 4] ?? 0
      target[row] = total
      total += length
      if (length === 0) continue
      if (start === runStart + runLength) runLength += length
      else {
        if (runLength > 0) child.append(childVector, runStart, runLength)
        ;[runStart, runLength] = [start, length]
      }
    }
    if (runLength > 0) child.append(childVector, runStart, runLength)
  }
  const appendArrays = (vector: Vector, offset: number, count: number, size: number): void => {
    const target = int32View(offsets, count)
    for (let row = 0; row < count; row++) target[row] = total + row * size
    total += count * size
    if (count * size > 0) child.append(bindings.array_vector_get_child(vector), offset * size, count * size)
  }
  return {
    type,
    append(vector, offset, count) {
      validity.append(vector, offset, count)
      if (fixedSize === null) appendLists(vector, offset, count)
      else appendArrays(vector, offset, count, fixedSize)
    },
    finish() {
      const { length, nullCount, nullBitmap } = validity.take()
      int32View(offsets, 1)[0] = total
      total = 0
      const valueOffsets = int32Of(offsets.take(), length + 1)
      return tools.arrow.makeData({ type, length, nullCount, nullBitmap, valueOffsets, child: child.finish() } as never)
    },
  }
}

export function structBuilder(tools: BuilderTools, type: DataType, children: readonly ColumnBuilder[]): ColumnBuilder {
  const { bindings } = tools
  const validity = new BitmapBuilder(bindings)
  return {
    type,
    append(vector, offset, count) {
      validity.append(vector, offset, count)
      for (const [index, child] of children.entries()) {
        child.append(bindings.struct_vector_get_child(vector, index), offset, count)
      }
    },
    finish() {
      const { length, nullCount, nullBitmap } = validity.take()
      const finished = children.map((child) => child.finish())
      return tools.arrow.makeData({ type, length, nullCount, nullBitmap, children: finished } as never)
    },
  }
}

/** Room for `count` more 32-bit integers. */
export function int32View(bytes: GrowingBytes, count: number): Int32Array {
  const start = bytes.reserve(count * 4)
  return new Int32Array(bytes.bytes.buffer, bytes.bytes.byteOffset + start, count)
}

export const int32Of = (bytes: Uint8Array<ArrayBuffer>, count: number): Int32Array<ArrayBuffer> =>
  new Int32Array(bytes.buffer, bytes.byteOffset, count)
