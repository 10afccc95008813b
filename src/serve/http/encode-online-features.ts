import { nothingStored } from '../../plugin/online-cells.ts'
import { cellStatus, type FieldStatus, fieldStatus, showsValue, statusNames } from '../../store/feature-status.ts'
import {
  OnlineResponse,
  type ResponseLayout,
  type StoredColumn,
  statusNumbers,
  type ValueColumn,
} from '../../store/online-response.ts'
import { type CellReader, cellJson, cellReader, varintNumber } from '../../types/cell-json.ts'
import { isPlainFloat } from '../../types/python-float.ts'
import { typedJsonText } from '../../types/typed-json.ts'
import { epochText, eventTimesText } from './event-time-text.ts'

export interface EncodeOptions {
  /** Say which views the features are of, and of which versions. */
  readonly viewMetadata?: boolean | undefined
}

/**
 * A response as the JSON text of Feast's feature server, made from the stored bytes: no object per value.
 *
 * Shape: `{"results":[{"values":[…],"statuses":[…],"event_timestamps":[…]}, …],"metadata":{"feature_names":[…]}}`, one
 * element of `results` per column, in column order; inside, one element per entity row. Event times are RFC 3339 in UTC,
 * the epoch where there is none. Values: see {@link cellJson}.
 * @throws FTS5084 when a stored value cannot be read.
 */
export function encodeOnlineFeatures<Row>(response: OnlineResponse<Row>, options: EncodeOptions = {}): string {
  let text = '{"results":['
  let separator = ''
  let view: ViewText | undefined
  for (const column of OnlineResponse.columnsOf(response)) {
    if (column.kind === 'stored') {
      if (view === undefined || view.statuses !== column.rowStatuses || view.slots !== column.slots) {
        view = viewText(column, view)
      }
      text += separator + storedColumnText(column, view)
    } else {
      text += separator + valueColumnText(column)
    }
    separator = ','
  }
  return `${text}],"metadata":${metadataText(OnlineResponse.layoutOf(response), options.viewMetadata === true)}}`
}

/** What the columns of one view have in common. */
interface ViewText {
  readonly reader: CellReader
  readonly source: Uint8Array
  readonly statuses: Uint8Array
  readonly slots: Uint32Array
  /** Something is stored for every row, within its ttl. */
  readonly allPresent: boolean
  /** The event times with what stands around them. */
  readonly times: string
  /** The end of a column whose values are all present: statuses and event times. */
  readonly presentTail: string
}

function viewText(column: StoredColumn, before: ViewText | undefined): ViewText {
  const { cells, slots, rowStatuses: statuses, rules } = column
  const reader = before?.source === cells.bytes ? before.reader : cellReader(cells.bytes, rules.valuesAsStored)
  let allPresent = true
  for (let row = 0; row < statuses.length; row++) if (statuses[row] !== fieldStatus.PRESENT) allPresent = false
  const times = `],"event_timestamps":[${eventTimesText(cells, slots)}]}`
  const presentTail = `,"statuses":[${repeated(presentText, slots.length)}${times}`
  return { reader, source: cells.bytes, statuses, slots, allPresent, times, presentTail }
}

const presentText = '"PRESENT"'

function storedColumnText(column: StoredColumn, view: ViewText): string {
  const { slots } = view
  if (view.allPresent) {
    if (slots.length === 1) {
      const single = singleValue(column, view.reader, slots[0] ?? 0)
      if (single !== undefined) return `{"values":[${single}]${view.presentTail}`
    } else {
      const values = presentValues(column, view)
      if (values !== undefined) return `{"values":${values}${view.presentTail}`
    }
  }
  const values: string[] = []
  const statuses: string[] = []
  for (let row = 0; row < slots.length; row++) {
    const slot = slots[row] ?? 0
    const cell = slot * column.cells.featureCount + column.feature
    const start = column.cells.starts[cell] ?? nothingStored
    const shown = showsValue(column, slot)
    values.push(shown ? cellJson(view.reader, start, column.cells.ends[cell] ?? start, column.type) : 'null')
    statuses.push(quotedStatus(cellStatus(column, slot)))
  }
  return `{"values":[${values.join(',')}],"statuses":[${statuses.join(',')}${view.times}`
}

