import assert from 'node:assert/strict'
import { Instant } from '../../base/instant.ts'
import { plainField } from '../../model/field.ts'
import { cellBytes, eventMicrosOf } from '../../plugin/online-cells.ts'
import type { DataType } from '../../types/data-type.ts'
import * as t from '../../types/data-type.ts'
import { type EntityKeyValue, serializeEntityKey } from '../../types/entity-key.ts'
import type { FeatureValue } from '../../types/feature-value.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { type Bench, keyOf, noon } from './bench.ts'
import type { Rules } from './harness.ts'

const uuid = 'f47ac10b-58cc-41cf-a447-001122334400'
const time = Instant.fromEpochSeconds(1_700_000_000)

/** Values of every type, with what is easily lost: signs, ends of ranges, empty ones, what is no text. */
const samples: readonly (readonly [type: DataType, values: readonly FeatureValue[]])[] = [
  [t.string, ['', ' ', 'zażółć 😀', 'it\'s \\ "quoted"', 'line\nand\u0000nul']],
  [t.bytes, [new Uint8Array(0), Uint8Array.from({ length: 256 }, (_, index) => index)]],
  [t.int32, [0, -1, 2 ** 31 - 1, -(2 ** 31)]],
  [t.int64, [0n, 9007199254740993n, 2n ** 63n - 1n, -(2n ** 63n)]],
  [t.float32, [0, -0, 0.5, Number.NaN, Number.NEGATIVE_INFINITY]],
  [t.float64, [0.1, -0, 5e-324, Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY]],
  [t.bool, [true, false]],
  [t.unixTimestamp, [time, Instant.fromEpochSeconds(0), Instant.fromEpochSeconds(-1)]],
  [t.json, ['{"a": [1, null]}', 'null']],
  [t.uuid, [uuid]],
  [t.timeUuid, [uuid]],
  [t.decimal, ['1.50', '-0.000000000000000000001']],
  [t.zonedTimestamp, [{ instant: time, zone: 'Europe/Paris' }]],
  [t.map, [{}, { only: 'one' }]],
  [t.struct({ a: t.int64 }), [{ a: 1n }]],
  [t.array(t.string), [[], ['a', '']]],
  [t.array(t.int64), [[1n, -1n]]],
  [t.array(t.float32), [[0.5, Number.NaN]]],
  [t.array(t.bool), [[true, false]]],
  [t.array(t.unixTimestamp), [[time]]],
  [t.array(t.array(t.int64)), [[[1n], [2n, 3n]]]],
  [t.set(t.string), [['a', 'b']]],
  [t.set(t.int64), [[1n, 2n]]],
]

