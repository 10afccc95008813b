import type { Vector } from '@duckdb/node-bindings'
import type { Binary, Utf8 } from 'apache-arrow'
import { BitmapBuilder } from './bitmap-builder.ts'
import {
  type BuilderTools,
  type ColumnBuilder,
  GrowingBytes,
  initialRows,
  int32Of,
  int32View,
} from './column-builder.ts'

/** A DuckDB string is 16 bytes: its length, then the text itself up to 12 bytes, else four of it and a pointer. */
const entryBytes = 16
const inlineBytes = 12
/**
 * Texts that lie this near to each other are fetched together, gap included. Less than a page, so that every byte
 * between two mapped bytes is mapped too.
 */
const maxGap = 4000

/** Neighbouring long texts: where they begin and end, and which row's pointer leads to the beginning. */
interface Run {
  start: number
  end: number
  row: number
}

/** Texts and byte strings. */
export function textBuilder(tools: BuilderTools, type: Utf8 | Binary): ColumnBuilder {
  const { bindings } = tools
  const offsets = new GrowingBytes(initialRows * 4)
  const values = new GrowingBytes(initialRows * 8)
  const validity = new BitmapBuilder(bindings)
  const append = (vector: Vector, offset: number, count: number): void => {
    validity.append(vector, offset, count)
    const entries = bindings.vector_get_data(vector, (offset + count) * entryBytes)
    const words = new Uint32Array(entries.buffer, entries.byteOffset, (offset + count) * 4)
    const fetched = fetchLongTexts(tools, entries, words, validity, offset, count)
    const target = int32View(offsets, count)
    let next = 0
    for (let row = 0; row < count; row++) {
      target[row] = values.length
      if (!validity.isValid(row)) continue
      const word = (offset + row) * 4
      const length = words[word] ?? 0
      if (length <= inlineBytes) {
        const from = (offset + row) * entryBytes + 4
        values.append(entries.subarray(from, from + length))
      } else {
        const { bytes, start } = fetched.runOfRow(next++)
        const from = addressAt(words, word) - start
        values.append(bytes.subarray(from, from + length))
      }
    }
  }
  return {
    type,
    append,
    finish() {
      const { length, nullCount, nullBitmap } = validity.take()
      int32View(offsets, 1)[0] = values.length
      const valueOffsets = int32Of(offsets.take(), length + 1)
      return tools.arrow.makeData({ type, length, nullCount, nullBitmap, valueOffsets, data: values.take() } as never)
    },
  }
}

interface FetchedTexts {
  /** The bytes that hold the n-th long text of the chunk, and the address of the first. */
  readonly runOfRow: (place: number) => { readonly bytes: Uint8Array; readonly start: number }
}

/** One read of memory per run of neighbours instead of one per text: a call into the driver costs half a microsecond. */
function fetchLongTexts(
  { bindings }: BuilderTools,
  entries: Uint8Array,
  words: Uint32Array,
  validity: BitmapBuilder,
  offset: number,
  count: number,
): FetchedTexts {
  const runs: Run[] = []
  const runOfPlace: Run[] = []
  let run: Run | undefined
  for (let row = 0; row < count; row++) {
    const word = (offset + row) * 4
    const length = words[word] ?? 0
    if (length <= inlineBytes || !validity.isValid(row)) continue
    const start = addressAt(words, word)
    const end = start + length
    if (run === undefined || start > run.end + maxGap || end < run.start - maxGap) {
      run = { start, end, row }
      runs.push(run)
    } else {
      if (start < run.start) {
        run.start = start
        run.row = row
      }
      if (end > run.end) run.end = end
    }
    runOfPlace.push(run)
  }
  const bytesOf = new Map(
    runs.map((one) => {
      const pointer = entries.byteOffset + (offset + one.row) * entryBytes + 8
      const buffer = entries.buffer as ArrayBuffer
      return [one, { bytes: bindings.get_data_from_pointer(buffer, pointer, one.end - one.start), start: one.start }]
    }),
  )
  const nothing = { bytes: new Uint8Array(), start: 0 }
  return {
    runOfRow: (place) => {
      const found = runOfPlace[place]
      return found === undefined ? nothing : (bytesOf.get(found) ?? nothing)
    },
  }
}

/** A pointer as a number: addresses have 48 bits. */
const addressAt = (words: Uint32Array, word: number): number =>
  (words[word + 2] ?? 0) + (words[word + 3] ?? 0) * 2 ** 32
