import { Instant } from '../base/instant.ts'
import { type DataType, formatDataType, type ScalarTypeName } from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'
import { fromJsonText, mayBeJsonText } from './json-text.ts'
import { setOwn } from './value-decoder.ts'
import { boolOf, bytesOf, doubleOf, floatOf, int32Of, int64Of, misfit, textOf } from './value-leaf.ts'
import { isZoned } from './zoned-time.ts'

/**
 * A value from a user's program as a feature value of a type: safe whole numbers become `bigint` for Int64, a `Date` or
 * ISO-8601 text becomes an {@link Instant}, a `Set` or typed array becomes an array, an object becomes JSON text for
 * Json, JSON text becomes a map, a struct or a list of them. `undefined` and null are null. Nothing is rounded or cut.
 *
 * @throws FTS5081 when the value is not of the type or would lose something.
 */
export function coerceValue(value: unknown, type: DataType): FeatureValue {
  if (value === null || value === undefined) return null
  const given = typeof value === 'string' && mayBeJsonText(type) ? fromJsonText(value) : value
  switch (type.kind) {
    case 'scalar':
      return scalarCoercions[type.name](given as FeatureValue)
    case 'array':
      return elementsOf(given, type).map((element) => coerceValue(element, type.of))
    case 'set':
      return distinct(elementsOf(given, type).map((element) => coerceValue(element, type.of)))
    case 'struct':
      return coerceStruct(given, type.fields)
  }
}

/** A value without a declared type: dates become {@link Instant}, sets and typed arrays become arrays. */
export function naturalValue(value: unknown): FeatureValue {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return timeOf(value)
  if (value instanceof Uint8Array) return bytesOf(plainBytes(value))
  if (value instanceof Instant || isZoned(value)) return value
  if (Array.isArray(value) || value instanceof Set || isTypedArray(value)) return Array.from(value, naturalValue)
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [naturalValue(key), naturalValue(entry)]))
  if (typeof value === 'object') return coerceRecord(value, () => naturalValue)
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
  return known || typeof value === 'boolean' ? (value as FeatureValue) : misfit(value, 'a feature value')
}

type Coercion = (value: FeatureValue) => FeatureValue

const scalarCoercions: Readonly<Record<ScalarTypeName, Coercion>> = {
  bytes: plainBytes,
  pdfBytes: plainBytes,
  imageBytes: plainBytes,
  string: textOf,
  int32: int32Of,
  int64: int64Of,
  float32: floatOf,
  float64: doubleOf,
  bool: boolOf,
  unixTimestamp: timeOf,
  map: (value) => coerceRecord(value, () => naturalValue),
  json: jsonOf,
  uuid: (value) => matching(value, /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i, 'a UUID'),
  timeUuid: (value) => matching(value, /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i, 'a UUID'),
  decimal: (value) =>
    typeof value === 'bigint'
      ? value.toString()
      : matching(value, /^[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf(inity)?)$/i, 'decimal text'),
  scalarMap: (value) => (value instanceof Map ? naturalValue(value) : misfit(value, 'a Map')),
  zonedTimestamp: (value) => (isZoned(value) ? value : { instant: timeOf(value), zone: '' }),
  invalid: naturalValue,
  null: (value) => misfit(value, 'null'),
}

/** Without the Buffer class, which compares and prints unlike a plain array of bytes. */
function plainBytes(value: FeatureValue): Uint8Array {
  const bytes = bytesOf(value)
  return Buffer.isBuffer(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes
}

function timeOf(value: unknown): Instant {
  if (value instanceof Instant) return value
  if (value instanceof Date && !Number.isNaN(value.getTime())) return Instant.fromDate(value)
  const parsed = typeof value === 'string' ? Instant.parse(value) : undefined
  return parsed ?? misfit(value, 'a time (Instant, Date or ISO-8601 text)')
}

function jsonOf(value: FeatureValue): string {
  if (typeof value !== 'string') {
    return JSON.stringify(value, jsonPart) ?? misfit(value, 'JSON')
  }
  try {
    JSON.parse(value)
    return value
  } catch {
    return misfit(value, 'JSON text')
  }
}

/** What `JSON.stringify` would write as something else, or as nothing, is refused. */
function jsonPart(_: string, part: unknown): unknown {
  if (typeof part === 'bigint' || typeof part === 'number') {
    const isExact = typeof part === 'bigint' ? Number.isSafeInteger(Number(part)) : Number.isFinite(part)
    return isExact ? Number(part) : misfit(part, 'a number that JSON objects can hold; give JSON text')
  }
  const holds = typeof part !== 'object' || part === null || Array.isArray(part) || isRecord(part)
  return holds ? part : misfit(part, 'something that JSON can hold')
}

function matching(value: FeatureValue, pattern: RegExp, what: string): string {
  return typeof value === 'string' && pattern.test(value) ? value : misfit(value, what)
}

function isTypedArray(value: unknown): value is Iterable<number | bigint> {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
}

function elementsOf(value: unknown, type: DataType): unknown[] {
  if (Array.isArray(value)) return value
  return value instanceof Set || isTypedArray(value) ? [...value] : misfit(value, `a list for ${formatDataType(type)}`)
}

function distinct(values: readonly FeatureValue[]): FeatureValue[] {
  const seen = new Set<unknown>()
  return values.filter((value) => {
    const mark = value instanceof Instant ? value.epochMicros : value instanceof Uint8Array ? `bytes ${value}` : value
    return value !== null && !seen.has(mark) && seen.add(mark) !== undefined
  })
}

function coerceStruct(value: unknown, fields: Readonly<Record<string, DataType>>): FeatureValue {
  const record = coerceRecord(value, (name) => {
    const type = fields[name]
    return type === undefined ? naturalValue : (part) => coerceValue(part, type)
  })
  for (const name of Object.keys(fields)) if (!Object.hasOwn(record, name)) setOwn(record, name, null)
  return record
}

function coerceRecord(
  value: unknown,
  coercionOf: (name: string) => (part: unknown) => FeatureValue,
): { [name: string]: FeatureValue } {
  const entries = value instanceof Map ? value : isRecord(value) ? Object.entries(value) : undefined
  if (entries === undefined) return misfit(value, 'an object of named values')
  const record: { [name: string]: FeatureValue } = {}
  for (const [name, part] of entries) {
    setOwn(record, textOf(name as FeatureValue), coercionOf(String(name))(part))
  }
  return record
}

/** False for what has its content elsewhere than in its properties, such as a `Date`, a `Set` or bytes. */
function isRecord(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  if (value instanceof Instant || ArrayBuffer.isView(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  return isPlain || Object.keys(value).length > 0
}
