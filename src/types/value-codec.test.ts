import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Instant } from '../base/instant.ts'
import type { DataType, ScalarTypeName } from './data-type.ts'
import * as t from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'
import type { JsonValue } from './json.ts'
import { valueFromProtoJson } from './proto-json.ts'
import { casesOfType, type ValueCaseName } from './value-cases.ts'
import { decodeValue, encodeValue, valueKind } from './value-codec.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const anything: DataType = { kind: 'scalar', name: 'invalid' }

/** A type whose values are stored in the given case. */
function typeOfCase(kind: ValueCaseName): DataType {
  const composite: { readonly [kind: string]: DataType } = {
    list_val: t.array(t.array(t.int64)),
    struct_val: t.struct({}),
    struct_list_val: t.array(t.struct({})),
  }
  for (const [name, cases] of Object.entries(casesOfType)) {
    const of: DataType = { kind: 'scalar', name: name as ScalarTypeName }
    if (cases.one === kind) return of
    if (cases.list === kind) return t.array(of)
    if (cases.set === kind) return t.set(of)
  }
  return composite[kind] ?? anything
}

interface Dump {
  readonly tables: Readonly<
    Record<string, readonly { entity_key_hex: string; feature_name: string; value_b64: string; decoded: JsonValue }[]>
  >
}

describe('values that Feast stored in SQLite', () => {
  const folder = new URL('../../test/goldens/wire/sqlite/all_types/', import.meta.url)
  const dump = JSON.parse(readFileSync(new URL('online_store.json', folder), 'utf8')) as Dump
  const database = new DatabaseSync(new URL('data/online_store.db', folder), { readOnly: true })

  test.each(Object.entries(dump.tables))(
    'of %s read as Feast reads them and are written with the same bytes',
    (table, rows) => {
      const find = database.prepare(`SELECT value FROM "${table}" WHERE entity_key = ? AND feature_name = ?`)
      for (const row of rows) {
        const stored = find.get(fromHex(row.entity_key_hex), row.feature_name)?.value as Uint8Array
        expect(Buffer.from(stored).toString('base64')).toBe(row.value_b64)
        const expected = valueFromProtoJson(row.decoded)
        const value = decodeValue(stored)
        expect(value).toEqual(expected.value)
        expect(valueKind(stored)).toBe(expected.kind)
        if (expected.kind === null || value === null) continue
        expect(hex(encodeValue(value, typeOfCase(expected.kind)))).toBe(hex(stored))
      }
    },
  )
})

describe('encodeValue', () => {
  const cases: readonly [string, FeatureValue, DataType, string][] = [
    ['a negative int32 in ten bytes', -2, t.int32, '18 feffffffffffffffff01'],
    ['the smallest int64', -(1n << 63n), t.int64, '20 80808080808080808001'],
    ['zero, which proto3 leaves out elsewhere', 0n, t.int64, '20 00'],
    ['a whole number above 32 bits', 1n << 35n, t.int64, '20 808080808001'],
    ['empty text', '', t.string, '12 00'],
    ['text of more than 127 bytes', 'é'.repeat(64), t.string, `12 8001 ${'c3a9'.repeat(64)}`],
    ['a packed list', [1, 2], t.array(t.int32), '6a 04 0a02 0102'],
    ['an empty list', [], t.array(t.int32), '6a 00'],
    ['null in a list as zero', [1n, null], t.array(t.int64), '72 04 0a02 0100'],
    [
      'a null time in a list as the missing time',
      [null],
      t.array(t.unixTimestamp),
      '9201 0c 0a0a 80808080808080808001',
    ],
    ['a set without its nulls', ['a', null], t.set(t.string), 'ba01 03 0a0161'],
    ['an empty inner list as unset', [[], [7n]], t.array(t.array(t.int64)), 'd202 09 0a00 0a05 7203 0a01 07'],
    ['an inner set as a list', [[7n]], t.array(t.set(t.int64)), 'd202 07 0a05 7203 0a01 07'],
    ['an int32 of a struct as int64', { a: 1 }, t.struct({ a: t.int32 }), '9202 09 0a07 0a0161 1202 2001'],
    ['a null in a map as unset', { a: null }, t.map, 'a201 07 0a05 0a0161 1200'],
    ['a zone', { instant: Instant.fromEpochSeconds(0n), zone: 'UTC' }, t.zonedTimestamp, '8203 05 1203 555443'],
    ['a time cut toward zero', Instant.fromEpochMicros(-1_999_999n), t.unixTimestamp, '40 ffffffffffffffffff01'],
    ['null as no bytes', null, t.map, ''],
  ]
  test.each(cases)('writes %s', (_, value, type, expected) => {
    expect(hex(encodeValue(value, type))).toBe(expected.replaceAll(' ', ''))
  })

  const misfits: readonly [FeatureValue, DataType][] = [
    [1n << 63n, t.int64],
    [2 ** 53, t.int64],
    [2 ** 31, t.int32],
    [1.5, t.int32],
    [1e39, t.float32],
    ['1', t.int64],
    ['\ud800', t.string],
    [(1n << 53n) + 1n, t.float64],
    ['x', t.array(t.string)],
    [[1.5], t.array(t.int64)],
    [1, t.bool],
    [1700000000, t.unixTimestamp],
  ]
  test.each(misfits)('refuses %s for %o', (value, type) => {
    expect(() => encodeValue(value, type)).toThrow(expect.objectContaining({ code: 'FTS5081' }))
    expect(hex(encodeValue([1n], t.array(t.int64)))).toBe('72030a0101')
  })
})

