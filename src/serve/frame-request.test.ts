import { describe, expect, it } from 'vitest'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'
import type { ColumnUse } from '../store/written-columns.ts'
import { bytes, float64, int64, unixTimestamp } from '../types/data-type.ts'
import { frameOf, frameRows, inFrameTerms } from './frame-request.ts'

const uses: ReadonlyMap<string, ColumnUse> = new Map([
  ['at', { kind: 'rowTime' }],
  ['id', { kind: 'value', type: int64 }],
  ['rate', { kind: 'value', type: float64 }],
  ['photo', { kind: 'value', type: bytes }],
  ['seen', { kind: 'value', type: unixTimestamp }],
])

const rows = (df: unknown) => frameRows(frameOf(df), uses)
const time = (text: string) => Instant.parse(text)

describe('the rows of a frame', () => {
  it('have values of the types of their columns', () => {
    const df = {
      id: [1, 9007199254740993n, '3'],
      at: ['2024-03-01', '2024-03-01 12:00:00.123456', '2024-03-01T12:00:00+02:00'],
      rate: [1, 'NaN', null],
      photo: ['AQI=', '', null],
      seen: [1709294400, '2024-03-01T12:00:00Z', null],
    }
    expect(rows(df)).toEqual([
      {
        id: 1n,
        at: time('2024-03-01T00:00:00Z'),
        rate: 1,
        photo: new Uint8Array([1, 2]),
        seen: time('2024-03-01T12:00:00Z'),
      },
      {
        id: 9007199254740993n,
        at: time('2024-03-01T12:00:00.123456Z'),
        rate: Number.NaN,
        photo: new Uint8Array(),
        seen: time('2024-03-01T12:00:00Z'),
      },
      { id: 3n, at: time('2024-03-01T10:00:00Z'), rate: null, photo: null, seen: null },
    ])
  })

  it('keep columns of no known use as they are, whatever their names', () => {
    const df = JSON.parse('{"more": ["2024-03-01"], "__proto__": [7], "constructor": [8]}')
    expect(rows(df).map((row) => Object.entries(row))).toEqual([
      [
        ['more', '2024-03-01'],
        ['__proto__', 7],
        ['constructor', 8],
      ],
    ])
  })

  it('are none when there are no columns or no values', () => {
    expect([rows({}), rows({ id: [] })]).toEqual([[], []])
  })

  it.each([
    [{ at: [1717200000] }, 'df.at[0]', 'is the number 1717200000, whose unit nobody says'],
    [{ at: ['2024-03-01', 'noon'] }, 'df.at[1]', 'must be a time as ISO 8601 text; "noon" is not'],
    [{ at: [true] }, 'df.at[0]', 'must be a time'],
    [{ id: [1, 1.5] }, 'df.id[1]', 'must be Int64; 1.5 is not'],
    [{ photo: ['#'] }, 'df.photo[0]', 'must be Bytes; "#" is not'],
  ])('are refused when they are not: %j', (df, field, words) => {
    expect(() => rows(df)).toThrow(
      expect.objectContaining({ code: 'FTS5022', field, message: expect.stringContaining(words) }),
    )
  })
})

it.each([
  ['rows[3].rate', 'df.rate[3]'],
  ['rows[0].a.b', 'df.a.b[0]'],
  ['rows', 'df'],
  ['source', 'push_source_name'],
  ['to', 'to'],
])('an error at %s of the rows is one at %s of the request', (field, inFrame) => {
  const error = new FeatureStoreError('FTS5021', { message: 'm', field, notes: ['n'] })
  expect(inFrameTerms(error)).toMatchObject({ code: 'FTS5021', message: 'm', field: inFrame, notes: ['n'] })
})
