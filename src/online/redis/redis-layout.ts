import type { OnlineTable } from '../../plugin/online-store.ts'
import { type EntityKeyVersion, entityKeyPrefix } from '../../types/entity-key.ts'
import { murmur3x86of32 } from '../../types/murmur3.ts'

/**
 * Names and values of Feast's Redis store: one hash per entity and project, with a field for each feature of all views
 * and one for the event time of each view. Source: `feast/infra/online_stores/redis.py` and `helpers.py`.
 */

const utf8 = new TextEncoder()

/** A view's name as fields carry it: with its version, where versions are kept apart. */
export function storedView(table: OnlineTable): string {
  return table.version !== null && table.version > 0 ? `${table.view}_v${table.version}` : table.view
}

/** The field of a feature: a 32-bit hash of `view:feature`, little-endian. Feast does not look for collisions either. */
export function featureField(table: OnlineTable, feature: string): Uint8Array {
  const field = new Uint8Array(4)
  new DataView(field.buffer).setUint32(0, murmur3x86of32(utf8.encode(`${storedView(table)}:${feature}`)), true)
  return field
}

/** All fields of event times begin so. */
export const eventFieldPrefix = '_ts:'

/** The field of a view's event time. */
export function eventField(table: OnlineTable): Uint8Array {
  return utf8.encode(`${eventFieldPrefix}${storedView(table)}`)
}

/** What stands behind an entity key in the key of its hash. */
export function projectSuffix(project: string): Uint8Array {
  return utf8.encode(project)
}

/** A pattern for SCAN that matches all keys with these join keys in this project, and now and then another one. */
export function keyPattern(joinKeys: readonly string[] | null, project: string, version: EntityKeyVersion): Uint8Array {
  const prefix = joinKeys === null ? new Uint8Array(0) : entityKeyPrefix(joinKeys, version)
  return new Uint8Array([...escapedGlob(prefix), star, ...escapedGlob(utf8.encode(project))])
}

const [star, backslash] = [0x2a, 0x5c]
/** `*`, `?`, `[`, `]`, `\` and what has a meaning within brackets. */
const globSigns = new Set([star, 0x3f, 0x5b, 0x5d, backslash])

function escapedGlob(bytes: Uint8Array): readonly number[] {
  return [...bytes].flatMap((byte) => (globSigns.has(byte) ? [backslash, byte] : [byte]))
}

/**
 * True when a key consists of these join keys, one value for each, and the project, with nothing between or behind.
 * A pattern cannot tell `shop` from the end of `my_shop`; the lengths within the key can.
 */
export function isKeyOf(key: Uint8Array, joinKeyPrefix: Uint8Array, valueCount: number, project: Uint8Array): boolean {
  if (!matchesAt(key, 0, joinKeyPrefix)) return false
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  let at = joinKeyPrefix.length
  for (let i = 0; i < valueCount; i++) {
    if (at + 8 > key.length || !valueTags.has(view.getUint32(at, true))) return false
    at += 8 + view.getUint32(at + 4, true)
  }
  return at + project.length === key.length && matchesAt(key, at, project)
}

/** Type tags of the values that an entity key can hold. */
const valueTags = new Set([1, 2, 3, 4, 8])

function matchesAt(bytes: Uint8Array, at: number, part: Uint8Array): boolean {
  return at + part.length <= bytes.length && part.every((byte, index) => bytes[at + index] === byte)
}