describe('decodeValue', () => {
  test.each(['12 05 61', '72 04 0a02 01', '0a 80', '12 02 c3 28', 'a201 07 0a05 0a0161'])(
    'refuses the broken bytes %s',
    (bytes) => {
      expect(() => decodeValue(fromHex(bytes))).toThrow(expect.objectContaining({ code: 'FTS5084' }))
    },
  )

  test('takes the last case when several are there, and skips fields that it does not know', () => {
    expect(decodeValue(fromHex('2007 120161'))).toBe('a')
    expect(decodeValue(fromHex('2007 d20f0161'))).toBe(7n)
  })

  test('reads lists that are not packed', () => {
    expect(decodeValue(fromHex('7204 0801 0802'))).toEqual([1n, 2n])
  })

  test("reads Feast's missing time as null", () => {
    expect(decodeValue(fromHex('40 80808080808080808001'))).toBeNull()
  })

  test('gives numbers the width that the type asks for, and a struct all its fields', () => {
    const type = t.struct({ a: t.int32, b: t.float64, c: t.string })
    const bytes = encodeValue({ a: 1n, b: 2n }, t.map)
    expect(decodeValue(bytes, type)).toEqual({ a: 1, b: 2, c: null })
  })

  test('keeps an entry named __proto__ as an entry', () => {
    const value = decodeValue(fromHex('a201 0f 0a0d 0a09 5f5f70726f746f5f5f 1200'))
    expect(Object.keys(value as object)).toEqual(['__proto__'])
  })
})

const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
const text = fc.string({ unit: 'binary' })
const time = fc.bigInt({ min: -62135596800n, max: 253402300799n }).map((seconds) => Instant.fromEpochSeconds(seconds))
const scalars: readonly [DataType, fc.Arbitrary<FeatureValue>][] = [
  [t.int32, fc.integer()],
  [t.int64, int64],
  [t.float32, fc.float()],
  [t.float64, fc.double()],
  [t.string, text],
  [t.bool, fc.boolean()],
  [t.bytes, fc.uint8Array()],
  [t.unixTimestamp, time],
]
const mapValue: fc.Arbitrary<FeatureValue> = fc.letrec<{ any: FeatureValue }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    int64,
    fc.double(),
    text,
    fc.boolean(),
    time,
    fc
      .array(tie('any'), { maxLength: 3 })
      .filter((list) => !list.some((element) => Array.isArray(element) && element.length === 0)),
    fc.dictionary(text, tie('any'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).any

describe('whatever is encoded reads back', () => {
  test.each(scalars)('as %o, bare, in a list and in a set', (type, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decodeValue(encodeValue(value, type), type)).toEqual(value)
      }),
    )
    fc.assert(
      fc.property(fc.array(values), (list) => {
        expect(decodeValue(encodeValue(list, t.array(type)), t.array(type))).toEqual(list)
        expect(decodeValue(encodeValue(list, t.set(type)))).toEqual(list)
      }),
    )
  })

  test('as a map of anything', () => {
    fc.assert(
      fc.property(fc.dictionary(text, mapValue, { noNullPrototype: true }), (map) => {
        expect(decodeValue(encodeValue(map, t.map))).toEqual(map)
      }),
    )
  })

  test('as a scalar map', () => {
    const key = fc.oneof(int64, fc.double({ noNaN: true }), fc.boolean(), fc.uuid())
    fc.assert(
      fc.property(fc.array(fc.tuple(key, mapValue)), (entries) => {
        const map = new Map<FeatureValue, FeatureValue>(entries)
        expect(decodeValue(encodeValue(map, t.scalarMap))).toEqual(map)
      }),
    )
  })
})
