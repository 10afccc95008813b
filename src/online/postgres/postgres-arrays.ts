/**
 * Arrays as parameters in PostgreSQL's binary format: half the bytes of the text format for `bytea`, and nothing to
 * quote. Source: `array_send` of the server: dimensions, a flag for nulls, the element type, length, lower bound; then
 * each element with its length before it, or -1 for NULL.
 */

const headerLength = 20
const noBytes = new Uint8Array(0)
const oids = { bytea: 17, text: 25, float8: 701, timestamptz: 1184 } as const

/** Microseconds from 1970 to 2000, where PostgreSQL's times begin. */
export const postgresEpochMicros = 946_684_800_000_000n

export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  return arrayOf('bytea', values)
}

export function textArray(values: readonly (string | null)[]): Buffer {
  return arrayOf(
    'text',
    values.map((value) => (value === null ? null : Buffer.from(value))),
  )
}

/** @param micros microseconds of the Unix epoch. */
export function timestamptzArray(micros: readonly (bigint | null)[]): Buffer {
  return fixedArray('timestamptz', micros, (buffer, at, value) => {
    buffer.writeBigInt64BE(value - postgresEpochMicros, at)
  })
}

export function float8Array(values: readonly (number | null)[]): Buffer {
  return fixedArray('float8', values, (buffer, at, value) => {
    buffer.writeDoubleBE(value, at)
  })
}

function arrayOf(type: keyof typeof oids, values: readonly (Uint8Array | null)[]): Buffer {
  let length = headerLength
  for (const value of values) length += 4 + (value ?? noBytes).length
  const buffer = Buffer.allocUnsafe(length)
  writeHeader(buffer, type, values.length)
  let at = headerLength
  for (const value of values) {
    at = buffer.writeInt32BE(value === null ? -1 : value.length, at)
    if (value === null) continue
    buffer.set(value, at)
    at += value.length
  }
  return buffer
}

function fixedArray<T>(
  type: keyof typeof oids,
  values: readonly (T | null)[],
  write: (buffer: Buffer, at: number, value: T) => void,
): Buffer {
  const nulls = values.filter((value) => value === null).length
  const buffer = Buffer.allocUnsafe(headerLength + values.length * 12 - nulls * 8)
  writeHeader(buffer, type, values.length)
  let at = headerLength
  for (const value of values) {
    at = buffer.writeInt32BE(value === null ? -1 : 8, at)
    if (value === null) continue
    write(buffer, at, value)
    at += 8
  }
  return buffer
}

function writeHeader(buffer: Buffer, type: keyof typeof oids, length: number): void {
  buffer.writeInt32BE(1, 0)
  buffer.writeInt32BE(1, 4)
  buffer.writeInt32BE(oids[type], 8)
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16)
}
