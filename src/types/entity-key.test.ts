import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Instant } from '../base/instant.ts'
import { array, float64, int32, int64, string, unixTimestamp, uuid } from './data-type.ts'
import {
  compareCodePoints,
  deserializeEntityKey,
  type EntityKeyValue,
  entityKeyPrefix,
  entityKeySerializer,
  entityKeyValue,
  redisKey,
  serializeEntityKey,
} from './entity-key.ts'
import { murmur3x64of128, murmur3x86of32 } from './murmur3.ts'

type Recorded = Readonly<Record<string, unknown>>
interface Golden {
  readonly cases: readonly {
    readonly id: number
    readonly note: string
    readonly join_keys: readonly string[]
    readonly entity_values: readonly Recorded[]
    readonly v2_hex: unknown
    readonly v3_hex: unknown
    readonly v2_entity_id_mmh3_128_hex?: string
    readonly v3_entity_id_mmh3_128_hex?: string
    readonly redis_key_project?: string
    readonly redis_key_hex?: string
    readonly v3_deserialized?: { readonly join_keys: readonly string[]; readonly entity_values: readonly Recorded[] }
  }[]
  readonly prefixes: readonly { join_keys: readonly string[]; v3_prefix_hex: string; v2_prefix_hex: string }[]
  readonly deserialize_inputs: readonly {
    readonly input_hex: string
    readonly v3_result: { readonly error?: string; readonly join_keys?: readonly string[]; readonly n_values?: number }
  }[]
  readonly hashes: readonly {
    readonly input: string
    readonly redis_hash_field_hex: string
    readonly murmur3_x86_32_seed0_unsigned: number
    readonly murmur3_x64_128_seed0_hex: string
  }[]
}

const golden = JSON.parse(
  readFileSync(new URL('../../test/goldens/wire/entity_keys.json', import.meta.url), 'utf8'),
) as Golden

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const readers: { readonly [kind: string]: (value: unknown) => EntityKeyValue } = {
  string_val: (value) => ({ kind: 'string', value: String(value) }),
  bytes_val: (value) => ({ kind: 'bytes', value: Uint8Array.from(Buffer.from(String(value), 'base64')) }),
  int32_val: (value) => ({ kind: 'int32', value: Number(value) }),
  int64_val: (value) => ({ kind: 'int64', value: BigInt(String(value)) }),
  unix_timestamp_val: (value) => ({ kind: 'unixTimestamp', value: BigInt(String(value)) }),
}

/** The key value that Feast recorded, or undefined for a kind that keys cannot hold. */
function recorded(value: Recorded): EntityKeyValue | undefined {
  const [kind = '', content] = Object.entries(value)[0] ?? []
  return readers[kind]?.(content)
}

describe('serializeEntityKey', () => {
  test.each(golden.cases)('writes the bytes that Feast wrote: case $id $note', (item) => {
    const values = item.entity_values.map(recorded)
    for (const version of [2, 3] as const) {
      const expected = item[`v${version}_hex`]
      if (typeof expected !== 'string') {
        expect(() => {
          if (values.includes(undefined)) entityKeyValue(1.5, uuid)
          serializeEntityKey(item.join_keys, values as EntityKeyValue[], version)
        }).toThrow(expect.objectContaining({ name: 'FeatureStoreError' }))
        continue
      }
      const bytes = serializeEntityKey(item.join_keys, values as EntityKeyValue[], version)
      expect(hex(bytes)).toBe(expected)
      expect(hex(murmur3x64of128(bytes))).toBe(item[`v${version}_entity_id_mmh3_128_hex`])
      if (version === 2) continue
      expect(hex(redisKey(bytes, item.redis_key_project ?? ''))).toBe(item.redis_key_hex)
      const back = deserializeEntityKey(bytes)
      expect(back.joinKeys).toEqual(item.v3_deserialized?.join_keys)
      expect(back.values).toEqual(item.v3_deserialized?.entity_values.map(recorded))
    }
  })

  test('gives the same bytes in whatever order the keys come', () => {
    const one: EntityKeyValue = { kind: 'int64', value: 1n }
    const two: EntityKeyValue = { kind: 'string', value: 'two' }
    expect(serializeEntityKey(['b', 'a'], [one, two], 3)).toEqual(serializeEntityKey(['a', 'b'], [two, one], 3))
  })

  test('drops join keys without a value when there are several', () => {
    const one: EntityKeyValue = { kind: 'int64', value: 1n }
    expect(serializeEntityKey(['b', 'a'], [one], 3)).toEqual(serializeEntityKey(['b'], [one], 3))
    expect(() => entityKeySerializer(['b', 'a'], 3)([one])).toThrow('has 1 value')
  })
})

