import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { CellBlock, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineRead } from '../../plugin/online-store.ts'
import { quoteIdentifier, quoteText, tableName } from '../sql-common/identifiers.ts'
import type { SqliteConnection } from './sqlite-driver.ts'
import { microsOf, type StoredTime } from './sqlite-times.ts'

/**
 * One prepared statement per view and set of features, run once per key. Call it inside a transaction.
 *
 * SQLite joins all features of a key into one blob, since a row and an array of bytes for each would cost twice as much
 * as reading them does.
 */
export function readCells(connection: SqliteConnection, read: OnlineRead): OnlineCells {
  const cells = new CellBlock(read.entityKeys.length, read.features.length)
  const features = read.features.map((name) => Buffer.from(name))
  const statement = connection.prepare(joinedStatement(read))
  for (const [row, key] of read.entityKeys.entries()) {
    const [joined] = (statement.get(key) ?? []) as unknown as readonly (Uint8Array | null)[]
    if (joined !== undefined && joined !== null) placeJoined(cells, row, joined, features)
  }
  return cells
}

const [nul, colon, semicolon, zero, nine, minus] = [0x00, 0x3a, 0x3b, 0x30, 0x39, 0x2d]

/**
 * For each feature: its name, NUL, the length of its value in digits, colon, its event as text, semicolon, its value.
 * Names have no NUL. The parts are joined as text, which SQLite neither checks nor changes in a file of UTF-8.
 */
function joinedStatement(read: OnlineRead): string {
  const value = `coalesce(value, x'')`
  const part = `feature_name || x'00' || length(${value}) || ':' || coalesce(event_ts, '') || ';' || ${value}`
  const table = quoteIdentifier(tableName(read.table))
  const select = `SELECT CAST(group_concat(${part}, '') AS BLOB) FROM ${table} WHERE entity_key = ?`
  // A key's features lie side by side in the primary key: most of them are read faster as one range than one by one.
  if (read.features.length * 2 >= read.table.features.length) return select
  return `${select} AND feature_name IN (${read.features.map(quoteText).join(', ')})`
}

function placeJoined(cells: CellBlock, row: number, joined: Uint8Array, features: readonly Buffer[]): void {
  const base = cells.append(joined)
  let latest: bigint | null = null
  let at = 0
  // Features mostly come in the order of the view, and so in that of a request for all of them.
  let next = 0
  let timeStart = 0
  let timeEnd = 0
  while (at < joined.length) {
    const nameEnd = joined.indexOf(nul, at)
    const lengthEnd = joined.indexOf(colon, nameEnd)
    const end = joined.indexOf(semicolon, lengthEnd)
    if (nameEnd < 0 || lengthEnd < 0 || end < 0) throw notUtf8()
    const length = digitsAt(joined, nameEnd + 1, lengthEnd)
    const feature = featureAt(joined, at, nameEnd, features, next)
    at = end + 1 + length
    if (feature < 0) continue
    next = feature + 1
    cells.setRange(row, feature, base + end + 1, base + at)
    // The features of a key mostly come from one event, whose time is read once.
    if (sameRange(joined, timeStart, timeEnd, lengthEnd + 1, end)) continue
    timeStart = lengthEnd + 1
    timeEnd = end
    const event = microsOf(timeAt(joined, timeStart, timeEnd))
    if (event !== null && (latest === null || event > latest)) latest = event
  }
  if (latest !== null) cells.setEventMicros(row, latest)
}

function digitsAt(bytes: Uint8Array, start: number, end: number): number {
  let number = 0
  for (let at = start; at < end; at++) {
    const code = bytes[at] ?? 0
    if (code < zero || code > nine) throw notUtf8()
    number = number * 10 + code - zero
  }
  return number
}

const notUtf8 = (): FeatureStoreError =>
  new FeatureStoreError('FTS5013', {
    message: 'The online store holds text in another encoding than UTF-8, which Feast never makes.',
  })

function featureAt(bytes: Uint8Array, start: number, end: number, features: readonly Buffer[], likely: number): number {
  const expected = features[likely]
  if (expected !== undefined && isName(bytes, start, end, expected)) return likely
  return features.findIndex((name) => isName(bytes, start, end, name))
}

function isName(bytes: Uint8Array, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false
  return true
}

function sameRange(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false
  for (let i = 0; i < end - start; i++) if (bytes[start + i] !== bytes[otherStart + i]) return false
  return true
}

/** The text of a time as the value that it was made of. */
function timeAt(bytes: Uint8Array, start: number, end: number): StoredTime {
  if (start === end) return null
  let whole = 0
  for (let at = start; at < end; at++) {
    const code = bytes[at] ?? 0
    const isSign = code === minus && at === start
    if ((code < zero || code > nine) && !isSign) return textTime(bytes, start, end)
    if (!isSign) whole = whole * 10 + code - zero
  }
  return bytes[start] === minus ? -whole : whole
}

function textTime(bytes: Uint8Array, start: number, end: number): StoredTime {
  const text = Buffer.from(bytes.subarray(start, end)).toString()
  return /^-?\d+\.\d+(e[+-]\d+)?$/.test(text) ? Number(text) : text
}
