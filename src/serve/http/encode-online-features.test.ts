import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Instant } from '../../base/instant.ts'
import { CellBlock } from '../../plugin/online-cells.ts'
import { EntityColumn } from '../../store/entity-columns.ts'
import { type FeatureStatus, fieldStatus, rowStatuses, type StatusRules } from '../../store/feature-status.ts'
import { OnlineResponse, type ResponseColumn } from '../../store/online-response.ts'
import { bool, type DataType, float32, float64, int64, string, unixTimestamp } from '../../types/data-type.ts'
import type { FeatureValue } from '../../types/feature-value.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { encodeOnlineFeatures } from './encode-online-features.ts'

const rules: StatusRules = {
  staleValues: 'mark',
  ofNull: fieldStatus.NULL_VALUE,
  ofMissing: fieldStatus.NOT_FOUND,
  valuesAsStored: false,
}

/** One view: for each key the event, in microseconds, and the values; undefined where nothing is stored. */
interface View {
  readonly types: readonly DataType[]
  readonly keys: readonly { readonly micros: bigint | null; readonly values: readonly (FeatureValue | undefined)[] }[]
  readonly slots: readonly number[]
  readonly rules?: Partial<StatusRules>
  readonly oldestSeconds?: number
}

function respond(view: View, before: readonly ResponseColumn[] = []): OnlineResponse {
  const cells = new CellBlock(view.keys.length, view.types.length)
  for (const [row, { micros, values }] of view.keys.entries()) {
    if (micros !== null) cells.setEventMicros(row, micros)
    for (const [feature, value] of values.entries()) {
      if (value !== undefined) cells.set(row, feature, encodeValue(value, view.types[feature] ?? int64))
    }
  }
  const ruled = { ...rules, ...view.rules }
  const oldest = view.oldestSeconds === undefined ? null : { seconds: view.oldestSeconds, micros: 0 }
  const statuses = rowStatuses(cells, oldest, ruled)
  const slots = Uint32Array.from(view.slots)
  const stored = view.types.map((type, feature): ResponseColumn => {
    return { kind: 'stored', name: `f${feature}`, type, cells, feature, slots, rowStatuses: statuses, rules: ruled }
  })
  const columns = [...before, ...stored]
  const layout = { names: columns.map((column) => column.name), views: [{ name: 'v', version: 0 }], storedFor: [] }
  return new OnlineResponse(view.slots.length, layout, columns)
}

interface Answer {
  readonly results: readonly {
    readonly values: readonly unknown[]
    readonly statuses: readonly FeatureStatus[]
    readonly event_timestamps: readonly string[]
  }[]
  readonly metadata: unknown
}

const answer = (response: OnlineResponse): Answer => JSON.parse(encodeOnlineFeatures(response).toString()) as Answer

const second = 1_000_000n
const noon = 1_709_294_400n * second

