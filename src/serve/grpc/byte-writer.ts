/** Parts of an array of bytes. */
export interface Ranges {
  readonly starts: Int32Array
  readonly sizes: Int32Array
}

/** Writes protobuf into a buffer of known length. Nothing is checked: who asks for a length keeps it. */
export class ByteWriter {
  readonly bytes: Buffer
  #at = 0

  constructor(length: number) {
    this.bytes = Buffer.allocUnsafe(length)
  }

  /** What has been written so far. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.#at)
  }

  byte(value: number): void {
    this.bytes[this.#at++] = value
  }

  /** Tag and length of a field that holds bytes. */
  head(tag: number, length: number): void {
    const { bytes } = this
    bytes[this.#at++] = tag
    let rest = length
    while (rest > 0x7f) {
      bytes[this.#at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[this.#at++] = rest
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this
    let at = this.#at
    this.#at += end - start
    // For a few bytes a call costs more than copying them.
    if (end - start > 32) bytes.set(source.subarray(start, end), at)
    else for (let from = start; from < end; from++) bytes[at++] = source[from] ?? 0
  }

  /**
   * Fields of one tag, each with bytes of `source`: number i has `sizes[first + i]` of them, from `starts[first + i]`.
   * What is here is done for every value of every answer.
   */
  fields(tag: number, source: Uint8Array, ranges: Ranges, first: number, count: number): void {
    const { bytes } = this
    const { starts, sizes } = ranges
    let at = this.#at
    for (let index = first; index < first + count; index++) {
      const size = sizes[index] ?? 0
      let from = starts[index] ?? 0
      if (size > 32) {
        this.#at = at
        this.head(tag, size)
        bytes.set(source.subarray(from, from + size), this.#at)
        at = this.#at + size
        continue
      }
      // For a few bytes a call costs more than copying them.
      bytes[at++] = tag
      bytes[at++] = size
      const end = at + size
      while (at < end) bytes[at++] = source[from++] as number
    }
    this.#at = at
  }

  /** A field that holds a `google.protobuf.Timestamp`; zeros are left out, as protobuf does. */
  timestamp(tag: number, seconds: number, nanos: number): void {
    const { bytes } = this
    const start = this.#at
    bytes[start] = tag
    this.#at = start + 2
    if (seconds !== 0) {
      this.byte(1 << 3)
      this.#varint(seconds)
    }
    if (nanos !== 0) {
      this.byte(2 << 3)
      this.#varint(nanos)
    }
    bytes[start + 1] = this.#at - start - 2
  }

  /** A whole number; negative ones are ten bytes. */
  #varint(value: number): void {
    const { bytes } = this
    let at = this.#at
    let rest = value
    if (value >= 0) {
      while (rest > 0x7f) {
        bytes[at++] = (rest % 0x80) | 0x80
        rest = Math.floor(rest / 0x80)
      }
      bytes[at++] = rest
    } else {
      let bits = BigInt.asUintN(64, BigInt(value))
      while (bits > 0x7fn) {
        bytes[at++] = Number(bits & 0x7fn) | 0x80
        bits >>= 7n
      }
      bytes[at++] = Number(bits)
    }
    this.#at = at
  }
}

export function varintLength(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}

/** Bytes of a text in UTF-8. */
export const textLength = (text: string): number => Buffer.byteLength(text)
