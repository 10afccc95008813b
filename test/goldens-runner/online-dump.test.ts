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
