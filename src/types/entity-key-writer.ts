import { Instant } from '../base/instant.ts'
import type { DataType } from './data-type.ts'
import { compareCodePoints, type EntityKeyVersion, entityKeyPrefix, keyTags, writeU32 } from './entity-key.ts'
import type { FeatureValue } from './feature-value.ts'

/**
 * Writes the key of one row; `columns[i]` holds the values of join key i. Int64 values may be safe whole numbers.
 * @throws nothing for values that {@link coerceValue} let through.
 */
export type EntityKeyWriter = (columns: readonly (readonly FeatureValue[])[], row: number) => Uint8Array

/**
 * A writer of keys with these join keys and types, into one buffer and without an object per value; undefined for what
 * only the general serializer judges: types that no key can have, and a join key that is given twice.
 * The bytes are those of {@link entityKeySerializer}.
 */
export function entityKeyWriter(
  joinKeys: readonly string[],
  types: readonly DataType[],
  version: EntityKeyVersion,
): EntityKeyWriter | undefined {
  if (new Set(joinKeys).size !== joinKeys.length) return undefined
  const order = joinKeys.map((_, index) => index).sort((a, b) => compareCodePoints(joinKeys[a], joinKeys[b]))
  const parts = order.map((index): Part | undefined => {
    const type = types[index]
    const write = type?.kind === 'scalar' ? valueWriters[type.name] : undefined
    return write && { index, write }
  })
  const known = parts.filter((part) => part !== undefined)
  if (known.length !== parts.length) return undefined
  const prefix = entityKeyPrefix(joinKeys, version)
  const [only] = known
  if (known.length === 1 && only !== undefined && only.write === writeInt64) return int64Writer(prefix)
  return (columns, row) => {
    reserve(0, prefix.length)
    scratch.set(prefix)
    let at = prefix.length
    for (const part of known) at = part.write(at, columns[part.index]?.[row] ?? null)
    return scratch.slice(0, at)
  }
}

interface Part {
  readonly index: number
  readonly write: (at: number, value: FeatureValue) => number
}

/** The most common key: one 64-bit integer. Every key has the same length, and all but eight bytes in common. */
function int64Writer(prefix: Uint8Array): EntityKeyWriter {
  const template = new Uint8Array(prefix.length + 16)
  template.set(prefix)
  writeU32(template, writeU32(template, prefix.length, keyTags.int64), 8)
  const at = prefix.length + 8
  return ([values], row) => {
    const key = template.slice()
    putInt64(key, at, values?.[row] ?? null)
    return key
  }
}

let scratch = new Uint8Array(1024)
const utf8 = new TextEncoder()

function reserve(at: number, length: number): void {
  if (at + length <= scratch.length) return
  const larger = new Uint8Array((at + length) * 2)
  larger.set(scratch)
  scratch = larger
}

const valueWriters: { readonly [name: string]: (at: number, value: FeatureValue) => number } = {
  string: (at, value) => {
    const text = String(value)
    reserve(at, 8 + text.length * 3)
    const { written } = utf8.encodeInto(text, scratch.subarray(at + 8))
    return writeHead(at, keyTags.string, written) + written
  },
  bytes: (at, value) => {
    const bytes = value instanceof Uint8Array ? value : new Uint8Array(0)
    reserve(at, 8 + bytes.length)
    scratch.set(bytes, at + 8)
    return writeHead(at, keyTags.bytes, bytes.length) + bytes.length
  },
  int32: (at, value) => {
    reserve(at, 12)
    return writeU32(scratch, writeHead(at, keyTags.int32, 4), Number(value))
  },
  int64: writeInt64,
  unixTimestamp: (at, value) => {
    reserve(at, 16)
    const seconds = value instanceof Instant ? value.epochMicros / 1_000_000n : 0n
    return putInt64(scratch, writeHead(at, keyTags.unixTimestamp, 8), seconds)
  },
}

function writeInt64(at: number, value: FeatureValue): number {
  reserve(at, 16)
  return putInt64(scratch, writeHead(at, keyTags.int64, 8), value)
}

/** Type tag and length. Reserve before. */
function writeHead(at: number, tag: number, length: number): number {
  return writeU32(scratch, writeU32(scratch, at, tag), length)
}

function putInt64(bytes: Uint8Array, at: number, value: FeatureValue): number {
  if (typeof value === 'number') {
    const high = Math.floor(value / 0x1_0000_0000)
    return writeU32(bytes, writeU32(bytes, at, value - high * 0x1_0000_0000), high)
  }
  const whole = typeof value === 'bigint' ? value : 0n
  return writeU32(bytes, writeU32(bytes, at, Number(whole & 0xffff_ffffn)), Number((whole >> 32n) & 0xffff_ffffn))
}
