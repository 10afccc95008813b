import type { ErrorCode } from '../../base/errors/catalogue.ts'
import type { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { floorDivide } from '../../base/instant.ts'
import { plainError } from './feast-errors.ts'
import { isList, isObject, type PythonObject, type PythonValue } from './python-json.ts'

/** A data frame as pandas and Arrow make it of JSON: columns of one type each. */
export type FeastFrame = ReadonlyMap<string, readonly PythonValue[]>

const unfit: ErrorCode = 'FTS5022'
const misfit = (message: string): FeatureStoreError => plainError(unfit, message)

/**
 * The columns of a frame, of equal length; a single value stands for every row.
 * @throws for columns of different lengths, and for one without any list.
 */
export function frameOf(df: PythonObject): FeastFrame {
  const columns = [...df]
  const lists = columns.flatMap(([, values]) => (isList(values) ? [values.length] : []))
  if (columns.some(([, values]) => isObject(values))) throw misfit('A column of the frame is an object.')
  const [rowCount] = lists
  if (columns.length === 0) return new Map()
  if (rowCount === undefined) throw misfit('The frame has single values only, which say nothing of the number of rows.')
  if (lists.some((length) => length !== rowCount)) throw misfit('The columns of the frame differ in length.')
  return new Map(
    columns.map(([name, values]) => [name, isList(values) ? values : new Array<PythonValue>(rowCount).fill(values)]),
  )
}

/** True when no cell of these columns holds anything. */
export function isAllNull(columns: readonly (readonly PythonValue[])[]): boolean {
  return columns.every((values) => values.every((value) => value === null || Number.isNaN(value)))
}

/**
 * A column as it comes out of pandas and Arrow: integers beside nulls or floats have become floats, null among numbers is
 * NaN, objects of a column all have the same names.
 * @throws when the values are not of one type.
 */
export function arrowColumn(name: string, values: readonly PythonValue[]): readonly PythonValue[] {
  const kinds = kindsOf(values)
  const hasNull = values.includes(null)
  if (kinds.size > 0 && [...kinds].every((kind) => kind === 'int' || kind === 'float')) {
    if (!kinds.has('float') && !hasNull) return wholeNumbers(name, values)
    return values.map((value) => (value === null ? Number.NaN : Number(value)))
  }
  return unified(name, values)
}

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n, mostUnsigned: 2n ** 64n - 1n }

function wholeNumbers(name: string, values: readonly PythonValue[]): readonly PythonValue[] {
  const wholes = values.filter((value) => typeof value === 'bigint')
  const unsigned = wholes.some((value) => value > int64.most)
  const fits = wholes.every((value) => value <= int64.mostUnsigned && value >= (unsigned ? 0n : int64.least))
  if (!fits) throw misfit(`The integers of the column "${name}" do not fit into 64 bits.`)
  return values
}

type Kind = 'bool' | 'int' | 'float' | 'text' | 'bytes' | 'list' | 'object'

function kindOf(value: PythonValue): Kind {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'string') return 'text'
  if (value instanceof Uint8Array) return 'bytes'
  return isList(value) ? 'list' : 'object'
}

function kindsOf(values: readonly PythonValue[]): ReadonlySet<Kind> {
  return new Set(values.flatMap((value) => (value === null ? [] : kindOf(value))))
}

/** Values of one Arrow type; nulls stay, and NaN is one. */
function unified(name: string, given: readonly PythonValue[]): readonly PythonValue[] {
  const values = given.map((value) => (Number.isNaN(value) ? null : value))
  const kinds = kindsOf(values)
  if (kinds.size === 2 && kinds.has('int') && kinds.has('float')) {
    return values.map((value) => (value === null ? null : Number(value)))
  }
  if (kinds.size > 1) throw misfit(`The values of the column "${name}" are not of one type.`)
  if (kinds.has('list')) return unifiedLists(name, values)
  if (kinds.has('object')) return unifiedObjects(name, values)
  return kinds.has('int') ? wholeNumbers(name, values) : values
}

/** The elements of all lists have one type; a null among the numbers of a list makes floats of them. */
function unifiedLists(name: string, values: readonly PythonValue[]): readonly PythonValue[] {
  const all = unified(
    name,
    values.flatMap((value) => (isList(value) ? value : [])),
  )
  const areNumbers = all.some((element) => typeof element === 'bigint' || typeof element === 'number')
  let at = 0
  return values.map((value) => {
    if (!isList(value)) return value
    const own = all.slice(at, at + value.length)
    at += value.length
    const isMixed = areNumbers && own.includes(null)
    const list = isMixed ? own.map((element) => (element === null ? Number.NaN : Number(element))) : own
    arrowLists.add(list)
    return list
  })
}

const arrowLists = new WeakSet<object>()

/** Lists of a frame are arrays of numpy, which Feast refuses in some places where it takes lists of Python. */
export const isArrowList = (value: PythonValue): boolean => isList(value) && arrowLists.has(value)

function unifiedObjects(name: string, values: readonly PythonValue[]): readonly PythonValue[] {
  const objects = values.filter(isObject)
  const members = [...new Set(objects.flatMap((value) => [...value.keys()]))]
  const columns = members.map((member) => {
    return unified(
      name,
      objects.map((value) => value.get(member) ?? null),
    )
  })
  let at = 0
  return values.map((value) => {
    if (!isObject(value)) return value
    const row = at++
    return new Map(members.map((member, index) => [member, columns[index]?.[row] ?? null]))
  })
}

