import { Instant } from '../base/instant.ts'
import { coerceValue } from './coerce.ts'
import type { DataType } from './data-type.ts'
import { exactJsonText } from './exact-json.ts'
import type { FeatureValue } from './feature-value.ts'
import { misfit } from './value-leaf.ts'
import { isZoned, zonedFromText, zonedText } from './zoned-time.ts'

export type JsonValue = JsonOf<never>

/** JSON in which whole numbers of 64 bits are of a type of their own. */
type JsonOf<Whole> =
  | null
  | boolean
  | number
  | string
  | Whole
  | readonly JsonOf<Whole>[]
  | { readonly [name: string]: JsonOf<Whole> }

/**
 * The plain JSON form that Feast's REST answers use: times are whole epoch seconds, bytes base64, NaN and infinities
 * text, a zoned time ISO-8601 in its zone, maps and structs objects, nested lists nested arrays. An integer beyond
 * 2^53, which a JavaScript number cannot hold, is text of its digits; {@link valueToJsonText} writes it bare. A scalar
 * map becomes a list of `[key, value]` pairs.
 */
export function valueToJson(value: FeatureValue): JsonValue {
  return build(value, (digits) => (Number.isSafeInteger(Number(digits)) ? Number(digits) : digits))
}

/** {@link valueToJson} as text, with every digit of a 64-bit integer. */
export function valueToJsonText(value: FeatureValue): string {
  const tree = build(value, BigInt)
  if (typeof tree === 'bigint') return String(tree)
  return typeof tree === 'object' ? exactJsonText(tree) : JSON.stringify(tree)
}

function build<Whole>(value: FeatureValue, whole: (digits: string) => Whole): JsonOf<Whole> {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'bigint') return whole(value.toString())
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Instant) return whole((value.epochMicros / 1_000_000n).toString())
  if (isZoned(value)) return zonedText(value)
  if (Array.isArray(value)) return value.map((element: FeatureValue) => build(element, whole))
  if (value instanceof Map) return [...value].map(([key, entry]) => [build(key, whole), build(entry, whole)])
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, build(entry, whole)]))
}

/**
 * The value of a type in its plain JSON form, as clients send it: what {@link valueToJson} gives, and also ISO-8601 text
 * for times and digits as text for integers.
 *
 * @throws FTS5081 when the JSON does not hold a value of the type.
 */
export function valueFromJson(json: JsonValue, type: DataType): FeatureValue {
  if (json === null) return null
  switch (type.kind) {
    case 'array':
    case 'set':
      if (!Array.isArray(json)) return misfit(json, 'a JSON array')
      return coerceValue(
        json.map((element: JsonValue) => valueFromJson(element, type.of)),
        type,
      )
    case 'struct':
      return coerceValue(
        Object.fromEntries(
          Object.entries(objectOf(json)).map(([name, part]) => [name, fieldFromJson(part, type.fields[name])]),
        ),
        type,
      )
    case 'scalar':
      return coerceValue((scalarReaders[type.name] ?? natural)(json), type)
  }
}

const natural = (json: JsonValue): unknown => json

function fieldFromJson(json: JsonValue, type: DataType | undefined): unknown {
  return type === undefined ? json : valueFromJson(json, type)
}

const scalarReaders: { readonly [name: string]: (json: JsonValue) => unknown } = {
  bytes: bytesFromJson,
  pdfBytes: bytesFromJson,
  imageBytes: bytesFromJson,
  int32: wholeFromJson,
  int64: wholeFromJson,
  float32: numberFromJson,
  float64: numberFromJson,
  unixTimestamp: timeFromJson,
  json: (json) => (typeof json === 'string' ? json : JSON.stringify(json)),
  zonedTimestamp: (json) => (typeof json === 'string' ? zonedFromText(json) : json),
  scalarMap: (json) => (Array.isArray(json) ? new Map(json as [JsonValue, JsonValue][]) : json),
}

function bytesFromJson(json: JsonValue): Uint8Array {
  const valid = typeof json === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(json)
  return valid ? Uint8Array.from(Buffer.from(json, 'base64')) : misfit(json, 'base64 text')
}

function wholeFromJson(json: JsonValue): unknown {
  return typeof json === 'string' && /^-?\d{1,20}$/.test(json) ? BigInt(json) : json
}

/** Numbers that JSON has no digits for, as Feast and protobuf write them. */
export const spelledNumbers: { readonly [text: string]: number } = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

function numberFromJson(json: JsonValue): unknown {
  return typeof json === 'string' ? (spelledNumbers[json] ?? json) : json
}

function timeFromJson(json: JsonValue): unknown {
  if (typeof json === 'number' && Number.isSafeInteger(json)) return Instant.fromEpochSeconds(BigInt(json))
  if (typeof json === 'string' && /^-?\d{5,}$/.test(json)) return Instant.fromEpochSeconds(BigInt(json))
  return json
}

/** @throws FTS5081 for anything else than an object. */
export function objectOf(json: JsonValue): { readonly [name: string]: JsonValue } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as { readonly [name: string]: JsonValue })
    : misfit(json, 'a JSON object')
}