describe('a response as JSON', () => {
  test('has one element per column and in it one per row, entity columns first', () => {
    const keys = [
      { micros: noon, values: [7n, 0.5] },
      { micros: noon + 250_000n, values: [null, 1] },
      { micros: null, values: [undefined, undefined] },
    ]
    const ids = new EntityColumn('id', int64, [1, 2 ** 53 - 1, 3, 1])
    expect(
      encodeOnlineFeatures(respond({ types: [int64, float64], keys, slots: [0, 1, 2, 0] }, [ids])).toString(),
    ).toBe(
      '{"results":[' +
        '{"values":[1,9007199254740991,3,1],"statuses":["PRESENT","PRESENT","PRESENT","PRESENT"],"event_timestamps":["1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]},' +
        '{"values":[7,null,null,7],"statuses":["PRESENT","NULL_VALUE","NOT_FOUND","PRESENT"],"event_timestamps":["2024-03-01T12:00:00Z","2024-03-01T12:00:00.250Z","1970-01-01T00:00:00Z","2024-03-01T12:00:00Z"]},' +
        '{"values":[0.5,1.0,null,0.5],"statuses":["PRESENT","PRESENT","NOT_FOUND","PRESENT"],"event_timestamps":["2024-03-01T12:00:00Z","2024-03-01T12:00:00.250Z","1970-01-01T00:00:00Z","2024-03-01T12:00:00Z"]}' +
        '],"metadata":{"feature_names":["id","f0","f1"]}}',
    )
  })

  test('says the same as the response in process, for any values, rows and ages', () => {
    const cell = (value: fc.Arbitrary<FeatureValue>): fc.Arbitrary<FeatureValue | undefined> =>
      fc.oneof({ weight: 8, arbitrary: value }, fc.constant(null), fc.constant(undefined))
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
    const types = [int64, float64, float64, string, bool, unixTimestamp, float32]
    const seconds = fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n })
    const values = fc.tuple(
      cell(fc.maxSafeInteger().map(BigInt)),
      cell(finite),
      cell(fc.integer().map((whole) => whole / 1000)),
      cell(fc.string({ unit: 'grapheme' })),
      cell(fc.boolean()),
      cell(seconds.map((each) => Instant.fromEpochSeconds(each))),
      cell(fc.float({ noNaN: true, noDefaultInfinity: true })),
    )
    const micros = fc.tuple(seconds, fc.constantFrom(0n, 1n, 1000n, 250_000n, 999_999n)).map(([s, m]) => s * second + m)
    const key = fc.record({ micros: fc.option(micros), values })
    const view = fc.record({
      types: fc.constant(types),
      keys: fc.array(key, { minLength: 1, maxLength: 6 }),
      slots: fc.array(fc.nat({ max: 5 }), { maxLength: 24 }),
      oldestSeconds: fc.option(fc.integer({ min: -1e9, max: 4e9 }), { nil: undefined }),
      rules: fc.record({ staleValues: fc.constantFrom('mark', 'drop', 'ignore') }),
    })
    fc.assert(
      fc.property(view, ({ slots, oldestSeconds, ...rest }) => {
        const within = slots.map((slot) => slot % rest.keys.length)
        const response = respond({ ...rest, slots: within, ...(oldestSeconds !== undefined && { oldestSeconds }) })
        for (const [index, name] of response.names.entries()) {
          const result = answer(response).results[index]
          const plain = response.column(name).map((value) => {
            if (value instanceof Instant) return Number(value.epochMicros / second)
            return typeof value === 'bigint' || Object.is(value, -0) ? Number(value) + 0 : value
          })
          expect(result?.values.map((value) => (Object.is(value, -0) ? 0 : value))).toEqual(plain)
          expect(result?.statuses).toEqual(response.statuses(name))
          expect(result?.event_timestamps).toEqual(
            response.eventTimestamps(name).map((time) => time?.toString() ?? '1970-01-01T00:00:00Z'),
          )
        }
      }),
    )
  })

  test.each([
    ['mark', 5, 'OUTSIDE_MAX_AGE'],
    ['drop', null, 'OUTSIDE_MAX_AGE'],
    ['ignore', 5, 'PRESENT'],
  ] as const)('with stale_values: %s gives a value outside its ttl as %s, %s', (staleValues, value, status) => {
    const keys = [{ micros: noon, values: [5n] }]
    const oldestSeconds = Number(noon / second) + 1
    const response = respond({ types: [int64], keys, slots: [0], rules: { staleValues }, oldestSeconds })
    expect(answer(response).results[0]).toMatchObject({ values: [value], statuses: [status] })
    expect(response.column('f0')).toEqual([value === null ? null : 5n])
    expect(response.statuses('f0')).toEqual([status])
  })

  test('follows other rules for nulls and missing keys', () => {
    const keys = [
      { micros: noon, values: [null] },
      { micros: null, values: [undefined] },
    ]
    const lax = { ofNull: fieldStatus.PRESENT, ofMissing: fieldStatus.PRESENT }
    for (const slots of [[0], [1], [0, 1, 0]]) {
      const response = respond({ types: [int64], keys, slots, rules: lax })
      expect(answer(response).results[0]?.statuses).toEqual(slots.map(() => 'PRESENT'))
      expect(answer(response).results[0]?.values).toEqual(slots.map(() => null))
    }
  })

  test('lists the views when asked, with versions that are not zero', () => {
    const layout = {
      names: [],
      views: [
        { name: 'a', version: 0 },
        { name: 'b', version: 2 },
      ],
      storedFor: [],
    }
    expect(encodeOnlineFeatures(new OnlineResponse(0, layout, []), { viewMetadata: true }).toString()).toBe(
      '{"results":[],"metadata":{"feature_names":[],"feature_view_metadata":[{"name":"a"},{"name":"b","version":2}]}}',
    )
  })
})
