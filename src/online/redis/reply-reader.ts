/**
 * Reading of RESP2, the protocol of Redis. Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
 *
 * A stream is read by trying: a function is given the bytes that have arrived and says where the reply ends, or that it
 * is not all there; then it is called again with more. Lengths stand before values, so trying again skips from value to
 * value and never looks at their bytes.
 */

/** The answer of a reader when the reply is not all there yet. */
export const incomplete = -1

/** An error as the server says it: `WRONGPASS invalid username-password pair …`. A value, because it is one reply of many. */
export class RedisErrorReply {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** The first word, such as `MOVED`. */
  get kind(): string {
    return this.text.split(' ', 1)[0] ?? ''
  }
}

export type RedisReply = string | number | Buffer | null | RedisErrorReply | readonly RedisReply[]

/** What came is not RESP, or not the answer that was asked for. Nothing that follows on the connection can be trusted. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

const [carriageReturn, lineFeed] = [13, 10]
const signs = { text: 43, error: 45, number: 58, bulk: 36, array: 42 } as const
/** Redis itself has 512 MB as its limit for a value; arrays of more elements than this are no answer to what we ask. */
const [mostBytes, mostElements] = [512 * 1024 * 1024, 64 * 1024 * 1024]
const longestLine = 64 * 1024
const deepest = 16

/** Where the reply ends that begins at `at`. The value is left in {@link ReplyReader.value}. */
export class ReplyReader {
  value: RedisReply = null

  read(bytes: Buffer, at: number, end: number): number {
    return this.#read(bytes, at, end, 0)
  }

  #read(bytes: Buffer, at: number, end: number, depth: number): number {
    if (at >= end) return incomplete
    const sign = bytes[at]
    const lineEnd = endOfLine(bytes, at + 1, end)
    // Said at once: a peer of another kind may never send the end of a line.
    if (!isSign(sign)) throw notRedis(bytes, at, end)
    if (lineEnd === incomplete) return incomplete
    const after = lineEnd + 2
    switch (sign) {
      case signs.text:
        this.value = bytes.toString('latin1', at + 1, lineEnd)
        return after
      case signs.error:
        this.value = new RedisErrorReply(bytes.toString('utf8', at + 1, lineEnd))
        return after
      case signs.number:
        this.value = wholeNumber(bytes, at + 1, lineEnd)
        return after
      case signs.bulk:
        return this.#bulk(bytes, after, end, wholeNumber(bytes, at + 1, lineEnd))
      default:
        return this.#array(bytes, after, end, wholeNumber(bytes, at + 1, lineEnd), depth)
    }
  }

  #bulk(bytes: Buffer, start: number, end: number, length: number): number {
    if (length < -1 || length > mostBytes) throw new ProtocolError(`a value of ${length} bytes was announced`)
    if (length === -1) {
      this.value = null
      return start
    }
    const stop = start + length
    if (stop + 2 > end) return incomplete
    if (bytes[stop] !== carriageReturn || bytes[stop + 1] !== lineFeed) throw unterminated(length)
    this.value = Buffer.from(bytes.subarray(start, stop))
    return stop + 2
  }

  #array(bytes: Buffer, start: number, end: number, count: number, depth: number): number {
    if (count < -1 || count > mostElements || depth > deepest) {
      throw new ProtocolError(`an array of ${count} elements was announced`)
    }
    if (count === -1) {
      this.value = null
      return start
    }
    const elements: RedisReply[] = []
    let at = start
    for (let i = 0; i < count; i++) {
      at = this.#read(bytes, at, end, depth + 1)
      if (at === incomplete) return incomplete
      elements.push(this.value)
    }
    this.value = elements
    return at
  }
}

const isSign = (byte: number | undefined): boolean =>
  byte === signs.bulk || byte === signs.array || byte === signs.text || byte === signs.error || byte === signs.number

function endOfLine(bytes: Buffer, at: number, end: number): number {
  const found = bytes.indexOf(carriageReturn, at)
  // The buffer holds older bytes beyond `end`.
  if (found !== -1 && found + 1 < end) {
    if (bytes[found + 1] !== lineFeed) throw new ProtocolError('a line ends without a line feed')
    return found
  }
  if (end - at > longestLine) throw new ProtocolError(`a line is longer than ${longestLine} bytes`)
  return incomplete
}

function wholeNumber(bytes: Buffer, at: number, end: number): number {
  let value = 0
  const negative = bytes[at] === 45
  const start = negative ? at + 1 : at
  if (start >= end) throw new ProtocolError('a number has no digits')
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 48
    if (digit < 0 || digit > 9) throw new ProtocolError(`"${bytes.toString('latin1', at, end)}" is not a number`)
    value = value * 10 + digit
  }
  return negative ? -value : value
}

function unterminated(length: number): ProtocolError {
  return new ProtocolError(`a value of ${length} bytes does not end where it should`)
}

function notRedis(bytes: Buffer, at: number, end: number): ProtocolError {
  const start = bytes.toString('latin1', at, Math.min(end, at + 16)).replace(/[^ -~]/g, '.')
  return new ProtocolError(`"${start}" is not the start of a Redis reply`)
}

/**
 * Where values of a row lie: cell `i` of the row is written to `starts[first + i]` and `ends[first + i]`. A value that
 * does not exist has -1 for both.
 */
export interface BulkTarget {
  readonly starts: Int32Array
  readonly ends: Int32Array
}

/**
 * Reads `count` values of an array without making an object for any; positions get `shift` added.
 * @returns where the last one ends, or {@link incomplete}.
 */
export function readBulks(
  bytes: Buffer,
  start: number,
  end: number,
  count: number,
  target: BulkTarget,
  first: number,
  shift: number,
): number {
  const { starts, ends } = target
  let at = start
  const last = first + count
  for (let cell = first; cell < last; cell++) {
    // The shortest value, `$0\r\n\r\n` or `$-1\r\n`, has more than four bytes.
    if (at + 4 >= end) return incomplete
    if (bytes[at] !== signs.bulk) throw new ProtocolError('an element of a row is not a value')
    let digit = bytes[at + 1] as number
    if (digit === 45) {
      if (bytes[at + 2] !== 49 || bytes[at + 3] !== carriageReturn) throw new ProtocolError('a length is below -1')
      starts[cell] = -1
      ends[cell] = -1
      at += 5
      continue
    }
    let length = digit - 48
    if (length < 0 || length > 9) throw new ProtocolError('a length is not a number')
    at += 2
    digit = bytes[at] as number
    while (digit !== carriageReturn) {
      if (digit < 48 || digit > 57 || length > mostBytes) throw new ProtocolError('a length is not a number')
      length = length * 10 + digit - 48
      if (++at >= end) return incomplete
      digit = bytes[at] as number
    }
    const from = at + 2
    const to = from + length
    if (to + 2 > end) return incomplete
    if (bytes[to] !== carriageReturn || bytes[to + 1] !== lineFeed) throw unterminated(length)
    starts[cell] = from + shift
    ends[cell] = to + shift
    at = to + 2
  }
  return at
}
