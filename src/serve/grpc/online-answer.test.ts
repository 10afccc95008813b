import { fromBinary, toBinary, toJson } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CellBlock } from '../../plugin/online-cells.ts'
import { EntityColumn } from '../../store/entity-columns.ts'
import { fieldStatus, rowStatuses, type StatusRules } from '../../store/feature-status.ts'
import { OnlineResponse, type ResponseLayout, type StoredColumn } from '../../store/online-response.ts'
import { float64, int64, string, unixTimestamp } from '../../types/data-type.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { GetOnlineFeaturesResponseSchema } from '../../wire/gen/feast/serving/ServingService_pb.ts'
import { writeOnlineAnswer } from './online-answer.ts'

const rules: StatusRules = {
  staleValues: 'mark',
  ofNull: fieldStatus.NULL_VALUE,
  ofMissing: fieldStatus.NOT_FOUND,
  valuesAsStored: false,
}

interface Row {
  readonly seconds: number
  readonly micros: number
  readonly text: string | null
}

/** One view with two text features, the second always as the first. */
function columnsOf(
  rows: readonly (Row | null)[],
  oldest: number | null,
  change: Partial<StatusRules> = {},
): StoredColumn[] {
  const cells = new CellBlock(rows.length, 2)
  for (const [index, row] of rows.entries()) {
    if (row === null) continue
    cells.setEvent(index, row.seconds, row.micros)
    for (const feature of [0, 1]) cells.set(index, feature, encodeValue(row.text, string))
  }
  const applied = { ...rules, ...change }
  const statuses = rowStatuses(cells, oldest === null ? null : { seconds: oldest, micros: 0 }, applied)
  return [0, 1].map((feature) => ({
    kind: 'stored',
    name: `f${feature}`,
    type: string,
    cells,
    feature,
    slots: Uint32Array.from(rows.keys()),
    rowStatuses: statuses,
    rules: applied,
  }))
}

const layoutOf = (names: readonly string[]): ResponseLayout => ({ names, storedFor: names.map(() => null), views: [] })

function responseOf(columns: readonly StoredColumn[], rowCount: number): OnlineResponse {
  return new OnlineResponse(rowCount, layoutOf(columns.map(({ name }) => name)), columns)
}

const decoded = (bytes: Uint8Array): ReturnType<typeof fromBinary<typeof GetOnlineFeaturesResponseSchema>> =>
  fromBinary(GetOnlineFeaturesResponseSchema, bytes)

describe('writeOnlineAnswer', () => {
  test('writes the bytes that protobuf would write, for any cells and times', () => {
    const row = fc.record({
      seconds: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
      micros: fc.integer({ min: 0, max: 999_999 }),
      text: fc.option(fc.string({ unit: 'grapheme', maxLength: 200 })),
    })
    fc.assert(
      fc.property(fc.array(fc.option(row), { maxLength: 40 }), (rows) => {
        const bytes = writeOnlineAnswer(responseOf(columnsOf(rows, 0), rows.length), new Map(), false)
        const message = decoded(bytes)
        expect(Buffer.from(toBinary(GetOnlineFeaturesResponseSchema, message)).equals(bytes)).toBe(true)
        for (const vector of message.results) {
          expect(vector.values.map(({ val }) => val.value ?? null)).toEqual(rows.map((each) => each?.text ?? null))
          expect(vector.eventTimestamps.map(({ seconds, nanos }) => [seconds, nanos])).toEqual(
            rows.map((each) => [BigInt(each?.seconds ?? 0), (each?.micros ?? 0) * 1000]),
          )
          expect(vector.statuses).toEqual(
            rows.map((each) => {
              if (each === null) return fieldStatus.NOT_FOUND
              if (each.seconds < 0) return fieldStatus.OUTSIDE_MAX_AGE
              return each.text === null ? fieldStatus.NULL_VALUE : fieldStatus.PRESENT
            }),
          )
        }
      }),
      { numRuns: 200 },
    )
  })

  test('leaves out what is too old, where the deployment says so', () => {
    const old = { seconds: 10, micros: 0, text: 'x' }
    const [vector] = decoded(
      writeOnlineAnswer(responseOf(columnsOf([old], 20, { staleValues: 'drop' }), 1), new Map(), false),
    ).results
    expect(vector?.values.map(({ val }) => val.case)).toEqual([undefined])
    expect(vector?.statuses).toEqual([fieldStatus.OUTSIDE_MAX_AGE])
  })

  test('sends entity columns back as they came, and encodes what was computed', () => {
    const sentBody = Uint8Array.of(0x0a, 2, 0x18, 7)
    const response = new OnlineResponse(1, layoutOf(['id', 'price']), [
      new EntityColumn('id', int64, [7]),
      { kind: 'values', name: 'price', type: float64, values: [0.5], quick: [0.5], ofNull: fieldStatus.NULL_VALUE },
    ])
    const sent = new Map([
      ['id', { values: [7], body: sentBody }],
      ['price', { values: [1], body: sentBody }],
    ])
    expect(toJson(GetOnlineFeaturesResponseSchema, decoded(writeOnlineAnswer(response, sent, false)))).toEqual({
      metadata: { featureNames: { val: ['id', 'price'] } },
      results: [
        { values: [{ int32Val: 7 }], statuses: ['PRESENT'], eventTimestamps: ['1970-01-01T00:00:00Z'] },
        { values: [{ doubleVal: 0.5 }], statuses: ['PRESENT'], eventTimestamps: ['1970-01-01T00:00:00Z'] },
      ],
    })
  })

  test('answers null for the number that stands for a missing time, unless Feast’s answers are wanted', () => {
    const missing = Uint8Array.of(0x40, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)
    const cells = new CellBlock(1, 1)
    cells.setEvent(0, 1, 0)
    cells.set(0, 0, missing)
    const answer = (change: Partial<StatusRules>): unknown => {
      const applied = { ...rules, ...change }
      const column: StoredColumn = {
        kind: 'stored',
        name: 'at',
        type: unixTimestamp,
        cells,
        feature: 0,
        slots: Uint32Array.of(0),
        rowStatuses: rowStatuses(cells, null, applied),
        rules: applied,
      }
      const [vector] = decoded(writeOnlineAnswer(responseOf([column], 1), new Map(), false)).results
      return [vector?.values[0]?.val.value, vector?.statuses[0]]
    }
    expect(answer({})).toEqual([undefined, fieldStatus.NULL_VALUE])
    expect(answer({ ofNull: fieldStatus.PRESENT, valuesAsStored: true })).toEqual([-(2n ** 63n), fieldStatus.PRESENT])
  })

  test('names the views and their versions when asked, a version of 0 left out', () => {
    const views = [
      { name: 'stats', version: 0 },
      { name: 'größe', version: 300 },
    ]
    const response = new OnlineResponse(0, { ...layoutOf([]), views }, [])
    expect(toJson(GetOnlineFeaturesResponseSchema, decoded(writeOnlineAnswer(response, new Map(), true)))).toEqual({
      metadata: { featureNames: {}, featureViewMetadata: [{ name: 'stats' }, { name: 'größe', version: 300 }] },
    })
    expect(decoded(writeOnlineAnswer(response, new Map(), false)).metadata?.featureViewMetadata).toEqual([])
  })
})
