import { create, toBinary } from '@bufbuild/protobuf'
import { TimestampSchema } from '@bufbuild/protobuf/wkt'
import { expect, it } from 'vitest'
import { encodeEventTime, readEventTime } from './event-time.ts'

const times: readonly bigint[] = [
  0n,
  1n,
  999_999n,
  1_000_000n,
  1_709_296_496_123_456n,
  253_402_300_799_999_999n,
  -1n,
  -1_000_000n,
  -62_135_596_800_000_000n,
  127_000_000n,
  128_000_000n,
  16_384_000_000n,
]

function read(bytes: Uint8Array): bigint | null {
  const time = { eventSeconds: new Float64Array(1), eventMicros: new Int32Array(1) }
  if (!readEventTime(bytes, 0, bytes.length, time, 0)) return null
  return BigInt(time.eventSeconds[0] ?? 0) * 1_000_000n + BigInt(time.eventMicros[0] ?? 0)
}

it.each(times)('%d microseconds are the bytes of a Timestamp, and come back', (micros) => {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const message = create(TimestampSchema, {
    seconds: (micros - fraction) / 1_000_000n,
    nanos: Number(fraction) * 1000,
  })
  const bytes = encodeEventTime(micros)
  expect(bytes).toEqual(toBinary(TimestampSchema, message))
  expect(read(bytes)).toBe(micros)
})

it.each([[[0x08]], [[0x08, 0x80]], [[0x1a, 0x00]], [[0x08, ...new Array<number>(10).fill(0xff), 0x01]]])(
  '%j is not an event time',
  (bytes) => {
    expect(read(new Uint8Array(bytes))).toBeNull()
  },
)
