import { BinaryReader } from '@bufbuild/protobuf/wire'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
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

/** @throws INVALID_ARGUMENT for a row in both forms. */
export function refuseBoth({ texts, typed }: Pick<RowCall, 'texts' | 'typed'>): void {
  if (texts.size === 0 || typed.size === 0) return
  throw new StatusError('INVALID_ARGUMENT', 'Only one of features or typed_features may be set, not both')
}

/** The row as the use cases take it. @throws FTS5022 for texts that do not fit their columns. */
export function rowOf(call: RowCall, uses: ReadonlyMap<string, ColumnUse>): Readonly<Record<string, unknown>> {
  const texts = [...call.texts].map(([name, text]): [string, unknown] => {
    const use = uses.get(name)
    return [name, use?.kind === 'value' ? valueOfText(name, text, use.type) : text]
  })
  return Object.fromEntries([...call.typed, ...texts])
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

function valueOfText(name: string, text: string, type: DataType): FeatureValue {
  try {
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
