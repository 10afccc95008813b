import type { ScalarTypeName } from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'
import { boolOf, bytesOf, doubleOf, floatOf, int32Of, int64Of, secondsOf, textOf } from './value-leaf.ts'

type Encoder = (value: FeatureValue) => Uint8Array

const nothing = new Uint8Array(0)
const bufferBytes = new Uint8Array(16)
const buffer = new DataView(bufferBytes.buffer)
const utf8 = new TextEncoder()

const trueValue = Uint8Array.of(0x38, 1)
const falseValue = Uint8Array.of(0x38, 0)

/**
 * Encoders of the types that most features have, written out by hand: a materialization calls them once per cell. Each
 * gives the bytes of a `feast.types.Value` with its one field; null gives no bytes.
 */
export const scalarEncoders: { readonly [name in ScalarTypeName]?: Encoder } = {
  bytes: (value) => (value === null ? nothing : lengthDelimited(0x0a, bytesOf(value))),
  pdfBytes: (value) => (value === null ? nothing : lengthDelimited(0x0a, bytesOf(value))),
  imageBytes: (value) => (value === null ? nothing : lengthDelimited(0x0a, bytesOf(value))),
  string: (value) => (value === null ? nothing : text(0x12, value)),
  int32: (value) => (value === null ? nothing : int32(int32Of(value))),
  int64: (value) => (value === null ? nothing : int64(0x20, value)),
  float64: (value) => {
    if (value === null) return nothing
    buffer.setFloat64(1, typeof value === 'number' ? value : doubleOf(value), true)
    bufferBytes[0] = 0x29
    return bufferBytes.slice(0, 9)
  },
  float32: (value) => {
    if (value === null) return nothing
    buffer.setFloat32(1, floatOf(value), true)
    bufferBytes[0] = 0x35
    return bufferBytes.slice(0, 5)
  },
  bool: (value) => (value === null ? nothing : boolOf(value) ? trueValue : falseValue),
  unixTimestamp: (value) => (value === null ? nothing : int64(0x40, secondsOf(value))),
}

function int32(value: number): Uint8Array {
  // Negative numbers are sign-extended to 64 bits, as protobuf's int32 is.
  if (value < 0) return varint(0x18, value >>> 0, 0xffffffff)
  return varint(0x18, value, 0)
}

function int64(tag: number, value: FeatureValue): Uint8Array {
  const whole = int64Of(value)
  const small = Number(whole)
  if (small >= 0 && small <= 0xffffffff) return varint(tag, small, 0)
  buffer.setBigInt64(8, whole, true)
  return varint(tag, buffer.getUint32(8, true), buffer.getUint32(12, true))
}

/** The tag and a 64-bit varint given as two unsigned halves. */
function varint(tag: number, lowHalf: number, highHalf: number): Uint8Array {
  let [low, high] = [lowHalf, highHalf]
  bufferBytes[0] = tag
  let length = 1
  while (high !== 0 || low > 0x7f) {
    bufferBytes[length++] = (low & 0x7f) | 0x80
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  bufferBytes[length++] = low
  return bufferBytes.slice(0, length)
}

function text(tag: number, value: FeatureValue): Uint8Array {
  if (typeof value === 'string' && value.length < 64) {
    const short = shortAscii(tag, value)
    if (short !== undefined) return short
  }
  return lengthDelimited(tag, utf8.encode(textOf(value)))
}

function shortAscii(tag: number, value: string): Uint8Array | undefined {
  const bytes = new Uint8Array(value.length + 2)
  bytes[0] = tag
  bytes[1] = value.length
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code > 0x7f) return undefined
    bytes[i + 2] = code
  }
  return bytes
}

function lengthDelimited(tag: number, content: Uint8Array): Uint8Array {
  const head = varint(tag, content.length, 0)
  const bytes = new Uint8Array(head.length + content.length)
  bytes.set(head)
  bytes.set(content, head.length)
  return bytes
}
