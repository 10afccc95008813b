import type { OnlineCells } from '../../plugin/online-cells.ts'
import { EntityColumn } from '../../store/entity-columns.ts'
import { cellStatus, fieldStatus, showsValue } from '../../store/feature-status.ts'
import {
  OnlineResponse,
  type ResponseColumn,
  type ResponseLayout,
  type StoredColumn,
  statusNumbers,
  type ValueColumn,
} from '../../store/online-response.ts'
import { valueEncoder } from '../../types/value-codec.ts'
import { ByteWriter, textLength, varintLength } from './byte-writer.ts'
import type { SentColumn } from './online-request.ts'

/** Tags of fields that hold bytes or messages: number of the field × 8 + 2. */
const tags = { 1: 0x0a, 2: 0x12, 3: 0x1a } as const
const versionTag = 2 << 3

/** One `FeatureVector`, measured before it is written. */
interface Vector {
  readonly column: ResponseColumn
  readonly length: number
  /** The field `values`, written; null for a stored column, whose values are copied from its cells. */
  readonly values: Uint8Array | null
  /** The field `event_timestamps`, written; the columns of a view share it. */
  readonly timestamps: Uint8Array
}

/** Of every value of an answer its status, and where its bytes are: row by row, one column after the other. */
class CellFacts {
  readonly statuses: Uint8Array
  readonly starts: Int32Array
  readonly sizes: Int32Array

  constructor(count: number) {
    this.statuses = new Uint8Array(count)
    this.starts = new Int32Array(count)
    this.sizes = new Int32Array(count)
  }
}

/** Answers are written one at a time, without a pause, so that all but very large ones can use one. */
let shared = new CellFacts(0)
const mostShared = 200_000

function factsFor(count: number): CellFacts {
  if (count > mostShared) return new CellFacts(count)
  if (count > shared.sizes.length) shared = new CellFacts(Math.min(mostShared, 2 * count))
  return shared
}

/**
 * The bytes of `feast.serving.GetOnlineFeaturesResponse`. Stored values are copied as the store has them, and entity
 * columns as they were sent; only computed values are encoded.
 */
export function writeOnlineAnswer(
  response: OnlineResponse,
  sent: ReadonlyMap<string, SentColumn>,
  withVersions: boolean,
): Buffer {
  const { rowCount } = response
  const columns = OnlineResponse.columnsOf(response)
  const metadata = metadataOf(OnlineResponse.layoutOf(response), withVersions)
  const written = new Map<OnlineCells, Uint8Array>()
  const epochs = emptyTimestamps(rowCount)
  const facts = factsFor(columns.length * rowCount)
  const vectors: Vector[] = []
  let total = metadata.length
  for (const column of columns) {
    const first = vectors.length * rowCount
    const vector =
      column.kind === 'stored'
        ? storedVector(column, facts, first, timestampsOf(column, written))
        : valueVector(column, facts, first, sent.get(column.name), epochs)
    vectors.push(vector)
    total += framed(vector.length)
  }
  const writer = new ByteWriter(total)
  writer.copy(metadata, 0, metadata.length)
  for (let index = 0; index < vectors.length; index++) {
    const vector = vectors[index]
    if (vector !== undefined) writeVector(writer, vector, facts, index * rowCount, rowCount)
  }
  return writer.bytes
}

/** Bytes of a field of this length with its tag and length. */
const framed = (length: number): number => 1 + varintLength(length) + length

/** As {@link framed}, for a packed list, which is left out when it is empty. */
const packed = (length: number): number => (length === 0 ? 0 : framed(length))

function writeVector(writer: ByteWriter, vector: Vector, facts: CellFacts, first: number, rows: number): void {
  const { column, length, values, timestamps } = vector
  writer.head(tags[2], length)
  if (values !== null) writer.copy(values, 0, values.length)
  else if (column.kind === 'stored') writer.fields(tags[1], column.cells.bytes, facts, first, rows)
  if (rows > 0) writer.head(tags[2], rows)
  writer.copy(facts.statuses, first, first + rows)
  writer.copy(timestamps, 0, timestamps.length)
}

