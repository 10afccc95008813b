import { BinaryReader } from '@bufbuild/protobuf/wire'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { Instant } from '../../base/instant.ts'
import type { CompatibilityRules } from '../../config/compatibility.ts'
import type { ColumnUse } from '../../store/written-columns.ts'
import { type DataType, formatDataType } from '../../types/data-type.ts'
import { parseExactJson } from '../../types/exact-json.ts'
import type { FeatureValue } from '../../types/feature-value.ts'
import { type JsonValue, valueFromJson } from '../../types/json.ts'
import { decodeValue } from '../../types/value-codec.ts'
import { malformed, StatusError } from './grpc-errors.ts'

/** A `PushRequest` or `WriteToOnlineStoreRequest`: one row, and what it is for. */
export interface RowCall {
  /** Columns as texts, which are read as values of the types of their columns. */
  readonly texts: ReadonlyMap<string, string>
  readonly typed: ReadonlyMap<string, FeatureValue>
  /** The push source or the feature view. */
  readonly name: string
  readonly allowRegistryCache: boolean
  /** Empty for a write. */
  readonly to: string
}

/** Numbers of the fields in which the two messages differ. */
export interface RowMessage {
  readonly name: string
  readonly typed: number
  readonly to: number | null
}

export const pushRequest: RowMessage = { name: 'PushRequest', typed: 5, to: 4 }
export const writeRequest: RowMessage = { name: 'WriteToOnlineStoreRequest', typed: 4, to: null }

/** @throws FTS7001 when the bytes are not such a message. */
export function readRowCall(bytes: Uint8Array, message: RowMessage): RowCall {
  try {
    return readRow(bytes, message)
  } catch (cause) {
    throw malformed(message.name, cause)
  }
}

function readRow(bytes: Uint8Array, message: RowMessage): RowCall {
  const reader = new BinaryReader(bytes)
  const texts = new Map<string, string>()
  const typed = new Map<string, FeatureValue>()
  let [name, to, allowRegistryCache] = ['', '', false]
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === 1) readEntry(reader.bytes(), '', texts, (entry) => entry.string(true))
    else if (field === message.typed) readEntry(reader.bytes(), null, typed, (entry) => decodeValue(entry.bytes()))
    else if (field === 2) name = reader.string(true)
    else if (field === 3) allowRegistryCache = reader.bool()
    else if (field === message.to) to = reader.string(true)
    else reader.skip(wire, field)
  }
  return { texts, typed, name, allowRegistryCache, to }
}

function readEntry<T>(bytes: Uint8Array, unset: T, entries: Map<string, T>, read: (entry: BinaryReader) => T): void {
  const reader = new BinaryReader(bytes)
  let [name, value] = ['', unset]
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === 1) name = reader.string(true)
    else if (field === 2) value = read(reader)
    else reader.skip(wire, field)
  }
  entries.set(name, value)
}

/** The row as the use cases take it. @throws INVALID_ARGUMENT for a row in both forms, FTS5022 for texts that do not fit. */
export function rowOf(
  call: RowCall,
  uses: ReadonlyMap<string, ColumnUse>,
  rules: Pick<CompatibilityRules, 'numbersAreNanoseconds' | 'framesAreConverted'>,
): Readonly<Record<string, unknown>> {
  if (call.texts.size > 0 && call.typed.size > 0) {
    throw new StatusError('INVALID_ARGUMENT', 'Only one of features or typed_features may be set, not both')
  }
  const typed = [...call.typed].map(([name, value]): [string, unknown] => {
    const isTime = uses.get(name)?.kind === 'rowTime'
    return [name, isTime && rules.numbersAreNanoseconds ? asNanoseconds(value) : value]
  })
  const texts = [...call.texts].map(([name, text]): [string, unknown] => {
    const use = uses.get(name)
    return [name, use?.kind === 'value' ? valueOfText(name, text, use.type, rules.framesAreConverted) : text]
  })
  return Object.fromEntries([...typed, ...texts])
}

/** Feast hands the seconds of a time to pandas, which takes every number for nanoseconds. */
function asNanoseconds(value: FeatureValue): FeatureValue {
  if (!(value instanceof Instant)) return value
  return Instant.fromEpochMicros(value.epochMicros / 1_000_000n / 1000n)
}

/** Types whose text is their JSON text without the quotes. */
const textual: ReadonlySet<string> = new Set([
  'string',
  'bytes',
  'pdfBytes',
  'imageBytes',
  'unixTimestamp',
  'zonedTimestamp',
  'uuid',
  'timeUuid',
  'decimal',
  'json',
  'int32',
  'int64',
])

function valueOfText(name: string, text: string, type: DataType, scalarsOnly: boolean): FeatureValue {
  try {
    if (type.kind !== 'scalar' && scalarsOnly) throw new TypeError('Feast reads no lists from text')
    const isText = type.kind === 'scalar' && textual.has(type.name)
    return valueFromJson(isText ? text : (parseExactJson(text) as JsonValue), type)
  } catch (cause) {
    throw new FeatureStoreError('FTS5022', {
      message: `"${name}" is ${formatDataType(type)}, and ${JSON.stringify(text)} is no text of such a value.`,
      field: `features.${name}`,
      hint: 'typed_features take values of every type',
      cause,
    })
  }
}
