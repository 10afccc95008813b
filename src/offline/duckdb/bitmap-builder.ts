import type { Vector } from '@duckdb/node-bindings'
import type { Bindings } from './duckdb-driver.ts'

/** Bits per row, lowest first: Arrow's and DuckDB's way to tell the rows that have a value. */
export class BitmapBuilder {
  readonly #bindings: Bindings
  #bits: Uint8Array<ArrayBuffer> | null = null
  #length = 0
  #nulls = 0
  #last: Uint8Array | null = null
  #lastOffset = 0

  constructor(bindings: Bindings) {
    this.#bindings = bindings
  }

  /** Adds the validity of `count` rows of a vector from row `offset`. */
  append(vector: Vector, offset: number, count: number): void {
    const words = Math.ceil((offset + count) / 64)
    // Null when every row has a value, whatever the type says.
    const source: Uint8Array | null = this.#bindings.vector_get_validity(vector, words * 8)
    this.#last = source
    this.#lastOffset = offset
    if (source === null) this.#appendOnes(count)
    else this.#appendBits(source, offset, count)
  }

  /** Whether a row of the latest {@link append} has a value; rows count from 0. */
  isValid(row: number): boolean {
    return this.#last === null || bitAt(this.#last, this.#lastOffset + row)
  }

  /** Adds a bit for each byte: set unless the byte is 0. */
  appendBytes(source: Uint8Array, count: number): void {
    const bits = this.#room(count)
    for (let row = 0; row < count; row++) if (source[row] !== 0) setBit(bits, this.#length + row)
    this.#length += count
  }

  /** The validity so far; no bitmap when there is no null. Starts anew. */
  take(): { readonly length: number; readonly nullCount: number; readonly nullBitmap: Uint8Array<ArrayBuffer> | null } {
    const taken = { length: this.#length, nullCount: this.#nulls, nullBitmap: this.#nulls === 0 ? null : this.#bits }
    this.#reset()
    return taken
  }

  /** The bits so far. Starts anew. */
  takeBits(): Uint8Array<ArrayBuffer> {
    const taken = this.#room(0)
    this.#reset()
    return taken
  }

  #reset(): void {
    this.#bits = null
    this.#length = 0
    this.#nulls = 0
    this.#last = null
  }

  #appendOnes(count: number): void {
    if (this.#bits !== null) fillOnes(this.#room(count), this.#length, count)
    this.#length += count
  }

  #appendBits(source: Uint8Array, offset: number, count: number): void {
    const bits = this.#room(count)
    if (offset % 8 === 0 && this.#length % 8 === 0) {
      bits.set(source.subarray(offset / 8, Math.ceil((offset + count) / 8)), this.#length / 8)
      // Bits beyond the last row are not ours and would be taken for later rows.
      if (count % 8 !== 0) {
        const last = (this.#length + count) >> 3
        bits[last] = (bits[last] ?? 0) & ((1 << (count % 8)) - 1)
      }
    } else {
      for (let row = 0; row < count; row++) if (bitAt(source, offset + row)) setBit(bits, this.#length + row)
    }
    this.#nulls += count - countOnes(bits, this.#length, count)
    this.#length += count
  }

  /** The bitmap with room for `count` more bits, all earlier rows set when it is made now. */
  #room(count: number): Uint8Array<ArrayBuffer> {
    const bytes = Math.ceil((this.#length + count) / 8)
    if (this.#bits !== null && this.#bits.length >= bytes) return this.#bits
    const grown = new Uint8Array(Math.max(bytes, (this.#bits?.length ?? 256) * 2))
    if (this.#bits === null) fillOnes(grown, 0, this.#length)
    else grown.set(this.#bits)
    this.#bits = grown
    return grown
  }
}

const bitAt = (bits: Uint8Array, index: number): boolean => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0

function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
}

function fillOnes(bits: Uint8Array, start: number, count: number): void {
  let index = start
  const end = start + count
  while (index < end && index % 8 !== 0) setBit(bits, index++)
  if (end - index >= 8) bits.fill(0xff, index >> 3, end >> 3)
  for (index = Math.max(index, end - (end % 8)); index < end; index++) setBit(bits, index)
}

const onesOfByte = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

function countOnes(bits: Uint8Array, start: number, count: number): number {
  let ones = 0
  let index = start
  const end = start + count
  while (index < end && index % 8 !== 0) ones += bitAt(bits, index++) ? 1 : 0
  for (; index + 8 <= end; index += 8) ones += onesOfByte[bits[index >> 3] ?? 0] ?? 0
  while (index < end) ones += bitAt(bits, index++) ? 1 : 0
  return ones
}