/** Loops over numbers alone: what is here is done for every value of every answer. */
function storedVector(column: StoredColumn, facts: CellFacts, first: number, timestamps: Uint8Array): Vector {
  const { cells, feature, slots } = column
  const { starts, ends, featureCount } = cells
  const rows = slots.length
  let length = packed(rows) + timestamps.length
  for (let row = 0; row < rows; row++) {
    const slot = slots[row] ?? 0
    const cell = slot * featureCount + feature
    const status = cellStatus(column, slot)
    const isShown = status !== fieldStatus.NULL_VALUE && showsValue(column, slot)
    const start = isShown ? (starts[cell] ?? 0) : 0
    const size = isShown ? (ends[cell] ?? start) - start : 0
    facts.statuses[first + row] = status
    facts.starts[first + row] = start
    facts.sizes[first + row] = size
    length += framed(size)
  }
  return { column, length, values: null, timestamps }
}

/** Entity and request columns go back as they came; computed columns are encoded. Neither has event times. */
function valueVector(
  column: ValueColumn,
  facts: CellFacts,
  first: number,
  sent: SentColumn | undefined,
  epochs: Uint8Array,
): Vector {
  const values = column instanceof EntityColumn && sent !== undefined ? sent.body : encodedValues(column)
  const statuses = statusNumbers(column)
  facts.statuses.set(statuses, first)
  return { column, length: values.length + packed(statuses.length) + epochs.length, values, timestamps: epochs }
}

function encodedValues({ type, quick }: ValueColumn): Uint8Array {
  const encode = valueEncoder(type)
  return concatenated(quick.map((value) => field(tags[1], encode(value))))
}

function timestampsOf(column: StoredColumn, written: Map<OnlineCells, Uint8Array>): Uint8Array {
  const known = written.get(column.cells)
  if (known !== undefined) return known
  const made = rowTimestamps(column)
  written.set(column.cells, made)
  return made
}

/** A `google.protobuf.Timestamp` per row; an empty one, the epoch, for rows that have no event. */
function rowTimestamps({ cells, slots }: StoredColumn): Uint8Array {
  const writer = new ByteWriter(slots.length * longestTimestamp)
  for (let row = 0; row < slots.length; row++) {
    const slot = slots[row] ?? 0
    const seconds = cells.eventSeconds[slot] ?? Number.NaN
    if (Number.isNaN(seconds)) writer.head(tags[3], 0)
    else writer.timestamp(tags[3], seconds, (cells.eventMicros[slot] ?? 0) * 1000)
  }
  return writer.written
}

/** Head, seconds of ten bytes and nanoseconds of five with their tags. */
const longestTimestamp = 2 + 11 + 6

function emptyTimestamps(rows: number): Uint8Array {
  const writer = new ByteWriter(2 * rows)
  for (let row = 0; row < rows; row++) writer.head(tags[3], 0)
  return writer.bytes
}

/** Responses to one kind of request share their layout, and so its bytes. */
const plainMetadata = new WeakMap<ResponseLayout, Uint8Array>()
const versionedMetadata = new WeakMap<ResponseLayout, Uint8Array>()

/** The field `metadata` of the response. */
function metadataOf(layout: ResponseLayout, withVersions: boolean): Uint8Array {
  const cache = withVersions ? versionedMetadata : plainMetadata
  const known = cache.get(layout)
  if (known !== undefined) return known
  const names = concatenated(layout.names.map((name) => textField(tags[1], name)))
  const views = withVersions ? layout.views.map(({ name, version }) => field(tags[2], viewBytes(name, version))) : []
  const made = field(tags[1], concatenated([field(tags[1], names), ...views]))
  cache.set(layout, made)
  return made
}

function viewBytes(name: string, version: number): Uint8Array {
  const writer = new ByteWriter(framed(textLength(name)) + 6)
  if (name !== '') writer.copy(textField(tags[1], name), 0, framed(textLength(name)))
  // The head of a field is its tag and a varint, which is all that a number is.
  if (version !== 0) writer.head(versionTag, version)
  return writer.written
}

function textField(tag: number, text: string): Uint8Array {
  return field(tag, Buffer.from(text))
}

function field(tag: number, body: Uint8Array): Uint8Array {
  const writer = new ByteWriter(framed(body.length))
  writer.head(tag, body.length)
  writer.copy(body, 0, body.length)
  return writer.bytes
}

const concatenated = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts)
