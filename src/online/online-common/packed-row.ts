import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { CellBlock } from '../../plugin/online-cells.ts'
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
  bytes[0] = marker
  bytes[1] = version
  view.setUint16(2, count, true)
  writeTime(view, 4, row.eventMicros)
  writeTime(view, 16, row.createdMicros)
  let at = headLength
  let end = valuesStart
  for (const [hash, value] of row.values) {
    bytes.set(value, end)
    end += value.length
    view.setUint32(at, hash, true)
    view.setUint32(at + count * 4, end - valuesStart, true)
    at += 4
  }
  return bytes
}

/** @throws FTS5041 for bytes that are no packed row. */
export function unpackRow(bytes: Uint8Array): PackedRow {
  const view = viewOf(bytes)
  const count = view.getUint16(2, true)
  const eventMicros = readTime(view, 4)
  if (eventMicros === null) throw unreadable(bytes, 'it has no event time')
  const values = new Map<number, Uint8Array>()
  for (let index = 0; index < count; index++) {
    const { start, end } = rangeOf(view, count, index)
    values.set(view.getUint32(headLength + index * 4, true), bytes.subarray(start, end))
  }
  return { eventMicros, createdMicros: readTime(view, 16), values }
}

/**
 * A reader that puts packed rows into the cells of a read of these features. Rows of one shape are matched once.
 * @throws FTS5041 from the reader
 */
export function packedRowReader(
  features: readonly string[],
): (cells: CellBlock, row: number, bytes: Uint8Array) => void {
  const wanted = features.map(nameHash)
  let shape = new Uint8Array(0)
  /** For each wanted feature its number in blobs of the shape, or -1. */
  let places = new Int32Array(wanted.length)
  return (cells, row, bytes) => {
    const view = viewOf(bytes)
    const count = view.getUint16(2, true)
    const directory = bytes.subarray(headLength, headLength + count * 4)
    if (!sameBytes(shape, directory) || shape.length === 0) {
      shape = directory.slice()
      places = Int32Array.from(wanted, (hash) => placeOf(view, count, hash))
    }
    cells.setEvent(row, view.getFloat64(4, true), view.getUint32(12, true))
    const base = cells.append(bytes)
    for (let feature = 0; feature < places.length; feature++) {
      const place = places[feature] ?? -1
      if (place < 0) continue
      const { start, end } = rangeOf(view, count, place)
      cells.setRange(row, feature, base + start, base + end)
    }
  }
}

function placeOf(view: DataView, count: number, hash: number): number {
  for (let index = 0; index < count; index++) if (view.getUint32(headLength + index * 4, true) === hash) return index
  return -1
}

function rangeOf(view: DataView, count: number, index: number): { readonly start: number; readonly end: number } {
  const ends = headLength + count * 4
  const valuesStart = ends + count * 4
  const start = valuesStart + (index === 0 ? 0 : view.getUint32(ends + (index - 1) * 4, true))
  const end = valuesStart + view.getUint32(ends + index * 4, true)
  if (end < start || end > view.byteLength) throw unreadable(view, 'a value lies outside of it')
  return { start, end }
}

function viewOf(bytes: Uint8Array): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < headLength || bytes[0] !== marker) throw unreadable(bytes, 'it does not begin as one')
  if (bytes[1] !== version) throw unreadable(bytes, `it is of version ${bytes[1]}, which this version does not know`)
  if (headLength + view.getUint16(2, true) * 8 > bytes.length) throw unreadable(bytes, 'it ends early')
  return view
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function writeTime(view: DataView, at: number, epochMicros: bigint | null): void {
  if (epochMicros === null) {
    view.setFloat64(at, Number.NaN, true)
    return
  }
  const micros = ((epochMicros % 1_000_000n) + 1_000_000n) % 1_000_000n
  view.setFloat64(at, Number((epochMicros - micros) / 1_000_000n), true)
  view.setUint32(at + 8, Number(micros), true)
}

function readTime(view: DataView, at: number): bigint | null {
  const seconds = view.getFloat64(at, true)
  return Number.isInteger(seconds) ? BigInt(seconds) * 1_000_000n + BigInt(view.getUint32(at + 8, true)) : null
}

function unreadable(bytes: { readonly byteLength: number }, why: string): FeatureStoreError {
  return new FeatureStoreError('FTS5041', {
    message: `A packed row of ${bytes.byteLength} bytes in the online store cannot be read: ${why}.`,
  })
}
