import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Instant } from '../base/instant.ts'
import { bytes, type DataType, float64, int32, int64, string, unixTimestamp } from './data-type.ts'
import { entityKeySerializer, entityKeyValue } from './entity-key.ts'
import { entityKeyWriter } from './entity-key-writer.ts'
import type { FeatureValue } from './feature-value.ts'

const typed: fc.Arbitrary<readonly [DataType, FeatureValue]> = fc.oneof(
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((value) => [int64, value] as const),
  fc.maxSafeInteger().map((value) => [int64, value] as const),
  fc.integer().map((value) => [int32, value] as const),
  fc.string({ unit: 'grapheme', maxLength: 2000 }).map((value) => [string, value] as const),
  fc.uint8Array({ maxLength: 2000 }).map((value) => [bytes, value] as const),
  fc
    .bigInt({ min: -(1n << 60n), max: 1n << 60n })
    .map((micros) => [unixTimestamp, Instant.fromEpochMicros(micros)] as const),
)

describe('a compiled writer of entity keys', () => {
  test('writes the bytes of the general serializer, for keys of any type and number', () => {
    const keys = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 4 })
    const values = fc.array(typed, { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(keys, values, fc.constantFrom(2 as const, 3 as const), (joinKeys, parts, version) => {
        const used = parts.slice(0, joinKeys.length)
        const write = entityKeyWriter(
          joinKeys,
          used.map(([type]) => type),
          version,
        )
        const expected = entityKeySerializer(
          joinKeys,
          version,
        )(used.map(([type, value]) => entityKeyValue(value, type)))
        const columns = used.map(([, value]) => [null, value])
        expect(write?.(columns, 1)).toEqual(expected)
      }),
    )
  })

  test('leaves types that no key has, and join keys given twice, to the general serializer', () => {
    expect(entityKeyWriter(['a'], [float64], 3)).toBeUndefined()
    expect(entityKeyWriter(['a', 'a'], [int64, int64], 3)).toBeUndefined()
  })
})
