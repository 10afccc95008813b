import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'
import type { FeatureValue } from './feature-value.ts'
import { type LeafKind, missingTimeSeconds } from './value-cases.ts'

/** How one kind of scalar is written, read, and stood in for where protobuf has no null. */
export interface Leaf {
  /** Protobuf wire type: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
  readonly wire: 0 | 1 | 2 | 5
  readonly write: (writer: BinaryWriter, value: FeatureValue) => void
  readonly read: (reader: BinaryReader) => FeatureValue
  /** Writes what Feast puts in place of a null within a list. */
  readonly writeMissing: (writer: BinaryWriter) => void
}

export const leaves: Readonly<Record<LeafKind, Leaf>> = {
  bytes: {
    wire: 2,
    write: (writer, value) => writer.bytes(bytesOf(value)),
    read: (reader) => reader.bytes().slice(),
    writeMissing: (writer) => writer.uint32(0),
  },
  string: {
    wire: 2,
    write: (writer, value) => writer.string(textOf(value)),
    read: (reader) => reader.string(true),
    writeMissing: (writer) => writer.uint32(0),
  },
  int32: {
    wire: 0,
    write: (writer, value) => writer.int32(int32Of(value)),
    read: (reader) => reader.int32(),
    writeMissing: (writer) => writer.uint32(0),
  },
  int64: {
    wire: 0,
    write: (writer, value) => writer.int64(int64Of(value)),
    read: (reader) => BigInt(reader.int64()),
    writeMissing: (writer) => writer.uint32(0),
  },
  double: {
    wire: 1,
    write: (writer, value) => writer.double(doubleOf(value)),
    read: (reader) => reader.double(),
    writeMissing: (writer) => writer.double(0),
  },
  float: {
    wire: 5,
    write: (writer, value) => writer.float(floatOf(value)),
    read: (reader) => reader.float(),
    writeMissing: (writer) => writer.float(0),
  },
  bool: {
    wire: 0,
    write: (writer, value) => writer.bool(boolOf(value)),
    read: (reader) => reader.bool(),
    writeMissing: (writer) => writer.uint32(0),
  },
  time: {
    wire: 0,
    write: (writer, value) => writer.int64(secondsOf(value)),
    read: (reader) => instantOfSeconds(BigInt(reader.int64())),
    writeMissing: (writer) => writer.int64(missingTimeSeconds),
  },
}

export function bytesOf(value: FeatureValue): Uint8Array {
  return value instanceof Uint8Array ? value : misfit(value, 'bytes (Uint8Array)')
}

/** The text itself; a lone surrogate has no UTF-8 form and is refused. */
export function textOf(value: FeatureValue): string {
  return typeof value === 'string' && value.isWellFormed() ? value : misfit(value, 'well-formed text')
}

export function int32Of(value: FeatureValue): number {
  if (typeof value === 'number' && (value | 0) === value) return value
  return typeof value === 'bigint' && BigInt.asIntN(32, value) === value
    ? Number(value)
    : misfit(value, 'a whole number of 32 bits')
}

export function int64Of(value: FeatureValue): bigint {
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) return value
  return typeof value === 'number' && Number.isSafeInteger(value)
    ? BigInt(value)
    : misfit(value, 'a whole number of 64 bits (bigint)')
}

export function doubleOf(value: FeatureValue): number {
  if (typeof value === 'number') return value
  return typeof value === 'bigint' && BigInt(Number(value)) === value ? Number(value) : misfit(value, 'a number')
}

/** A number that a 32-bit float can stand for, if rounded; one beyond its range would turn into infinity. */
export function floatOf(value: FeatureValue): number {
  const number = doubleOf(value)
  if (Number.isFinite(number) && !Number.isFinite(Math.fround(number)))
    misfit(value, 'a number in the range of Float32')
  return number
}

export function boolOf(value: FeatureValue): boolean {
  return typeof value === 'boolean' ? value : misfit(value, 'true or false')
}

/** Whole seconds since 1970, cut toward zero as Feast does. */
export function secondsOf(value: FeatureValue): bigint {
  return value instanceof Instant ? value.epochMicros / 1_000_000n : misfit(value, 'a time (Instant)')
}

export function instantOfSeconds(seconds: bigint): Instant | null {
  return seconds === missingTimeSeconds ? null : Instant.fromEpochSeconds(seconds)
}

/** @throws FTS5081 always. */
export function misfit(value: unknown, expected: string): never {
  throw new FeatureStoreError('FTS5081', { message: `${describeValue(value)} is not ${expected}.` })
}

const longestShown = 80

/** A value as error messages show it, cut to a line. */
export function describeValue(value: unknown): string {
  const text = valueInWords(value)
  return text.length > longestShown ? `${text.slice(0, longestShown - 3)}…` : text
}

function valueInWords(value: unknown): string {
  if (value instanceof Uint8Array) return `Uint8Array(${value.length})`
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return JSON.stringify(value.slice(0, longestShown))
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))
  } catch {
    return 'an object that holds itself'
  }
}
