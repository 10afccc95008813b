/** Commands on their way to a server: arrays of values in RESP2, one behind the other in one buffer. */
export class CommandWriter {
  bytes: Buffer
  length = 0

  constructor(size = initialSize) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  /** Makes room for `more` bytes, so that what follows need not look. */
  reserve(more: number): void {
    const least = this.length + more
    if (least <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }

  /** A command of which all arguments are given. */
  command(values: readonly (string | Uint8Array)[]): void {
    this.begin(values.length)
    for (const value of values) this.value(value)
  }

  /** Opens a command of `count` values, its name included; the values follow. */
  begin(count: number): void {
    this.reserve(headerBytes)
    this.bytes[this.length++] = 42
    this.#number(count)
  }

  /** @param size how much of bytes is the value; by default all of it. */
  value(value: string | Uint8Array, size = value.length): void {
    if (typeof value === 'string') {
      const length = Buffer.byteLength(value)
      this.reserve(length + 2 * headerBytes)
      this.#header(length)
      this.length += this.bytes.write(value, this.length, length, 'utf8')
    } else {
      this.reserve(size + 2 * headerBytes)
      this.#header(size)
      this.#append(value, size)
    }
    this.#lineEnd()
  }

  /** A value of two parts that follow each other, such as a key and the name of its project. */
  joined(first: Uint8Array, second: Uint8Array): void {
    this.reserve(first.length + second.length + 2 * headerBytes)
    this.#header(first.length + second.length)
    this.#append(first, first.length)
    this.#append(second, second.length)
    this.#lineEnd()
  }

  /** Bytes that are RESP already. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.#append(bytes, bytes.length)
  }

  /** There must be room. Few bytes are faster copied one by one than by a call. */
  #append(value: Uint8Array, size: number): void {
    const { bytes } = this
    const at = this.length
    if (size <= 24) for (let i = 0; i < size; i++) bytes[at + i] = value[i] as number
    else bytes.set(size === value.length ? value : value.subarray(0, size), at)
    this.length = at + size
  }

  #header(length: number): void {
    this.bytes[this.length++] = 36
    this.#number(length)
  }

  #number(value: number): void {
    const { bytes } = this
    let at = this.length
    if (value < 10) {
      bytes[at++] = 48 + value
    } else if (value < 100) {
      bytes[at++] = 48 + ((value / 10) | 0)
      bytes[at++] = 48 + (value % 10)
    } else {
      at += bytes.write(String(value), at, 'latin1')
    }
    bytes[at++] = 13
    bytes[at++] = 10
    this.length = at
  }

  #lineEnd(): void {
    this.bytes[this.length++] = 13
    this.bytes[this.length++] = 10
  }
}

const initialSize = 16 * 1024
/** Sign, digits of a length, and the end of the line. */
const headerBytes = 16

/** The bytes of values that are sent often. */
export function encodedValues(values: readonly (string | Uint8Array)[]): Uint8Array {
  const writer = new CommandWriter(64)
  for (const value of values) writer.value(value)
  return new Uint8Array(writer.bytes.subarray(0, writer.length))
}
