import * as arrow from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { Instant } from '../base/instant.ts'
import {
  arrowTypeOf,
  arrowValue,
  columnData,
  dataTypeOfArrow,
  loadArrow,
  rowsFromBatch,
  tableFromRows,
} from './arrow.ts'
import type { DataType } from './data-type.ts'
import * as t from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'

const at = (micros: bigint): Instant => Instant.fromEpochMicros(micros)

describe('rows written to Arrow and read back', () => {
  const columns: readonly [string, DataType, string, readonly FeatureValue[]][] = [
    ['bytes', t.bytes, 'Binary', [Uint8Array.of(1, 2), null, Uint8Array.of()]],
    ['text', t.string, 'Utf8', ['日本語', '', null, 'a'.repeat(40)]],
    ['int32', t.int32, 'Int32', [-1, null, 2 ** 31 - 1]],
    ['int64', t.int64, 'Int64', [-(1n << 63n), null, 2n ** 53n + 1n]],
    ['float32', t.float32, 'Float32', [0.5, null, Number.NaN]],
    ['float64', t.float64, 'Float64', [0.1, null, Number.POSITIVE_INFINITY]],
    ['bool', t.bool, 'Bool', [true, null, false]],
    ['time', t.unixTimestamp, 'Timestamp<MICROSECOND, UTC>', [at(1n), null, at(-1n)]],
    ['json', t.json, 'LargeUtf8', ['{"a":1}', null]],
    ['uuid', t.uuid, 'Utf8', ['550e8400-e29b-41d4-a716-446655440000', null]],
    ['list', t.array(t.int64), 'List<Int64>', [[1n, null], null, []]],
    ['set', t.set(t.string), 'List<Utf8>', [['a', 'b'], []]],
    ['nested list', t.array(t.array(t.float64)), 'List<List<Float64>>', [[[1], []], null]],
    ['map', t.map, 'Map<{key:Utf8, value:Utf8}>', [{ a: 'x' }, {}, null]],
    [
      'struct',
      t.struct({ a: t.int64, b: t.array(t.string) }),
      'Struct<{a:Int64, b:List<Utf8>}>',
      [{ a: 1n, b: ['x'] }, null],
    ],
  ]
  test.each(columns)('keep %s', async (name, type, arrowType, values) => {
    const table = await tableFromRows(
      values.map((value) => ({ [name]: value })),
      [{ name, type }],
    )
    expect(String(table.schema.fields[0]?.type)).toBe(arrowType)
    const again = arrow.tableFromIPC(arrow.tableToIPC(table))
    expect(rowsFromBatch(again).map((row) => row[name])).toEqual(values)
    const [sliced] = again.batches.map((batch) => batch.slice(1))
    if (sliced !== undefined) expect(rowsFromBatch(sliced).map((row) => row[name])).toEqual(values.slice(1))
  })

  test('have the types of their values when none are given, and null where a row lacks a column', async () => {
    const rows = [
      { a: 1n, b: [1.5] },
      { a: null, c: { d: at(5n) } },
    ]
    const table = await tableFromRows(rows)
    expect(table.schema.fields.map((field) => `${field.name} ${field.type}`)).toEqual([
      'a Int64',
      'b List<Float64>',
      'c Struct<{d:Timestamp<MICROSECOND, UTC>}>',
    ])
    expect(rowsFromBatch(table)).toEqual([
      { a: 1n, b: [1.5], c: null },
      { a: null, b: null, c: { d: at(5n) } },
    ])
  })

  test('are refused when a column mixes types, with the name of the column', async () => {
    await expect(tableFromRows([{ a: 1n }, { a: 'x' }])).rejects.toThrow('Column "a" mixes')
    await expect(tableFromRows([{ a: 'x' }], [{ name: 'a', type: t.int64 }])).rejects.toThrow('Column "a": "x"')
    await expect(tableFromRows([{ a: 1e39 }], [{ name: 'a', type: t.float32 }])).rejects.toThrow('Column "a": 1e+39')
  })
})

