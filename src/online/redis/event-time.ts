import { floorDivide } from '../../base/instant.ts'

/**
 * Event times as the store keeps them: a serialised `google.protobuf.Timestamp`, so field 1 is seconds and field 2 is
 * nanoseconds, both varints and left out when 0. The epoch itself is an empty value.
 */

const [secondsTag, nanosTag] = [0x08, 0x10]

/** More than the longest event time has. */
export const longestEventTime = 24

/** The bytes of an event time given in microseconds of the epoch. */
export function encodeEventTime(epochMicros: bigint): Uint8Array {
  const bytes = new Uint8Array(longestEventTime)
  return bytes.subarray(0, writeEventTime(bytes, epochMicros))
}

/** Writes an event time to the start of `bytes`, and says where it ends. */
export function writeEventTime(bytes: Uint8Array, epochMicros: bigint): number {
  const exact = Number(epochMicros)
  const isSafe = Number.isSafeInteger(exact)
  const seconds = isSafe ? Math.floor(exact / 1e6) : Number(floorDivide(epochMicros, 1_000_000n))
  const micros = isSafe ? exact - seconds * 1e6 : Number(epochMicros - BigInt(seconds) * 1_000_000n)
  let at = 0
  if (seconds !== 0) {
    bytes[at++] = secondsTag
    at = writeVarint(bytes, at, seconds)
  }
  if (micros !== 0) {
    bytes[at++] = nanosTag
    at = writeVarint(bytes, at, micros * 1000)
  }
  return at
}

/** A negative number is written as 64 bits of its two's complement. */
function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start
  if (value < 0) {
    let rest = -value - 1
    for (let i = 0; i < 9; i++) {
      bytes[at++] = 128 + 127 - (rest % 128)
      rest = Math.floor(rest / 128)
    }
    bytes[at++] = 1
    return at
  }
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = 128 + (rest % 128)
  bytes[at++] = rest
  return at
}

/** The row of a block that an event time is read into. */
export interface EventTarget {
  readonly eventSeconds: Float64Array
  readonly eventMicros: Int32Array
}

/**
 * Reads an event time into a row of a block.
 * @returns false when the bytes are not those of a Timestamp.
 */
export function readEventTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: EventTarget,
  row: number,
): boolean {
  let seconds = 0
  let nanos = 0
  let at = start
  while (at < end) {
    const tag = bytes[at++]
    if (tag !== secondsTag && tag !== nanosTag) return false
    let value = 0
    let complement = 0
    let factor = 1
    let byte = 128
    for (let i = 0; byte >= 128; i++) {
      if (at >= end || i === 10) return false
      byte = bytes[at++] as number
      // The tenth byte holds the sign alone; the 63 bits before it are those of -value - 1, turned round.
      if (i === 9) value = -complement - 1
      else {
        value += (byte & 127) * factor
        complement += (127 - (byte & 127)) * factor
        factor *= 128
      }
    }
    if (tag === secondsTag) seconds = value
    else nanos = value
  }
  target.eventSeconds[row] = seconds
  target.eventMicros[row] = Math.trunc(nanos / 1000)
  return true
}

/** An event time in microseconds of the epoch; null when the bytes are not those of a Timestamp. */
export function eventMicrosOf(bytes: Uint8Array): bigint | null {
  const time = { eventSeconds: new Float64Array(1), eventMicros: new Int32Array(1) }
  if (!readEventTime(bytes, 0, bytes.length, time, 0)) return null
  return BigInt(time.eventSeconds[0] ?? 0) * 1_000_000n + BigInt(time.eventMicros[0] ?? 0)
}
