import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { floorDivide } from '../../base/instant.ts'
import { type CellBlock, nothingStored, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineWrite } from '../../plugin/online-store.ts'
import { murmur3x86of32 } from '../../types/murmur3.ts'

/**
 * The packed layout: all features of one view for one entity key in one blob. Ours alone; Python Feast does not know it.
 *
 * All numbers are little-endian. Offset 0: {@link marker}; 1: {@link version}; 2: number of features, u16; 4: event,
 * whole seconds of the epoch as a double, rounded down; 12: its microseconds, u32; 16 and 24: the same of the creation,
 * with NaN seconds where there is none; 28: for each feature the 32-bit MurmurHash3 of its name; then for each where its
 * value ends, u32, counted from where the values begin; then the serialised `feast.types.Value`s, empty for null.
 *
 * A blob says itself which features it has, so that rows written before and after a change of the view are both read
 * right: what a blob lacks is not stored, and what nobody asks for is passed over.
 */
export interface PackedRow {
  readonly eventMicros: bigint
  readonly createdMicros: bigint | null
  /** By {@link nameHash}. Empty bytes are a null. */
  readonly values: ReadonlyMap<number, Uint8Array>
}

const marker = 0xfe
const version = 1
const headLength = 28

const utf8 = new TextEncoder()

export const nameHash = (feature: string): number => murmur3x86of32(utf8.encode(feature))

/**
 * The hashes of the features of a view.
 * @throws FTS5040 when two names have the same one.
 */
export function nameHashes(features: readonly string[]): readonly number[] {
  const names = new Map<number, string>()
  return features.map((name) => {
    const hash = nameHash(name)
    const other = names.get(hash)
    if (other !== undefined && other !== name) {
      throw new FeatureStoreError('FTS5040', {
        message: `The features "${other}" and "${name}" of one view cannot be told apart in the packed layout.`,
        notes: ['their names have the same 32-bit hash; rename one of them, or keep online_store.layout: feast'],
      })
    }
    names.set(hash, name)
    return hash
  })
}

export function packRow(row: PackedRow): Uint8Array {
  const count = row.values.size
  const valuesStart = headLength + count * 8
  let length = valuesStart
  for (const value of row.values.values()) length += value.length
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  writeHead(view, [...row.values.keys()])
  writeTime(view, 4, row.eventMicros)
  writeTime(view, 16, row.createdMicros)
  let at = headLength + count * 4
  let end = valuesStart
  for (const value of row.values.values()) {
    bytes.set(value, end)
    end += value.length
    view.setUint32(at, end - valuesStart, true)
    at += 4
  }
  return bytes
}