test.each(golden.prefixes)('the prefix of $join_keys is what keys begin with', (item) => {
  expect(hex(entityKeyPrefix(item.join_keys, 3))).toBe(item.v3_prefix_hex)
  expect(hex(entityKeyPrefix(item.join_keys, 2))).toBe(item.v2_prefix_hex)
})

test.each(golden.deserialize_inputs)('reads or refuses $input_hex as Feast does', ({ input_hex, v3_result }) => {
  if (v3_result.error !== undefined) {
    expect(() => deserializeEntityKey(fromHex(input_hex))).toThrow(expect.objectContaining({ code: 'FTS5082' }))
    return
  }
  const key = deserializeEntityKey(fromHex(input_hex))
  expect(key.joinKeys).toEqual(v3_result.join_keys)
  expect(key.values).toHaveLength(v3_result.n_values ?? -1)
})

test.each(golden.hashes)('hashes $input as Feast does', (item) => {
  const bytes = utf8(item.input)
  expect(murmur3x86of32(bytes)).toBe(item.murmur3_x86_32_seed0_unsigned)
  expect(hex(murmur3x64of128(bytes))).toBe(item.murmur3_x64_128_seed0_hex)
  const field = new DataView(new ArrayBuffer(4))
  field.setUint32(0, murmur3x86of32(bytes), true)
  expect(hex(new Uint8Array(field.buffer))).toBe(item.redis_hash_field_hex)
})

const anyValue: fc.Arbitrary<EntityKeyValue> = fc.oneof(
  fc.string({ unit: 'binary' }).map((value): EntityKeyValue => ({ kind: 'string', value })),
  fc.uint8Array().map((value): EntityKeyValue => ({ kind: 'bytes', value })),
  fc.integer().map((value): EntityKeyValue => ({ kind: 'int32', value })),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((value): EntityKeyValue => ({ kind: 'int64', value })),
)

test('a version 3 key reads back as it was, ordered by code point', () => {
  const name = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.endsWith('\0'))
  const entries = fc.uniqueArray(fc.tuple(name, anyValue), { selector: ([key]) => key, maxLength: 5 })
  fc.assert(
    fc.property(entries, (pairs) => {
      const bytes = serializeEntityKey(
        pairs.map(([key]) => key),
        pairs.map(([, value]) => value),
        3,
      )
      const sorted = [...pairs].sort(([a], [b]) => compareCodePoints(a, b))
      expect(deserializeEntityKey(bytes)).toEqual({
        joinKeys: sorted.map(([key]) => key),
        values: sorted.map(([, value]) => value),
      })
    }),
  )
})

test('text is ordered as its UTF-8 bytes are', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(utf8(a), utf8(b)))
    }),
  )
})

describe('entityKeyValue', () => {
  test('takes a safe number for an int64 and refuses what does not fit', () => {
    expect(entityKeyValue(7, int64)).toEqual({ kind: 'int64', value: 7n })
    expect(entityKeyValue(-7n, int32)).toEqual({ kind: 'int32', value: -7 })
    for (const value of [1.5, 2 ** 53, 1n << 63n, null, '7']) {
      expect(() => entityKeyValue(value, int64)).toThrow(expect.objectContaining({ code: 'FTS5081' }))
    }
    expect(() => entityKeyValue(2 ** 31, int32)).toThrow(expect.objectContaining({ code: 'FTS5081' }))
  })

  test('cuts times to whole seconds toward zero', () => {
    const time = Instant.fromEpochMicros(-1_500_000n)
    expect(entityKeyValue(time, unixTimestamp)).toEqual({ kind: 'unixTimestamp', value: -1n })
  })

  test.each([float64, uuid, array(string)])('refuses types that no key can have', (type) => {
    expect(() => entityKeyValue('x', type)).toThrow(expect.objectContaining({ code: 'FTS5083' }))
  })
})
