import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'
import { type DataType, formatDataType } from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'
import { describeValue } from './value-leaf.ts'

/** The layouts that exist: 3 is the default, 2 is what older deployments wrote. */
export type EntityKeyVersion = 2 | 3

/** One value of an entity key. These five kinds are the only ones that a key can hold. */
export type EntityKeyValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'int32'; readonly value: number }
  | { readonly kind: 'int64'; readonly value: bigint }
  /** Whole seconds since 1970-01-01T00:00:00Z. */
  | { readonly kind: 'unixTimestamp'; readonly value: bigint }

export interface EntityKey {
  readonly joinKeys: readonly string[]
  readonly values: readonly EntityKeyValue[]
}

/** Type tag of each kind: its number in `feast.types.ValueType.Enum`. */
export const keyTags = { bytes: 1, string: 2, int32: 3, int64: 4, unixTimestamp: 8 } as const

const kindOfTag: ReadonlyMap<number, EntityKeyValue['kind']> = new Map(
  Object.entries(keyTags).map(([kind, tag]) => [tag, kind as EntityKeyValue['kind']]),
)

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)

/**
 * The bytes of one entity key, which address its row in every online store. Keys are ordered by code point and values
 * follow their keys, so the order in which they are given does not matter. A single key takes the first value; several
 * keys pair up with the values until the shorter list ends.
 *
 * @throws FTS5082 when a single key has no value, or one join key is given twice with different values.
 */
export function serializeEntityKey(
  joinKeys: readonly string[],
  values: readonly EntityKeyValue[],
  version: EntityKeyVersion,
): Uint8Array {
  if (joinKeys.length > 1 && values.length < joinKeys.length) {
    return entityKeySerializer(joinKeys.slice(0, values.length), version)(values)
  }
  return entityKeySerializer(joinKeys, version)(values)
}

/**
 * {@link serializeEntityKey} for many rows with the same join keys: the order and the bytes of the keys are found
 * once. `values[i]` belongs to `joinKeys[i]`.
 */
export function entityKeySerializer(
  joinKeys: readonly string[],
  version: EntityKeyVersion,
): (values: readonly EntityKeyValue[]) => Uint8Array {
  const order = joinKeys.map((_, index) => index).sort((a, b) => compareCodePoints(joinKeys[a], joinKeys[b]) || a - b)
  const prefix = entityKeyPrefix(joinKeys, version)
  const repeated = order.some((index, at) => at > 0 && joinKeys[index] === joinKeys[order[at - 1] ?? -1])
  return (values) => {
    if (values.length < joinKeys.length) throw missingValue(joinKeys, values.length)
    if (repeated) refuseContradiction(joinKeys, values, order)
    const payloads: (Uint8Array | undefined)[] = []
    let length = prefix.length
    for (const index of order) {
      const value = values[index] as EntityKeyValue
      const payload = payloadOf(value)
      payloads.push(payload)
      length += 8 + (payload?.length ?? fixedLength(value))
    }
    const bytes = new Uint8Array(length)
    bytes.set(prefix)
    let at = prefix.length
    for (let i = 0; i < order.length; i++)
      at = writeValue(bytes, at, values[order[i] ?? 0] as EntityKeyValue, payloads[i])
    return bytes
  }
}

/** The part of the bytes that all keys with these join keys begin with. */
export function entityKeyPrefix(joinKeys: readonly string[], version: EntityKeyVersion): Uint8Array {
  const names = [...joinKeys].sort(compareCodePoints).map((name) => utf8.encode(name))
  const perName = version === 3 ? 8 : 4
  const bytes = new Uint8Array(names.reduce((sum, name) => sum + perName + name.length, version === 3 ? 4 : 0))
  let at = version === 3 ? writeU32(bytes, 0, names.length) : 0
  for (const name of names) {
    at = writeU32(bytes, at, keyTags.string)
    if (version === 3) at = writeU32(bytes, at, name.length)
    bytes.set(name, at)
    at += name.length
  }
  return bytes
}

