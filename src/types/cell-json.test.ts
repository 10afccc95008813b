import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Instant } from '../base/instant.ts'
import { writeCellJson } from './cell-json.ts'
import type { DataType } from './data-type.ts'
import * as t from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'
import { valueToJsonText } from './json.ts'
import { JsonWriter } from './json-writer.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
const text = fc.string({ unit: 'binary' })
const time = fc.bigInt({ min: -62135596800n, max: 253402300799n }).map((seconds) => Instant.fromEpochSeconds(seconds))
const anyValue: fc.Arbitrary<FeatureValue> = fc.letrec<{ any: FeatureValue }>((tie) => ({
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
      .filter((list) => !list.some((each) => Array.isArray(each) && each.length === 0)),
    fc.dictionary(text, tie('any'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).any
const named = (values: fc.Arbitrary<FeatureValue>): fc.Arbitrary<FeatureValue> =>
  fc.dictionary(text, values, { maxKeys: 3, noNullPrototype: true })

const scalars: readonly (readonly [DataType, fc.Arbitrary<FeatureValue>])[] = [
  [t.int32, fc.integer()],
  [t.int64, int64],
  [t.int64, fc.maxSafeInteger().map(BigInt)],
  [t.float32, fc.float()],
  [t.float64, fc.double()],
  [t.float64, fc.integer()],
  [t.string, text],
  [t.string, fc.string({ unit: 'grapheme', maxLength: 300 })],
  [t.bool, fc.boolean()],
  [t.bytes, fc.uint8Array()],
  [t.unixTimestamp, time],
  [t.json, fc.json()],
  [t.uuid, fc.uuid()],
  [t.timeUuid, fc.uuid()],
  [t.decimal, fc.integer().map((value) => `${value}.50`)],
]
const point = t.struct({ x: t.float64, tags: t.array(t.string), inner: t.struct({ y: t.int32 }) })
const composites: readonly (readonly [DataType, fc.Arbitrary<FeatureValue>])[] = [
  ...scalars.flatMap(([type, values]) => [[t.array(type), fc.array(values)] as const]),
  [t.set(t.string), fc.uniqueArray(text)],
  [t.map, named(anyValue)],
  [t.array(t.map), fc.array(named(anyValue), { maxLength: 3 })],
  [t.array(t.array(t.int64)), fc.array(fc.array(int64, { minLength: 1 }), { maxLength: 3 })],
  [t.scalarMap, fc.array(fc.tuple(fc.oneof(int64, fc.boolean(), fc.uuid()), anyValue)).map((pairs) => new Map(pairs))],
  [t.zonedTimestamp, time.map((instant) => ({ instant, zone: 'Europe/Berlin' }))],
  [
    point,
    fc.record(
      {
        x: fc.double(),
        tags: fc.array(text),
        inner: fc.record({ y: fc.integer() }, { requiredKeys: [], noNullPrototype: true }),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  ],
]

/** Bytes that lie between others, as cells do. */
function jsonOf(value: Uint8Array, type: DataType, asStored = false): string {
  const around = Buffer.concat([Buffer.from([0x20, 0x01]), value, Buffer.from([0x01, 0xff])])
  const writer = new JsonWriter()
  writeCellJson(writer, around, 2, 2 + value.length, type, asStored)
  return writer.take().toString()
}

describe('the JSON text of a cell', () => {
  test.each([...scalars, ...composites])('says what the general path says, for %o', (type, values) => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encodeValue(value, type)
        // Digits of 64-bit integers are compared as text.
        const quoted = (json: string): unknown =>
          JSON.parse(json.replaceAll(/(?<![\d."\\])-?\d{16,}(?![\d.e])/g, '"$&"'))
        const [ours, wanted] = [jsonOf(bytes, type), valueToJsonText(decodeValue(bytes, type))]
        // The general path loses the sign of zero.
        expect(JSON.parse(JSON.stringify(JSON.parse(ours)))).toEqual(JSON.parse(wanted))
        if (typeof value === 'bigint') expect(quoted(ours)).toEqual(quoted(wanted))
      }),
    )
  })

  test.each([
    [t.float64, 1, '1.0'],
    [t.float64, 1e16, '1e+16'],
    [t.float32, Math.fround(0.1), '0.10000000149011612'],
    [t.float64, Number.NaN, '"NaN"'],
    [t.array(t.float64), [1, -0, Number.POSITIVE_INFINITY], '[1.0,-0.0,"Infinity"]'],
    [t.map, { a: 2, b: 2n }, '{"a":2.0,"b":2}'],
    [t.int64, (1n << 63n) - 1n, '9223372036854775807'],
    [t.int64, -(1n << 63n), '-9223372036854775808'],
    [t.array(t.int64), [-(1n << 62n)], '[-4611686018427387904]'],
    [t.string, 'ż"\n', '"ż\\"\\n"'],
    [t.bytes, Uint8Array.of(0, 255), '"AP8="'],
    [t.string, null, 'null'],
  ])('of %o %o is %s', (type, value, json) => {
    expect(jsonOf(encodeValue(value, type), type)).toBe(json)
  })

  test('of a missing time is null, or as it is stored', () => {
    const missing = Buffer.from('4080808080808080808001', 'hex')
    expect(jsonOf(missing, t.unixTimestamp)).toBe('null')
    expect(jsonOf(missing, t.unixTimestamp, true)).toBe('-9223372036854775808')
  })

  test('of a struct has the fields that it lacks, unless it is wanted as stored', () => {
    const bytes = encodeValue({ y: 1 }, t.struct({ y: t.int32 }))
    const wider = t.struct({ x: t.string, y: t.int32 })
    expect(jsonOf(bytes, wider)).toBe('{"x":null,"y":1}')
    expect(jsonOf(bytes, wider, true)).toBe('{"y":1}')
  })

  test.each(['20', '2080', '12056162', '29000000', '7a0a0108', 'ff'])('of the broken bytes %s is refused', (hex) => {
    expect(() => jsonOf(Buffer.from(hex, 'hex'), t.int64)).toThrow(expect.objectContaining({ code: 'FTS5084' }))
  })
})