export const values: Rules = {
  'values of every type come back byte for byte': async (bench) => {
    const stored = samples.flatMap(([type, list]) => list.map((value) => [type, encodeValue(value, type)] as const))
    const fields = stored.map(([type], index) => plainField(`f${index}`, type))
    const table = await bench.makeTyped('types', fields)
    await bench.store.write(
      bench.row(
        table,
        stored.map(([, bytes]) => bytes),
      ),
    )
    const features = fields.map((field) => field.name)
    const cells = await bench.cells({ table, features, entityKeys: [keyOf('x')] })
    for (const [index, [type, bytes]] of stored.entries()) {
      assert.deepEqual(hex(cellBytes(cells, 0, index)), hex(bytes), `value ${index}, ${t.formatDataType(type)}`)
    }
  },
  'an empty text is told from a null': async (bench) => {
    await bench.write(['x', 1, null, { a: '', b: null }])
    assert.deepEqual(await bench.read(['x']), [[1, { a: '', b: null }]])
  },
  'large values come back whole, and one that does not fit is refused with its batch': async (bench) => {
    const fields = ['a', 'b', 'c'].map((name) => plainField(name, t.bytes))
    const table = await bench.makeTyped('large', fields)
    const most = bench.harness.largestValueBytes
    const large = Uint8Array.from({ length: Math.min(most ?? 100_000, 100_000) - 4 }, (_, index) => index * 31)
    const stored = [large, new Uint8Array(0), large.subarray(1)].map((value) => encodeValue(value, t.bytes))
    await bench.store.write(bench.row(table, stored))
    const request = { table, features: ['a', 'b', 'c'], entityKeys: [keyOf('x')] }
    const cells = await bench.cells(request)
    assert.deepEqual(
      stored.map((_, index) => hex(cellBytes(cells, 0, index))),
      stored.map(hex),
    )
    if (most === undefined) return
    const tooLarge = encodeValue(new Uint8Array(most + 1), t.bytes)
    const empty = encodeValue(null, t.bytes)
    await assert.rejects(bench.store.write(bench.row(table, [empty, empty, tooLarge], noon + 1_000_000n)), {
      name: 'FeatureStoreError',
    })
    assert.equal(eventMicrosOf(await bench.cells(request), 0), noon)
  },
  'events before 1970 and in far years are stored, or refused when they do not fit': async (bench) => {
    const days = ['0001-01-02', '1900-02-28', '1969-12-31', '2038-01-20', '2200-01-01', '9999-12-31']
    const { from, to } = bench.harness.eventRange ?? { from: -(2n ** 62n), to: 2n ** 62n }
    for (const day of days) {
      const event = Instant.parse(`${day}T23:59:58Z`)?.epochMicros ?? 0n
      const key = keyOf(day)
      const write = bench.store.write({
        ...bench.row(bench.table, []),
        ...ab(day),
        entityKeys: [key],
        eventMicros: [event],
      })
      const cellsOf = async (): Promise<bigint | null> =>
        eventMicrosOf(await bench.cells({ table: bench.table, features: ['a'], entityKeys: [key] }), 0)
      if (event < from || event > to) {
        await assert.rejects(write, { name: 'FeatureStoreError' }, day)
        assert.equal(await cellsOf(), null, day)
      } else {
        await write
        assert.equal(await cellsOf(), event, day)
      }
    }
  },
  'events before 1970 are in order too': async (bench) => {
    const { from } = bench.harness.eventRange ?? { from: -(2n ** 62n) }
    const [older, newer] = [-86_400_000_000n, -3_600_000_000n]
    if (older < from) return
    const row = (event: bigint, text: string): ReturnType<Bench['row']> => ({
      ...bench.row(bench.table, [], event),
      ...ab(text),
    })
    await bench.store.write(row(newer, 'newer'))
    assert.deepEqual(await bench.store.write(row(older, 'older')), { written: 0, stale: 1 })
    const [found] = await bench.read(['x'], ['a'])
    assert.equal(found?.[1].a, 'newer')
  },
  'keys of several join keys of every type are told apart': async (bench) => {
    const joinKeys = ['a*', 'b', 'c']
    const table = await bench.makeTyped('keys', [plainField('a', t.string)], joinKeys)
    const keys = manyKeys.map((key) => serializeEntityKey(joinKeys, key, 3))
    const column = keys.map((_, index) => encodeValue(`key ${index}`, t.string))
    const [eventMicros, createdMicros] = [keys.map(() => noon), keys.map(() => null)]
    await bench.store.write({ table, entityKeys: keys, values: [column], eventMicros, createdMicros })
    const cells = await bench.cells({ table, features: ['a'], entityKeys: keys })
    for (const [index, bytes] of column.entries()) assert.deepEqual(hex(cellBytes(cells, index, 0)), hex(bytes))
  },
}

const int32 = (value: number): EntityKeyValue => ({ kind: 'int32', value })
const int64 = (value: bigint): EntityKeyValue => ({ kind: 'int64', value })
const text = (value: string): EntityKeyValue => ({ kind: 'string', value })
const raw = (...value: readonly number[]): EntityKeyValue => ({ kind: 'bytes', value: Uint8Array.from(value) })

/** Alike in many ways: the same number in other types, the same text in other places, bytes that are no text. */
const manyKeys: readonly (readonly EntityKeyValue[])[] = [
  [int32(1), int64(1n), text('1')],
  [int64(1n), int32(1), text('1')],
  [text('1'), int64(1n), int32(1)],
  [int32(-1), int64(-1n), text('')],
  [int32(0x2a3f5b5c), int64(0x2a3f5b5c2a3f5b5cn), text('*?[\\')],
  [raw(0, 255, 42, 63, 91, 92), raw(), raw(0)],
  [raw(0, 255, 42, 63, 91, 92), raw(0), raw()],
  [text('a'), text('bc'), text('d')],
  [text('ab'), text('c'), text('d')],
  [text('A'), text('BC'), text('D')],
]

const ab = (value: string): { readonly values: readonly (readonly Uint8Array[])[] } => ({
  values: [[encodeValue(value, t.string)], [encodeValue(null, t.string)]],
})

const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('hex'))
