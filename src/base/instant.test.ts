import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Duration, days, Instant } from './instant.ts'

const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })

describe('an instant', () => {
  test('reads back from its own text, to the microsecond, from year 1 to 9999', () => {
    fc.assert(
      fc.property(micros, (value) => {
        expect(Instant.parse(Instant.fromEpochMicros(value).toString())?.epochMicros).toBe(value)
      }),
    )
  })

  test.each([
    ['2024-03-01', '2024-03-01T00:00:00Z'],
    ['2024-03-01 10:00', '2024-03-01T10:00:00Z'],
    ['2024-03-01T10:00:00', '2024-03-01T10:00:00Z'],
    ['2024-03-01T10:00:00.5', '2024-03-01T10:00:00.500Z'],
    ['2024-03-01T10:00:00.123456789Z', '2024-03-01T10:00:00.123456Z'],
    ['2024-03-01T10:00:00+02:00', '2024-03-01T08:00:00Z'],
    ['2024-03-01T10:00:00-0530', '2024-03-01T15:30:00Z'],
    ['2024-03-01 10:00:00+00', '2024-03-01T10:00:00Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
  ])('reads %s as %s: a time without a zone is UTC', (text, expected) => {
    expect(String(Instant.parse(text))).toBe(expected)
  })

  test.each([
    '',
    'now',
    '2024-02-30',
    '2024-13-01',
    '2024-03-01T24:00:00Z',
    '2024-03-01T10:61:00Z',
    '2024-03-01T10:00:00+24:00',
    '2024-03-01T10:00:00+01:60',
    '20240301',
  ])('does not read %j', (text) => {
    expect(Instant.parse(text)).toBeUndefined()
  })

  test('becomes a date by rounding down, before 1970 too', () => {
    expect(Instant.fromEpochMicros(-1n).toDate().getTime()).toBe(-1)
    expect(Instant.fromEpochMicros(1999n).toDate().getTime()).toBe(1)
  })
})

describe('a duration', () => {
  test.each([
    [days(1), '1 day, 0:00:00'],
    [days(-1), '-1 day, 0:00:00'],
    [Duration.fromSeconds(7200.5), '2:00:00.500000'],
    [Duration.fromMicros(-1n), '-1 day, 23:59:59.999999'],
    [Duration.fromSeconds(0), '0:00:00'],
  ])('prints as Python prints a timedelta', (duration, text) => {
    expect(String(duration)).toBe(text)
  })
})
