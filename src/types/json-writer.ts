import { isPlainFloat, jsonFloat } from './python-float.ts'

/** Up to this many characters are copied one by one; beyond, a call into native code is faster. */
const shortText = 32
const startBytes = 64 * 1024
/** A larger buffer is not kept for the next answer. */
const keptBytes = 1024 * 1024
/** From so many bytes on a buffer is lent. */
const lentBytes = 32 * 1024
/** So many buffers that came back wait for the next answers. */
const keptSpares = 16

/**
 * Writes JSON text into one buffer, which the next answer uses again: numbers and stored bytes get there without a
 * string for each. One at a time; {@link JsonWriter.take} or
 * {@link JsonWriter.lend} ends it.
 */
export class JsonWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(startBytes)
  #length = 0
  readonly #spare: Buffer[] = []

  /** Bytes written so far: a place for {@link repeat} and {@link cut}. */
  get length(): number {
    return this.#length
  }

  /** Takes back what was written since `length` was so. */
  cut(length: number): void {
    this.#length = length
  }

  /** Writes text of ASCII characters. */
  ascii(text: string): void {
    this.#reserve(text.length)
    if (text.length > shortText) {
      this.#length += this.#bytes.write(text, this.#length, 'latin1')
      return
    }
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length + i] = text.charCodeAt(i)
    this.#length += text.length
  }

  /** Writes any text. */
  text(text: string): void {
    this.#reserve(text.length * 3)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  /** Writes a byte of ASCII. */
  byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  /** Writes bytes of ASCII. */
  copy(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.#reserve(length)
    if (length > shortText) this.#bytes.set(bytes.subarray(start, end), this.#length)
    else for (let i = 0; i < length; i++) this.#bytes[this.#length + i] = bytes[start + i] ?? 0
    this.#length += length
  }

  /** Writes again what was written from `start` to `end`. */
  repeat(start: number, end: number): void {
    this.#reserve(end - start)
    this.#bytes.copyWithin(this.#length, start, end)
    this.#length += end - start
  }

  /** Writes a text of ASCII characters so many times, with commas between. */
  repeated(text: string, times: number): void {
    if (times === 0) return
    this.ascii(text)
    if (times === 1) return
    const start = this.#length
    this.byte(0x2c)
    this.ascii(text)
    const unit = this.#length - start
    let done = 1
    while (done < times - 1) {
      const more = Math.min(done, times - 1 - done)
      this.repeat(start, start + more * unit)
      done += more
    }
  }

  /** Writes the digits of a safe integer. */
  whole(value: number): void {
    if ((value | 0) !== value || value === -2147483648) {
      this.ascii(String(value))
      return
    }
    this.#reserve(11)
    let rest = value
    if (value < 0) {
      this.#bytes[this.#length++] = 0x2d
      rest = -value
    }
    let at = this.#length + digitsOf(rest)
    this.#length = at
    do {
      const tenth = (rest / 10) | 0
      this.#bytes[--at] = 0x30 + rest - tenth * 10
      rest = tenth
    } while (rest > 0)
  }

  /** Writes a float as Python does; see {@link jsonFloat}. */
  float(value: number): void {
    this.ascii(isPlainFloat(value) ? String(value) : jsonFloat(value))
  }

  /** What was written, in UTF-8, as bytes of their own. The writer begins anew. */
  take(): Buffer {
    const written = Buffer.from(this.#bytes.subarray(0, this.#length))
    this.#length = 0
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(startBytes)
    return written
  }

  /**
   * As {@link take}, but what is long is not copied: the buffer itself is lent, until {@link giveBack} or for ever.
   * New buffers of this size for every answer would keep the garbage collector busy.
   */
  lend(): Buffer {
    if (this.#length < lentBytes) return this.take()
    const written = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    this.#bytes = this.#spare.pop() ?? Buffer.allocUnsafeSlow(startBytes)
    return written
  }

  /** Takes a lent buffer back, to be written over: nobody may look at it any more. What was not lent is left alone. */
  giveBack(written: Buffer): void {
    const { length } = written
    if (length < lentBytes || this.#spare.length >= keptSpares) return
    const whole = Buffer.from(written.buffer)
    if (whole.length <= keptBytes) this.#spare.push(whole)
  }

  #reserve(length: number): void {
    const needed = this.#length + length
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

function digitsOf(value: number): number {
  if (value < 10) return 1
  if (value < 100) return 2
  if (value < 1000) return 3
  if (value < 10_000) return 4
  if (value < 100_000) return 5
  if (value < 1_000_000) return 6
  if (value < 10_000_000) return 7
  if (value < 100_000_000) return 8
  return value < 1_000_000_000 ? 9 : 10
}
