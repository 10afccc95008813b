import { DatabaseSync } from 'node:sqlite'
import { Instant } from '../../src/base/instant.ts'
import { deserializeEntityKey, type EntityKeyValue } from '../../src/types/entity-key.ts'
import { missingTimeSeconds } from '../../src/types/value-cases.ts'
import { decodeValue, valueKind } from '../../src/types/value-codec.ts'
import type { OnlineRow } from './case-file.ts'
import type { GoldenValue } from './golden-json.ts'
import { cellOf } from './golden-table.ts'
import { canonical } from './outcome.ts'

const kinds: Readonly<Record<EntityKeyValue['kind'], string>> = {
  string: 'string_val',
  bytes: 'bytes_val',
  int32: 'int32_val',
  int64: 'int64_val',
  unixTimestamp: 'unix_timestamp_val',
}

/** All rows of a project in a SQLite online store, read from the file in the form of the goldens. */
export function dumpOnline(path: string, project: string): OnlineRow[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all()
    return tables.flatMap(({ name }) => {
      const table = String(name)
      if (!table.startsWith(`${project}_`)) return []
      const rows = database.prepare(`SELECT * FROM "${table.replaceAll('"', '""')}"`).all()
      return rows.map((row) => onlineRow(table.slice(project.length + 1), row))
    })
  } finally {
    database.close()
  }
}

function onlineRow(view: string, row: Readonly<Record<string, unknown>>): OnlineRow {
  const key = deserializeEntityKey(row.entity_key as Uint8Array)
  const bytes = row.value as Uint8Array
  const parts = key.joinKeys.map((name, index) => {
    const value = key.values[index]
    return [name, { type: value === undefined ? '' : kinds[value.kind], value: value?.value }] as const
  })
  return {
    view,
    entity_key: Object.fromEntries(parts),
    feature: String(row.feature_name),
    value_type: valueKind(bytes),
    value: decodeValue(bytes),
    event_ts: secondsText(row.event_ts),
    created_ts: secondsText(row.created_ts),
  }
}

function secondsText(seconds: unknown): string | null {
  return typeof seconds === 'number' ? Instant.fromEpochSeconds(seconds).toString() : null
}

/** A row as text that is equal for equal rows, recorded or read. */
export function onlineRowText(recorded: OnlineRow, ignoreEventTime: boolean): string {
  const row = isMissingTime(recorded) ? { ...recorded, value_type: null, value: null } : recorded
  const time = (text: unknown): unknown => (typeof text === 'string' ? (Instant.parse(text)?.toString() ?? text) : text)
  return canonical({
    ...row,
    entity_key: recordedBytes(row.entity_key),
    value: recordedBytes(recordedValue(row.value, row.value_type)),
    event_ts: ignoreEventTime ? null : time(row.event_ts),
    created_ts: time(row.created_ts),
  })
}

/** Feast writes a number for a missing time; we write nothing (`docs/differences-from-feast.md`). */
const isMissingTime = ({ value, value_type }: OnlineRow): boolean =>
  value_type === 'unix_timestamp_val' && value === missingTimeSeconds

/** Bytes are recorded as `{"base64": …}`, in keys, in values and in lists of values. */
function recordedBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(recordedBytes)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  if ('base64' in value && typeof value.base64 === 'string') return Uint8Array.from(Buffer.from(value.base64, 'base64'))
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, recordedBytes(part)]))
}

/** JSON text counts by what it says; recorded times are ISO-8601 or seconds, NaN and infinities are recorded as text. */
function recordedValue(value: unknown, kind: string | null): unknown {
  if (kind === 'json_val' && typeof value === 'string') return JSON.parse(value)
  if (/^(double|float)(_list)?_val$/.test(kind ?? '')) return floatOf(value)
  if (kind === 'unix_timestamp_val') return timeOf(value)
  if (kind === 'unix_timestamp_list_val' && Array.isArray(value)) return value.map(timeOf)
  return value
}

function floatOf(value: unknown): unknown {
  return Array.isArray(value) ? value.map(floatOf) : cellOf(value as GoldenValue, 'double')
}

function timeOf(value: unknown): unknown {
  if (typeof value === 'string') return Instant.parse(value) ?? value
  return typeof value === 'number' || typeof value === 'bigint' ? Instant.fromEpochSeconds(BigInt(value)) : value
}
