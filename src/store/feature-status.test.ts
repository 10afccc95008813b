import { describe, expect, test } from 'vitest'
import { CellBlock } from '../plugin/online-cells.ts'
import { testConfig } from '../testing/store-options.ts'
import { cellStatus, fieldStatus, isNullCell, rowStatuses, showsValue, statusRules } from './feature-status.ts'

const capabilities = {
  keyTtl: false,
  transactionalBatches: true,
  versionedViews: true,
  vectorSearch: false,
  eventPrecisionMicros: 1n,
  createdTimestamps: true,
  oneRoundTrip: true,
  missingInFeast: 'PRESENT',
} as const

const present = Uint8Array.of(0x20, 0x07)

/** One row with a value, a stored null and nothing, with an event at second 100. */
function block(): CellBlock {
  const cells = new CellBlock(2, 3)
  cells.setEvent(0, 100, 5)
  cells.set(0, 0, present)
  cells.set(0, 1, new Uint8Array(0))
  return cells
}

const statusesOf = (config: Parameters<typeof testConfig>[0], oldest: { seconds: number; micros: number } | null) => {
  const rules = statusRules(testConfig(config), capabilities)
  const cells = block()
  const statuses = rowStatuses(cells, oldest, rules)
  const columns = [0, 1, 2].map((feature) => ({ cells, feature, rowStatuses: statuses, rules }))
  return {
    statuses: columns.flatMap((column) => [cellStatus(column, 0), cellStatus(column, 1)]),
    shown: columns.flatMap((column) => [showsValue(column, 0), showsValue(column, 1)]),
  }
}

const { PRESENT, NULL_VALUE, NOT_FOUND, OUTSIDE_MAX_AGE } = fieldStatus

describe('the status of a cell', () => {
  test('tells values, stored nulls and what is not there apart', () => {
    expect(statusesOf({}, null)).toEqual({
      statuses: [PRESENT, NOT_FOUND, NULL_VALUE, NOT_FOUND, NOT_FOUND, NOT_FOUND],
      shown: [true, false, true, false, false, false],
    })
  })

  test.each([
    [{ seconds: 100, micros: 5 }, PRESENT],
    [{ seconds: 100, micros: 6 }, OUTSIDE_MAX_AGE],
    [{ seconds: 99, micros: 999_999 }, PRESENT],
    [{ seconds: 101, micros: 0 }, OUTSIDE_MAX_AGE],
  ])('of an event at 100.000005 s when events from %o on count is %i', (oldest, status) => {
    expect(statusesOf({}, oldest).statuses[0]).toBe(status)
  })

  test('of an old value follows feature_server.stale_values', () => {
    const old = { seconds: 200, micros: 0 }
    const first = (stale_values: string) => {
      const { statuses, shown } = statusesOf({ featureServer: { stale_values } }, old)
      return [statuses[0], shown[0]]
    }
    expect(first('mark')).toEqual([OUTSIDE_MAX_AGE, true])
    expect(first('drop')).toEqual([OUTSIDE_MAX_AGE, false])
    expect(first('ignore')).toEqual([PRESENT, true])
  })

  test('is as in Feast with compatibility: feast, where a store has its own word for what is missing', () => {
    const { statuses } = statusesOf({ compatibility: 'feast' }, { seconds: 200, micros: 0 })
    expect(new Set(statuses)).toEqual(new Set([PRESENT]))
  })
})

test.each([
  ['', true],
  ['980100', true],
  ['4080808080808080808001', true],
  ['4081808080808080808001', false],
  ['2080808080808080808001', false],
  ['2000', false],
])('the stored bytes %s are null: %s', (hex, isNull) => {
  const bytes = Buffer.from(`ff${hex}`, 'hex')
  expect(isNullCell(bytes, 1, bytes.length)).toBe(isNull)
})
