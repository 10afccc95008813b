import fc from 'fast-check'
import { expect, it } from 'vitest'
import { plainField } from '../../model/field.ts'
import { string } from '../../types/data-type.ts'
import { serializeEntityKey } from '../../types/entity-key.ts'
import {
  entityId,
  eventMicrosOfText,
  eventText,
  itemBytes,
  itemOf,
  merged,
  mostItemBytes,
  tableName,
} from './dynamodb-layout.ts'

const second = 1_000_000n
const years = { min: -62_135_596_800n * second, max: 253_402_300_800n * second - 1n }

it.each([
  [0n, '1970-01-01 00:00:00+00:00'],
  [1_704_067_200n * second, '2024-01-01 00:00:00+00:00'],
  [1_704_067_200n * second + 500_000n, '2024-01-01 00:00:00.500000+00:00'],
  [-1n, '1969-12-31 23:59:59.999999+00:00'],
  [years.min, '0001-01-01 00:00:00+00:00'],
  [years.max, '9999-12-31 23:59:59.999999+00:00'],
])('%d µs are %s, as Python prints them', (micros, text) => {
  expect(eventText(micros)).toBe(text)
})

it('times outside of the years of Python are refused', () => {
  for (const micros of [years.min - 1n, years.max + 1n]) {
    expect(() => eventText(micros)).toThrow(expect.objectContaining({ code: 'FTS5081' }))
  }
})

it('every time is read as it was written', () => {
  fc.assert(
    fc.property(fc.bigInt(years), (micros) => {
      expect(eventMicrosOfText(eventText(micros))).toBe(micros)
    }),
  )
})

it('a time that kept the offset it came with is read as the same instant', () => {
  const offset = fc.integer({ min: -86_399, max: 86_399 })
  const inner = fc.bigInt({ min: years.min + 90_000n * second, max: years.max - 90_000n * second })
  fc.assert(
    fc.property(inner, offset, fc.boolean(), (micros, seconds, isWhole) => {
      const offsetSeconds = isWhole ? seconds - (seconds % 60) : seconds
      const local = eventText(micros + BigInt(offsetSeconds) * second).slice(0, -6)
      expect(eventMicrosOfText(local + offsetText(offsetSeconds))).toBe(micros)
    }),
  )
})

/** As Python prints offsets: with seconds only when there are any. */
function offsetText(seconds: number): string {
  const of = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const size = Math.abs(seconds)
  const rest = size % 60 === 0 ? '' : `:${of(size % 60)}`
  return `${seconds < 0 ? '-' : '+'}${of(size / 3600)}:${of((size % 3600) / 60)}${rest}`
}

it('a time without an offset is UTC, and what is no time is none', () => {
  expect(eventMicrosOfText('2024-01-01 00:00:00.5')).toBe(1_704_067_200n * second + 500_000n)
  for (const text of ['', 'yesterday', '2024-13-01 00:00:00+00:00', '2024-01-01 25:00:00']) {
    expect(eventMicrosOfText(text), text).toBeUndefined()
  }
})

it('entity ids are those that Feast gives', () => {
  // Recorded: the key of the entity-less view global_stats.
  expect(entityId(serializeEntityKey(['__dummy_id'], [{ kind: 'string', value: '' }], 3))).toBe(
    'de92cd1db280c7aa956cd0b5fe07eb08',
  )
})

const table = { project: 'shop', view: 'goods', version: null, joinKeys: ['id'], features: [plainField('a', string)] }

it('tables are named by the template, versions in the part of the view', () => {
  expect(tableName('{project}.{table_name}', table)).toBe('shop.goods')
  expect(tableName('feast-{table_name}-{project}', { ...table, version: 3 })).toBe('feast-goods_v3-shop')
  expect(tableName('{project}.{table_name}', { ...table, version: 0 })).toBe('shop.goods')
})

it.each(['good s', 'gütér', 'a/b', 'x'.repeat(255)])('a view %j has no table', (view) => {
  expect(() => tableName('{project}.{table_name}', { ...table, view })).toThrow(
    expect.objectContaining({ code: 'FTS5027' }),
  )
})

it('an item holds bytes by feature, no bytes for a null, and no created time', () => {
  const value = Uint8Array.of(18, 1, 65)
  const batch = {
    table: { ...table, features: [plainField('a', string), plainField('__proto__', string)] },
    entityKeys: [Uint8Array.of(1)],
    values: [[value], [new Uint8Array(0)]],
    eventMicros: [0n],
    createdMicros: [5n],
  }
  const item = itemOf(batch, 0)
  expect(Object.keys(item)).toEqual(['entity_id', 'event_ts', 'values'])
  expect(Object.entries(item.values?.M ?? {})).toEqual([
    ['a', { B: value }],
    ['__proto__', { B: new Uint8Array(0) }],
  ])
  const older = { values: { M: { a: { B: Uint8Array.of(9) }, c: { B: Uint8Array.of(7) } } } }
  expect(merged(item, older).values?.M).toMatchObject({ a: { B: value }, c: { B: Uint8Array.of(7) } })
})

it('an item of the greatest size is counted as the service counts it, to a few bytes', () => {
  const empty = {
    table,
    entityKeys: [Uint8Array.of(1)],
    values: [[new Uint8Array(0)]],
    eventMicros: [1n],
    createdMicros: [null],
  }
  const overhead = itemBytes(itemOf(empty, 0))
  // 'entity_id' + 32, 'event_ts' + 32, 'values' + 3 + ('a' + 1)
  expect(overhead).toBe(9 + 32 + 8 + 32 + 6 + 3 + 2)
  expect(itemBytes(itemOf({ ...empty, values: [[new Uint8Array(1000)]] }, 0))).toBe(overhead + 1000)
  expect(mostItemBytes).toBe(409_600)
})
