import { nothingStored } from '../../plugin/online-cells.ts'
import { cellStatus, fieldStatus, isNullCell, showsValue, statusNames } from '../../store/feature-status.ts'
import {
  OnlineResponse,
  type ResponseLayout,
  type StoredColumn,
  statusNumbers,
  type ValueColumn,
} from '../../store/online-response.ts'
import { doubleAt, writeCellJson } from '../../types/cell-json.ts'
import { JsonWriter } from '../../types/json-writer.ts'
import { isPlainFloat } from '../../types/python-float.ts'
import { typedJsonText } from '../../types/typed-json.ts'
import { epochText, writeEventTimes } from './event-time-text.ts'

export interface EncodeOptions {
  /** Say which views the features are of, and of which versions. */
  readonly viewMetadata?: boolean | undefined
  /** Lend the bytes of a long answer, for {@link giveBackAnswer} when they were sent. Default: they are yours. */
  readonly lend?: boolean | undefined
}

const writer = new JsonWriter()

/**
 * A response as the JSON of Feast's feature server, in UTF-8, made from the stored bytes: no object per value.
 *
 * Shape: `{"results":[{"values":[…],"statuses":[…],"event_timestamps":[…]}, …],"metadata":{"feature_names":[…]}}`, one
 * element of `results` per column, in column order; inside, one element per entity row. Event times are RFC 3339 in UTC,
 * the epoch where there is none. Values: see {@link writeCellJson}.
 * @throws FTS5084 when a stored value cannot be read.
 */
export function encodeOnlineFeatures<Row>(response: OnlineResponse<Row>, options: EncodeOptions = {}): Buffer {
  writer.cut(0)
  writer.ascii('{"results":[')
  let open = '{"values":['
  let view: ViewPlaces | undefined
  for (const column of OnlineResponse.columnsOf(response)) {
    writer.ascii(open)
    open = ',{"values":['
    if (column.kind === 'stored') {
      if (view === undefined || view.statuses !== column.rowStatuses || view.slots !== column.slots) {
        view = viewPlaces(column)
      }
      writeStoredColumn(column, view)
    } else {
      writeValueColumn(column)
    }
  }
  writer.ascii('],"metadata":')
  writer.text(metadataText(OnlineResponse.layoutOf(response), options.viewMetadata === true))
  writer.byte(0x7d)
  return options.lend === true ? writer.lend() : writer.take()
}

/** Lets the next answer be written where this one was, which nobody may look at any more. */
export function giveBackAnswer(answer: Buffer): void {
  writer.giveBack(answer)
}

/** What the columns of one view have in common, and where in the text it was written first: it is copied from there. */
interface ViewPlaces {
  readonly statuses: Uint8Array
  readonly slots: Uint32Array
  /** Something is stored for every row, within its ttl. */
  readonly allPresent: boolean
  /** From the end of the values on, when all are present. */
  presentTail: Place | null
  /** From the end of the statuses on. */
  times: Place | null
}

interface Place {
  readonly start: number
  readonly end: number
}

function viewPlaces({ slots, rowStatuses: statuses }: StoredColumn): ViewPlaces {
  let allPresent = true
  for (let row = 0; row < statuses.length; row++) if (statuses[row] !== fieldStatus.PRESENT) allPresent = false
  return { statuses, slots, allPresent, presentTail: null, times: null }
}

/** Writes a column after its opening bracket. */
function writeStoredColumn(column: StoredColumn, view: ViewPlaces): void {
  const start = writer.length
  if (view.allPresent && (writePresentNumbers(column, view) || writePresentValues(column, view))) {
    writePresentTail(column, view)
    return
  }
  writer.cut(start)
  const { cells, slots, type, rules } = column
  for (let row = 0; row < slots.length; row++) {
    if (row > 0) writer.byte(0x2c)
    const slot = slots[row] ?? 0
    const cell = slot * cells.featureCount + column.feature
    const from = cells.starts[cell] ?? nothingStored
    if (showsValue(column, slot)) {
      writeCellJson(writer, cells.bytes, from, cells.ends[cell] ?? from, type, rules.valuesAsStored)
    } else {
      writer.ascii('null')
    }
  }
  writer.ascii('],"statuses":[')
  for (let row = 0; row < slots.length; row++) {
    if (row > 0) writer.byte(0x2c)
    writer.ascii(quotedStatuses[cellStatus(column, slots[row] ?? 0)] ?? '')
  }
  writeTimes(column, view)
}

