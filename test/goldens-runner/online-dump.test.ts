import { expect, test } from 'vitest'
import { onlineRowText } from './online-dump.ts'

const row = (key: unknown, value: unknown): Parameters<typeof onlineRowText>[0] => ({
  view: 'blobs',
  entity_key: { blob: { type: 'bytes_val', value: key } },
  feature: 'content',
  value_type: 'bytes_list_val',
  value,
  event_ts: '2024-03-01T12:00:00Z',
  created_ts: null,
})

test('bytes that were recorded in base64 are the bytes that were read, in keys and in lists', () => {
  const recorded = onlineRowText(row({ base64: 'AP8=' }, [{ base64: 'AQ==' }]), false)
  expect(recorded).toBe(onlineRowText(row(Uint8Array.of(0, 255), [Uint8Array.of(1)]), false))
  expect(recorded).not.toBe(onlineRowText(row(Uint8Array.of(0, 254), [Uint8Array.of(1)]), false))
})

test('numbers that JSON has no way to write were recorded as text', () => {
  const number = (value: unknown, kind = 'double_val'): string =>
    onlineRowText({ ...row('k', value), value_type: kind }, false)
  expect(number('-Infinity')).toBe(number(Number.NEGATIVE_INFINITY))
  expect(number('-Infinity')).not.toBe(number(Number.POSITIVE_INFINITY))
  expect(number([1, 'Infinity'], 'float_list_val')).toBe(number([1, Number.POSITIVE_INFINITY], 'float_list_val'))
})

test('the number that Feast writes for a missing time is nothing, and another number is a time', () => {
  const time = (value: unknown, kind: string | null = 'unix_timestamp_val'): string =>
    onlineRowText({ ...row('k', value), value_type: kind }, false)
  expect(time(-9223372036854775808n)).toBe(time(null, null))
  expect(time(-9223372036854775807n)).not.toBe(time(null, null))
})