/** @throws FTS5041 for bytes that are no packed row. */
export function unpackRow(bytes: Uint8Array): PackedRow {
  const count = countOf(bytes, 0, bytes.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const eventMicros = readTime(view, 4)
  if (eventMicros === null) throw unreadable(bytes.length, 'it has no event time')
  const values = new Map<number, Uint8Array>()
  for (let index = 0; index < count; index++) {
    const { start, end } = rangeOf(view, count, index)
    values.set(view.getUint32(headLength + index * 4, true), bytes.subarray(start, end))
  }
  return { eventMicros, createdMicros: readTime(view, 16), values }
}

/** True for bytes that begin as a packed row does, and as no serialised Protobuf message can. */
export const isPackedRow = (bytes: Uint8Array, at = 0): boolean => bytes[at] === marker

/**
 * Packs rows of a batch of a view with these features. What it returns is lent: the next row is written over it.
 * @throws FTS5040
 */
export function packedRowWriter(features: readonly string[]): (batch: OnlineWrite, row: number) => Uint8Array {
  const hashes = nameHashes(features)
  const count = hashes.length
  const valuesStart = headLength + count * 8
  let bytes = new Uint8Array(0)
  let view = new DataView(bytes.buffer)
  const grow = (least: number): void => {
    const larger = new Uint8Array(Math.max(least, bytes.length * 2))
    larger.set(bytes)
    bytes = larger
    view = new DataView(bytes.buffer)
  }
  grow(valuesStart + count * 16)
  writeHead(view, hashes)
  return (batch, row) => {
    writeTime(view, 4, batch.eventMicros[row] ?? 0n)
    writeTime(view, 16, batch.createdMicros[row] ?? null)
    let end = valuesStart
    for (let feature = 0; feature < count; feature++) {
      const value = batch.values[feature]?.[row]
      if (value !== undefined) {
        if (end + value.length > bytes.length) grow(end + value.length)
        bytes.set(value, end)
        end += value.length
      }
      view.setUint32(headLength + (count + feature) * 4, end - valuesStart, true)
    }
    return bytes.subarray(0, end)
  }
}

/**
 * A reader that puts packed rows into the cells of a read of these features. Rows of one shape are matched once.
 * @throws FTS5041 from the reader
 */
export function packedRowReader(
  features: readonly string[],
): (cells: CellBlock, row: number, bytes: Uint8Array) => void {
  const place = packedRowPlacer(features)
  return (cells, row, bytes) => place(cells, row, bytes, 0, bytes.length, cells.append(bytes))
}

/**
 * Like {@link packedRowReader}, for a row that lies at `start` to `end` of larger bytes and is not copied: its values are
 * noted by their positions there, with `shift` added.
 */
export function packedRowPlacer(
  features: readonly string[],
): (cells: OnlineCells, row: number, bytes: Uint8Array, start: number, end: number, shift: number) => void {
  const wanted = features.map(nameHash)
  let shape = new Uint8Array(0)
  /** For each wanted feature its number in blobs of the shape, or -1. */
  let places = new Int32Array(wanted.length)
  return (cells, row, bytes, start, end, shift) => {
    const count = countOf(bytes, start, end)
    const directory = start + headLength
    if (!isShape(shape, bytes, directory, count * 4)) {
      shape = bytes.slice(directory, directory + count * 4)
      places = Int32Array.from(wanted, (hash) => placeOf(shape, hash))
    }
    cells.eventSeconds[row] = float64At(bytes, start + 4)
    cells.eventMicros[row] = uint32At(bytes, start + 12)
    const ends = directory + count * 4
    const values = ends + count * 4
    let cell = row * wanted.length
    for (let feature = 0; feature < wanted.length; feature++, cell++) {
      const place = places[feature] as number
      if (place < 0) {
        cells.starts[cell] = nothingStored
        cells.ends[cell] = nothingStored
        continue
      }
      const from = values + (place === 0 ? 0 : uint32At(bytes, ends + (place - 1) * 4))
      const to = values + uint32At(bytes, ends + place * 4)
      if (to < from || to > end) throw unreadable(end - start, outside)
      cells.starts[cell] = from + shift
      cells.ends[cell] = to + shift
    }
  }
}

function placeOf(shape: Uint8Array, hash: number): number {
  for (let at = 0; at < shape.length; at += 4) if (uint32At(shape, at) === hash) return at / 4
  return -1
}

function isShape(shape: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  if (shape.length !== length || length === 0) return false
  for (let i = 0; i < length; i++) if (shape[i] !== bytes[at + i]) return false
  return true
}

function rangeOf(view: DataView, count: number, index: number): { readonly start: number; readonly end: number } {
  const ends = headLength + count * 4
  const valuesStart = ends + count * 4
  const start = valuesStart + (index === 0 ? 0 : view.getUint32(ends + (index - 1) * 4, true))
  const end = valuesStart + view.getUint32(ends + index * 4, true)
  if (end < start || end > view.byteLength) throw unreadable(view.byteLength, outside)
  return { start, end }
}

const outside = 'a value lies outside of it'

/** The number of features of a packed row that is whole, as far as its head tells. */
function countOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length < headLength || bytes[start] !== marker) throw unreadable(length, 'it does not begin as one')
  if (bytes[start + 1] !== version) {
    throw unreadable(length, `it is of version ${bytes[start + 1]}, which this version does not know`)
  }
  const count = (bytes[start + 2] as number) | ((bytes[start + 3] as number) << 8)
  if (headLength + count * 8 > length) throw unreadable(length, 'it ends early')
  return count
}

const uint32At = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)) >>>
  0

const eightBytes = new DataView(new ArrayBuffer(8))

function float64At(bytes: Uint8Array, at: number): number {
  eightBytes.setUint32(0, uint32At(bytes, at), true)
  eightBytes.setUint32(4, uint32At(bytes, at + 4), true)
  return eightBytes.getFloat64(0, true)
}

function writeHead(view: DataView, hashes: readonly number[]): void {
  view.setUint8(0, marker)
  view.setUint8(1, version)
  view.setUint16(2, hashes.length, true)
  for (const [index, hash] of hashes.entries()) view.setUint32(headLength + index * 4, hash, true)
}

function writeTime(view: DataView, at: number, epochMicros: bigint | null): void {
  if (epochMicros === null) {
    view.setFloat64(at, Number.NaN, true)
    view.setUint32(at + 8, 0, true)
    return
  }
  const exact = Number(epochMicros)
  if (Number.isSafeInteger(exact)) {
    const seconds = Math.floor(exact / 1e6)
    view.setFloat64(at, seconds, true)
    view.setUint32(at + 8, exact - seconds * 1e6, true)
    return
  }
  const seconds = floorDivide(epochMicros, 1_000_000n)
  view.setFloat64(at, Number(seconds), true)
  view.setUint32(at + 8, Number(epochMicros - seconds * 1_000_000n), true)
}

function readTime(view: DataView, at: number): bigint | null {
  const seconds = view.getFloat64(at, true)
  return Number.isInteger(seconds) ? BigInt(seconds) * 1_000_000n + BigInt(view.getUint32(at + 8, true)) : null
}

function unreadable(length: number, why: string): FeatureStoreError {
  return new FeatureStoreError('FTS5041', {
    message: `A packed row of ${length} bytes in the online store cannot be read: ${why}.`,
  })
}