/** The Redis key of an entity: its key bytes followed by the project name, with nothing in between. */
export function redisKey(entityKey: Uint8Array, project: string): Uint8Array {
  const suffix = utf8.encode(project)
  const bytes = new Uint8Array(entityKey.length + suffix.length)
  bytes.set(entityKey)
  bytes.set(suffix, entityKey.length)
  return bytes
}

/**
 * Reads a version 3 key (version 2 does not say where its parts end). Join keys come in stored order, without trailing
 * NUL characters, as Feast reads them; the number of values is not checked against the number of keys.
 *
 * @throws FTS5082 when the bytes end early or hold a type that a key cannot have.
 */
export function deserializeEntityKey(bytes: Uint8Array): EntityKey {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = readU32(view, 0, 'the number of join keys')
  const joinKeys: string[] = []
  let at = 4
  for (let i = 0; i < count; i++) {
    const tag = readU32(view, at, 'the type of a join key')
    const length = readU32(view, at + 4, 'the length of a join key')
    if (tag !== keyTags.string) throw unreadable(`a join key has type ${tag} instead of ${keyTags.string} (STRING)`)
    joinKeys.push(readText(readBytes(bytes, at + 8, length, 'a join key')).replace(/\0+$/, ''))
    at += 8 + length
  }
  const values: EntityKeyValue[] = []
  while (at < bytes.length) {
    const tag = readU32(view, at, 'the type of a value')
    const length = readU32(view, at + 4, 'the length of a value')
    values.push(readValue(tag, readBytes(bytes, at + 8, length, 'a value')))
    at += 8 + length
  }
  return { joinKeys, values }
}

/**
 * The key value of a join column. A safe whole `number` may stand for an int64; times count whole seconds.
 *
 * @throws FTS5083 when values of this type cannot be part of a key; FTS5081 when the value is null or does not fit.
 */
export function entityKeyValue(value: FeatureValue, type: DataType): EntityKeyValue {
  const read = type.kind === 'scalar' ? keyReaders[type.name] : undefined
  if (read === undefined) {
    throw new FeatureStoreError('FTS5083', {
      message: `A join key of type ${formatDataType(type)} cannot be stored online.`,
      notes: ['Join keys are String, Bytes, Int32, Int64 or UnixTimestamp.'],
    })
  }
  const keyValue = read(value)
  if (keyValue === undefined) {
    throw new FeatureStoreError('FTS5081', {
      message: `${describeValue(value)} is not a join key value of type ${formatDataType(type)}.`,
    })
  }
  return keyValue
}

/** The value of a key as features see it: times as {@link Instant}. */
export function featureValueOfKey(value: EntityKeyValue): FeatureValue {
  return value.kind === 'unixTimestamp' ? Instant.fromEpochSeconds(value.value) : value.value
}

/** Orders text by Unicode code point, as Python and UTF-8 do; JavaScript's own order differs beyond U+D7FF. */
export function compareCodePoints(a = '', b = ''): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for code points above U+FFFF but sort below U+E000 as units.
    const xHigh = x >= 0xd800 && x <= 0xdfff
    const yHigh = y >= 0xd800 && y <= 0xdfff
    if (xHigh === yHigh) return x - y
    return xHigh ? (y >= 0xe000 ? 1 : x - y) : x >= 0xe000 ? -1 : x - y
  }
  return a.length - b.length
}

const int64Limit = 1n << 63n

function int64KeyValue(value: FeatureValue): bigint | undefined {
  if (typeof value === 'bigint') return value >= -int64Limit && value < int64Limit ? value : undefined
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined
}