const presentText = '"PRESENT"'
const quotedStatuses = statusNames.map((name) => `"${name}"`)

/** The values of a column whose rows are all there; false when some status is not PRESENT after all. */
function writePresentValues({ cells, feature, type, rules }: StoredColumn, { slots }: ViewPlaces): boolean {
  const { bytes, starts, ends, featureCount } = cells
  for (let row = 0; row < slots.length; row++) {
    const cell = (slots[row] ?? 0) * featureCount + feature
    const start = starts[cell] ?? nothingStored
    const end = ends[cell] ?? start
    if (start === nothingStored || isNullCell(bytes, start, end)) return false
    if (row > 0) writer.byte(0x2c)
    writeCellJson(writer, bytes, start, end, type, rules.valuesAsStored)
  }
  return true
}

/** From so many rows on, `JSON.stringify` of all floats of a column is faster than writing one by one. */
const manyRows = 8

/** The numbers of the column at hand; the next one of as many rows takes their places. */
const numbers: number[] = []

/**
 * The values of a column of many rows that are numbers JavaScript and Python write alike; false when some value is
 * anything else.
 */
function writePresentNumbers({ cells, feature }: StoredColumn, { slots }: ViewPlaces): boolean {
  const { bytes, starts, ends, featureCount } = cells
  if (slots.length < manyRows) return false
  numbers.length = slots.length
  for (let row = 0; row < slots.length; row++) {
    const cell = (slots[row] ?? 0) * featureCount + feature
    const start = starts[cell] ?? nothingStored
    const end = ends[cell] ?? start
    if (end - start !== 9 || bytes[start] !== 0x29) return false
    const float = doubleAt(bytes, start + 1)
    if (!isPlainFloat(float)) return false
    numbers[row] = float
  }
  writer.cut(writer.length - 1)
  writer.ascii(JSON.stringify(numbers))
  writer.cut(writer.length - 1)
  return true
}

function writePresentTail(column: StoredColumn, view: ViewPlaces): void {
  if (view.presentTail !== null) {
    writer.repeat(view.presentTail.start, view.presentTail.end)
    return
  }
  const start = writer.length
  writer.ascii('],"statuses":[')
  writer.repeated(presentText, view.slots.length)
  writeTimes(column, view)
  view.presentTail = { start, end: writer.length }
}

function writeTimes(column: StoredColumn, view: ViewPlaces): void {
  if (view.times !== null) {
    writer.repeat(view.times.start, view.times.end)
    return
  }
  const start = writer.length
  writer.ascii('],"event_timestamps":[')
  writeEventTimes(writer, column.cells, view.slots)
  writer.ascii(']}')
  view.times = { start, end: writer.length }
}

function writeValueColumn(column: ValueColumn): void {
  const { quick, type } = column
  const isWhole = type.kind === 'scalar' && type.name === 'int64'
  for (let row = 0; row < quick.length; row++) {
    if (row > 0) writer.byte(0x2c)
    const value = quick[row] ?? null
    if (isWhole && typeof value === 'number') writer.whole(value)
    else if (typeof value === 'bigint') writer.ascii(String(value))
    else writer.text(typedJsonText(value, type))
  }
  writer.ascii('],"statuses":[')
  if (quick.includes(null))
    writer.ascii(
      statusNumbers(column)
        .map((status) => quotedStatuses[status])
        .join(','),
    )
  else writer.repeated(presentText, quick.length)
  writer.ascii('],"event_timestamps":[')
  writer.repeated(quotedEpoch, quick.length)
  writer.ascii(']}')
}

const quotedEpoch = `"${epochText}"`

const namesOfLayout = new WeakMap<ResponseLayout, string>()

function metadataText(layout: ResponseLayout, views: boolean): string {
  let names = namesOfLayout.get(layout)
  if (names === undefined) {
    names = `"feature_names":${JSON.stringify(layout.names)}`
    namesOfLayout.set(layout, names)
  }
  if (!views) return `{${names}}`
  const served = layout.views.map(({ name, version }) => (version === 0 ? { name } : { name, version }))
  return `{${names},"feature_view_metadata":${JSON.stringify(served)}}`
}