/** What pandas can keep in nanoseconds, as microseconds of the epoch. */
const pandasTimes = { first: -9_223_372_036_854_775n, last: 9_223_372_036_854_775n }

/**
 * A column of times as pandas reads it, in microseconds of the epoch; null for a missing one. Numbers are nanoseconds of
 * the epoch, texts are all of the format of the first, and without a zone in UTC.
 */
export function timesOf(name: string, values: readonly PythonValue[]): readonly (bigint | null)[] {
  const first = values.find((value) => typeof value === 'string')
  const format = first === undefined ? null : (timeText(first)?.format ?? null)
  return values.map((value) => {
    if (value === null || Number.isNaN(value)) return null
    if (typeof value === 'bigint' || typeof value === 'number') return nanoseconds(name, value)
    if (typeof value !== 'string') throw misfit(`The column "${name}" holds no times.`)
    const read = timeText(value)
    if (read === undefined) throw misfit(`"${value}" in the column "${name}" is no time.`)
    if (format !== null && read.format !== format) {
      throw misfit(`"${value}" in the column "${name}" has another format than the first of its times.`)
    }
    return withinPandas(name, read.micros)
  })
}

function nanoseconds(name: string, value: bigint | number): bigint {
  if (typeof value === 'number' && !Number.isFinite(value)) throw misfit(`The column "${name}" holds an infinite time.`)
  const nanos = typeof value === 'bigint' ? value : BigInt(Math.trunc(value))
  if (nanos > int64.most) throw misfit(`A time of the column "${name}" is too far away.`)
  return withinPandas(name, floorDivide(nanos, 1000n))
}

function withinPandas(name: string, micros: bigint): bigint {
  if (micros >= pandasTimes.first && micros <= pandasTimes.last) return micros
  throw misfit(`A time of the column "${name}" is too far away.`)
}

const isoDate = /^(\d{4})(?:(-|\/|)(\d{1,2})(?:\2(\d{1,2}))?)?(?!\d)/
const isoTime = /^([T ])(\d{1,2}):?(\d{2})?(?::?(\d{2})(?:[.,](\d+))?)?/
const zoneText = /^ ?(?:([Zz]|UTC)|([+-])(\d{2}):?(\d{2})?)$/

interface TimeText {
  readonly micros: bigint
  /** Equal for texts of one format; null where there is no saying. */
  readonly format: string | null
}

/** A time in ISO 8601 or in another of the forms that Python's parsers guess; undefined for what is no time. */
export function timeText(text: string): TimeText | undefined {
  const trimmed = text.trim()
  const date = isoDate.exec(trimmed)
  if (date === null) return guessedTime(trimmed)
  const afterDate = trimmed.slice(date[0].length)
  const time = isoTime.exec(afterDate)
  const afterTime = afterDate.slice(time?.[0].length ?? 0)
  const zone = zoneText.exec(afterTime)
  if (afterTime !== '' && (zone === null || time === null)) return undefined
  const [, year, separator = '', month = '1', day = '1'] = date
  const [, , hour = '0', minute = '0', second = '0', fraction = ''] = time ?? []
  const at = utcMicros([year, month, day, hour, minute, second].map(Number), fraction)
  if (at === undefined) return undefined
  const parts =
    time === null ? '' : `${time[1]}${time[3] === undefined ? '' : ':m'}${time[4] === undefined ? '' : ':s'}`
  const format = `${separator}${date[3] === undefined ? '' : 'm'}${date[4] === undefined ? '' : 'd'}${parts}${fraction === '' ? '' : '.f'}${zone === null ? '' : 'z'}`
  return { micros: at - offsetMicros(zone), format }
}

function utcMicros(parts: readonly number[], fraction: string): bigint | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const isReal =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  if (!isReal) return undefined
  return BigInt(date.getTime()) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
}

function offsetMicros(zone: RegExpExecArray | null): bigint {
  if (zone === null || zone[1] !== undefined) return 0n
  const minutes = BigInt(zone[3] ?? 0) * 60n + BigInt(zone[4] ?? 0)
  return (zone[2] === '-' ? -minutes : minutes) * 60_000_000n
}

/** `06/01/2024` and `June 1, 2024`, in UTC unless they say otherwise. */
function guessedTime(text: string): TimeText | undefined {
  if (!/^\d{1,2}[/-]\d{1,2}[/-]\d{4}|^[A-Z][a-z]{2,8}\.? \d|^\d{1,2} [A-Z][a-z]{2,8}/.test(text)) return undefined
  const european = /^(1[3-9]|2\d|3[01])([/-])(\d{1,2})\2(\d{4})(.*)$/.exec(text)
  if (european !== null) return guessedTime(`${european[3]}/${european[1]}/${european[4]}${european[5]}`)
  const zoned = /(Z|UTC|GMT|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text} UTC`
  const millis = Date.parse(zoned)
  return Number.isNaN(millis) ? undefined : { micros: BigInt(millis) * 1000n, format: null }
}