const keyReaders: { readonly [name: string]: (value: FeatureValue) => EntityKeyValue | undefined } = {
  string: (value) => (typeof value === 'string' ? { kind: 'string', value } : undefined),
  bytes: (value) => (value instanceof Uint8Array ? { kind: 'bytes', value } : undefined),
  int32: (value) => {
    const whole = int64KeyValue(value)
    return whole !== undefined && BigInt.asIntN(32, whole) === whole
      ? { kind: 'int32', value: Number(whole) }
      : undefined
  },
  int64: (value) => {
    const whole = int64KeyValue(value)
    return whole === undefined ? undefined : { kind: 'int64', value: whole }
  },
  unixTimestamp: (value) =>
    value instanceof Instant ? { kind: 'unixTimestamp', value: value.epochMicros / 1_000_000n } : undefined,
}

function payloadOf(value: EntityKeyValue): Uint8Array | undefined {
  if (value.kind === 'string') return utf8.encode(value.value)
  return value.kind === 'bytes' ? value.value : undefined
}

const fixedLength = (value: EntityKeyValue): number => (value.kind === 'int32' ? 4 : 8)

function writeValue(bytes: Uint8Array, start: number, value: EntityKeyValue, payload: Uint8Array | undefined): number {
  const length = payload?.length ?? fixedLength(value)
  const at = writeU32(bytes, writeU32(bytes, start, keyTags[value.kind]), length)
  if (payload !== undefined) {
    bytes.set(payload, at)
  } else if (value.kind === 'int32') {
    writeU32(bytes, at, value.value)
  } else {
    scratch.setBigInt64(0, value.value as bigint, true)
    for (let i = 0; i < 8; i++) bytes[at + i] = scratchBytes[i] ?? 0
  }
  return at + length
}

export function writeU32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
  return at + 4
}

function readU32(view: DataView, at: number, what: string): number {
  if (at + 4 > view.byteLength) throw unreadable(`it ends within ${what}`)
  return view.getUint32(at, true)
}

function readBytes(bytes: Uint8Array, at: number, length: number, what: string): Uint8Array {
  if (at + length > bytes.length) throw unreadable(`it ends within ${what}`)
  return bytes.slice(at, at + length)
}

function readText(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes)
  } catch (cause) {
    throw unreadable('text in it is not UTF-8', cause)
  }
}

function readValue(tag: number, payload: Uint8Array): EntityKeyValue {
  const kind = kindOfTag.get(tag)
  if (kind === undefined) throw unreadable(`a value has type ${tag}, which a key cannot hold`)
  if (kind === 'bytes') return { kind, value: payload }
  if (kind === 'string') return { kind, value: readText(payload) }
  const expected = kind === 'int32' ? 4 : 8
  if (payload.length !== expected) throw unreadable(`a value of kind ${kind} has ${payload.length} bytes`)
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  return kind === 'int32' ? { kind, value: view.getInt32(0, true) } : { kind, value: view.getBigInt64(0, true) }
}

function refuseContradiction(
  joinKeys: readonly string[],
  values: readonly EntityKeyValue[],
  order: readonly number[],
): void {
  for (let i = 1; i < order.length; i++) {
    const [before, index] = [order[i - 1] ?? 0, order[i] ?? 0]
    if (joinKeys[before] !== joinKeys[index]) continue
    const [a, b] = [values[before], values[index]]
    if (a?.kind !== b?.kind || String(a?.value) !== String(b?.value)) {
      throw new FeatureStoreError('FTS5082', {
        message: `The join key "${joinKeys[index]}" is given twice, with ${describeValue(a?.value)} and ${describeValue(b?.value)}.`,
      })
    }
  }
}

function missingValue(joinKeys: readonly string[], given: number): FeatureStoreError {
  return new FeatureStoreError('FTS5082', {
    message: `The entity key (${joinKeys.join(', ')}) has ${given} value${given === 1 ? '' : 's'}.`,
  })
}

function unreadable(why: string, cause?: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5082', { message: `A stored entity key cannot be read: ${why}.`, cause })
}
