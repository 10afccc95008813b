import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { floorDivide, Instant } from '../../base/instant.ts'
import type { OnlineTable, OnlineWrite } from '../../plugin/online-store.ts'
import { murmur3x64of128 } from '../../types/murmur3.ts'

/**
 * Names and items of Feast's DynamoDB store: one table per view, one item per entity key with `entity_id` (S),
 * `event_ts` (S) and `values` (M of B). Source: `feast/infra/online_stores/dynamodb.py`.
 */

/** An item, or the parts of it that were asked for. */
export type Item = Record<string, AttributeValue>

/**
 * The table of a view, or of a version of it.
 * @throws FTS5027 when the service would not accept the name.
 */
export function tableName(template: string, table: OnlineTable): string {
  const version = table.version !== null && table.version > 0 ? `_v${table.version}` : ''
  const name = template.replaceAll('{project}', table.project).replaceAll('{table_name}', `${table.view}${version}`)
  if (/^[A-Za-z0-9_.-]{3,255}$/.test(name)) return name
  throw new FeatureStoreError('FTS5027', {
    message: `The view "${table.view}" cannot have a table in DynamoDB: "${name}" is not possible as its name.`,
    notes: ['names of tables have 3 to 255 letters a-z and A-Z, digits, dots, dashes and underscores'],
  })
}

/** The hash of a serialised entity key, as 32 hexadecimal digits. */
export function entityId(key: Uint8Array): string {
  return Buffer.from(murmur3x64of128(key)).toString('hex')
}

const second = 1_000_000n
/** The years 1 to 9999, which Python's times have. */
const [earliest, latest] = [-62_135_596_800n * second, 253_402_300_800n * second]

/**
 * A time as Python prints it: `2024-01-01 00:00:00+00:00`, with six digits of fraction when there is one.
 * @throws FTS5081 for years that Python does not have.
 */
export function eventText(micros: bigint): string {
  if (micros < earliest || micros >= latest) {
    throw new FeatureStoreError('FTS5081', {
      message: `An event time ${micros} µs from 1970 is not within the years 1 to 9999, which DynamoDB rows can have.`,
    })
  }
  const seconds = floorDivide(micros, second)
  const fraction = micros - seconds * second
  const whole = new Date(Number(seconds) * 1000).toISOString()
  const digits = fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`
  return `${whole.slice(0, 10)} ${whole.slice(11, 19)}${digits}+00:00`
}

/**
 * Microseconds of the epoch of a stored time. Feast keeps the offset that a time came with, also one with seconds, so
 * stored times are never compared as text. Undefined for what is no time.
 */
export function eventMicrosOfText(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?:Z|([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text)
  if (match === null) return undefined
  const [, date, time, sign, hours = 0, minutes = 0, seconds = 0] = match
  const local = Instant.parse(`${date}T${time}Z`)
  if (local === undefined) return undefined
  const offset = BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * second
  return local.epochMicros - (sign === '-' ? -offset : offset)
}

/** Event time of an item in microseconds of the epoch; undefined when it has none. */
export function eventOf(item: Item): bigint | undefined {
  const text = item.event_ts?.S
  return text === undefined ? undefined : eventMicrosOfText(text)
}

/** What the service takes at most for one item. */
export const mostItemBytes = 400 * 1024

/** The item of a row, with a value for each feature of the batch's table. */
export function itemOf(batch: OnlineWrite, row: number): Item {
  const values = Object.fromEntries(
    batch.table.features.map((feature, index): [string, AttributeValue] => [
      feature.name,
      { B: batch.values[index]?.[row] ?? new Uint8Array(0) },
    ]),
  )
  const id = entityId(batch.entityKeys[row] ?? new Uint8Array(0))
  return { entity_id: { S: id }, event_ts: { S: eventText(batch.eventMicros[row] ?? 0n) }, values: { M: values } }
}

/** A newer item with the values of an older one for the features that it does not have itself. */
export function merged(newer: Item, older: Item | undefined): Item {
  const kept = older?.values?.M
  return kept === undefined ? newer : { ...newer, values: { M: { ...kept, ...newer.values?.M } } }
}

/** Bytes of an item as the service counts them: names, contents, and a little for each value of the map. */
export function itemBytes(item: Item): number {
  let bytes = 9 + 32 + 8 + 32 + 6 + 3
  for (const [name, value] of Object.entries(item.values?.M ?? {})) {
    bytes += Buffer.byteLength(name) + (value.B?.length ?? 0) + 1
  }
  return bytes
}