/** The value of a column of one row, if its status is PRESENT. */
function singleValue(column: StoredColumn, reader: CellReader, slot: number): string | undefined {
  if (cellStatus(column, slot) !== fieldStatus.PRESENT) return undefined
  const { starts, ends, featureCount } = column.cells
  const cell = slot * featureCount + column.feature
  const start = starts[cell] ?? nothingStored
  return start === nothingStored ? 'null' : cellJson(reader, start, ends[cell] ?? start, column.type)
}

/** The values of a column as a JSON array, if the status of all of them is PRESENT. */
function presentValues(column: StoredColumn, view: ViewText): string | undefined {
  const numbers = presentNumbers(column, view)
  if (numbers !== undefined) return JSON.stringify(numbers)
  const { slots, reader } = view
  const { starts, ends, featureCount } = column.cells
  let text = '['
  for (let row = 0; row < slots.length; row++) {
    const slot = slots[row] ?? 0
    if (cellStatus(column, slot) !== fieldStatus.PRESENT) return undefined
    const cell = slot * featureCount + column.feature
    const start = starts[cell] ?? nothingStored
    if (row > 0) text += ','
    text += start === nothingStored ? 'null' : cellJson(reader, start, ends[cell] ?? start, column.type)
  }
  return `${text}]`
}

/**
 * The values of a column as numbers that JSON and Python write alike, for `JSON.stringify` is the fastest writer of
 * them; undefined when some value is anything else.
 */
function presentNumbers(column: StoredColumn, { slots, reader }: ViewText): readonly number[] | undefined {
  const { starts, ends, featureCount } = column.cells
  const { bytes, view } = reader
  const numbers: number[] = []
  for (let row = 0; row < slots.length; row++) {
    const cell = (slots[row] ?? 0) * featureCount + column.feature
    const start = starts[cell] ?? nothingStored
    if (start === nothingStored) return undefined
    const end = ends[cell] ?? start
    const tag = bytes[start]
    if (tag === 0x20 && end > start) {
      const whole = varintNumber(bytes, start + 1, end)
      if (Number.isNaN(whole)) return undefined
      numbers.push(whole)
    } else if (tag === 0x29 && end - start === 9) {
      const float = view.getFloat64(start + 1, true)
      if (!isPlainFloat(float)) return undefined
      numbers.push(float)
    } else {
      return undefined
    }
  }
  return numbers
}

function valueColumnText(column: ValueColumn): string {
  const { quick, type } = column
  const values = quick.map((value) => (typeof value === 'bigint' ? String(value) : typedJsonText(value, type)))
  const isNull = quick.includes(null)
  const statuses = isNull ? statusNumbers(column).map(quotedStatus).join(',') : repeated(presentText, quick.length)
  const times = repeated(quotedEpoch, quick.length)
  return `{"values":[${values.join(',')}],"statuses":[${statuses}],"event_timestamps":[${times}]}`
}

const quotedEpoch = `"${epochText}"`
const quotedStatuses = statusNames.map((name) => `"${name}"`)
const quotedStatus = (status: FieldStatus): string => quotedStatuses[status] ?? ''

const repetitions = new Map<string, string[]>()
const keptRows = 2048

/** A text so many times, with commas; those of common numbers of rows are made once. */
function repeated(text: string, times: number): string {
  let known = repetitions.get(text)
  if (known === undefined) {
    known = []
    repetitions.set(text, known)
  }
  const found = known[times]
  if (found !== undefined) return found
  const made = new Array<string>(times).fill(text).join(',')
  if (times <= keptRows) known[times] = made
  return made
}

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