describe('times in other units', () => {
  const units: readonly [arrow.DataType, bigint, bigint][] = [
    [new arrow.TimestampSecond('UTC'), -1n, -1_000_000n],
    [new arrow.TimestampMillisecond(), 1_999_999n, 1_999_000n],
    [new arrow.DateDay(), 86_400_000_001n, 86_400_000_000n],
  ]
  test.each(units)('are written rounded down, as %s', async (type, micros, kept) => {
    await loadArrow()
    const vector = new arrow.Vector([columnData([at(micros), null], type, 'x')])
    expect([arrowValue(vector, 0), arrowValue(vector, 1)]).toEqual([at(kept), null])
  })

  test.each([new arrow.TimestampNanosecond(), new arrow.DateMillisecond(), new arrow.Int8(), new arrow.Uint64()])(
    'and integers of no type of Feast are refused: %s',
    async (type) => {
      await loadArrow()
      expect(() => columnData([], type, 'x')).toThrow(expect.objectContaining({ code: 'FTS5085' }))
    },
  )
})

describe('columns that others wrote', () => {
  const units: readonly [string, arrow.DataType, bigint, bigint][] = [
    ['seconds', new arrow.TimestampSecond(), 2n, 2_000_000n],
    ['milliseconds', new arrow.TimestampMillisecond('Asia/Tokyo'), 2n, 2000n],
    ['nanoseconds', new arrow.TimestampNanosecond('UTC'), 1999n, 1n],
    ['nanoseconds before 1970, cut down', new arrow.TimestampNanosecond(), -1n, -1n],
  ]
  test.each(units)('hold times in %s', (_, type, stored, micros) => {
    const data = arrow.makeData({ type: type as arrow.TimestampSecond, data: BigInt64Array.of(stored) })
    expect(arrowValue(new arrow.Vector([data]), 0)).toEqual(at(micros))
  })

  test('may come in several chunks, as a dictionary, or narrow', () => {
    const chunked = new arrow.Vector([
      arrow.makeData({ type: new arrow.Int8(), data: Int8Array.of(1, 2) }),
      arrow.makeData({ type: new arrow.Int8(), data: Int8Array.of(-3) }),
    ])
    expect([0, 1, 2, 3].map((row) => arrowValue(chunked, row))).toEqual([1, 2, -3, null])
    const words = arrow.vectorFromArray(['a', 'b', 'a'])
    expect(words.type).toBeInstanceOf(arrow.Dictionary)
    expect([0, 1, 2].map((row) => arrowValue(words, row))).toEqual(['a', 'b', 'a'])
  })

  test('give decimals as text with their scale', () => {
    const data = Uint32Array.from([150, 0, 0, 0, 0xffffff6a, 0xffffffff, 0xffffffff, 0xffffffff])
    const vector = new arrow.Vector([arrow.makeData({ type: new arrow.Decimal(2, 10), data })])
    expect([arrowValue(vector, 0), arrowValue(vector, 1)]).toEqual(['1.50', '-1.50'])
  })
})

describe('dataTypeOfArrow', () => {
  const cases: readonly [arrow.DataType, string][] = [
    [new arrow.Int8(), 'Int32'],
    [new arrow.Uint16(), 'Int32'],
    [new arrow.Uint32(), 'Int64'],
    [new arrow.Uint64(), 'Int64'],
    [new arrow.Float32(), 'Float32'],
    [new arrow.LargeUtf8(), 'Json'],
    [new arrow.TimestampSecond(), 'UnixTimestamp'],
    [new arrow.Null(), 'Null'],
    [new arrow.List(new arrow.Field('element', new arrow.Utf8())), 'Array(String)'],
    [new arrow.Struct([new arrow.Field('a', new arrow.Int64())]), 'Struct({a: Int64})'],
  ]
  test.each(cases)('infers what Feast infers for %s', (type, expected) => {
    expect(t.formatDataType(dataTypeOfArrow(type))).toBe(expected)
  })

  test.each([new arrow.DateDay(), new arrow.TimeSecond(), new arrow.Decimal(2, 10)])('refuses %s', (type) => {
    expect(() => dataTypeOfArrow(type)).toThrow(expect.objectContaining({ code: 'FTS5085' }))
  })

  test('is the inverse of arrowTypeOf where Feast has one type per Arrow type', async () => {
    await loadArrow()
    const plain: readonly DataType[] = [
      t.int32,
      t.int64,
      t.float32,
      t.float64,
      t.string,
      t.bytes,
      t.bool,
      t.unixTimestamp,
      t.json,
      t.map,
    ]
    for (const type of plain) {
      expect(dataTypeOfArrow(arrowTypeOf(type))).toEqual(type)
      expect(dataTypeOfArrow(arrowTypeOf(t.array(type)))).toEqual(t.array(type))
    }
  })
})
