import { pythonFloat } from '../../types/python-float.ts'

/**
 * A value of JSON as Python sees it: integers, of any size, are `bigint` and apart from floats; names of an object keep
 * their order. Bytes come by gRPC only.
 */
export type PythonValue = null | boolean | bigint | number | string | Uint8Array | readonly PythonValue[] | PythonObject
export type PythonObject = ReadonlyMap<string, PythonValue>

/** Text that is not JSON: what is wrong in the words of Python's parser, and at which character, counted from 0. */
export class NotJson extends SyntaxError {
  readonly position: number

  constructor(fault: string, position: number) {
    super(fault)
    this.position = position
  }
}

export const isObject = (value: PythonValue | undefined): value is PythonObject => value instanceof Map
export const isList = (value: PythonValue | undefined): value is readonly PythonValue[] => Array.isArray(value)

/**
 * Reads JSON as Python's parser does: NaN and infinities are numbers, of equal names the last one counts. Feast's
 * answers to what is not JSON hold the fault and its position.
 * @throws NotJson; RangeError for what Python gives up on: nesting that is too deep, integers that are too long.
 */
export function parsePythonJson(text: string): PythonValue {
  return new Parser(text).whole()
}

const literals: readonly (readonly [string, PythonValue])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]
const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y
/** Python reads no integer with more, since the work grows with their square: `sys.int_info.default_max_str_digits`. */
const mostDigits = 4300
const blanks = /[ \t\n\r]*/y
const plainText = /[^"\\\p{Cc}\u{7f}]*/uy
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
const missingValue = 'Expecting value'
const missingComma = "Expecting ',' delimiter"

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): PythonValue {
    this.#skipBlanks()
    const value = this.#value()
    this.#skipBlanks()
    if (this.#at < this.#text.length) throw this.#fault('Extra data')
    return value
  }

  #value(): PythonValue {
    switch (this.#text[this.#at]) {
      case '"':
        return this.#string()
      case '{':
        return this.#object()
      case '[':
        return this.#list()
    }
    for (const [spelling, value] of literals) {
      if (!this.#text.startsWith(spelling, this.#at)) continue
      this.#at += spelling.length
      return value
    }
    number.lastIndex = this.#at
    const found = number.exec(this.#text)
    if (found === null) throw this.#fault(missingValue)
    this.#at += found[0].length
    if (found[1] !== undefined || found[2] !== undefined) return Number(found[0])
    if (found[0].replace('-', '').length > mostDigits) throw new RangeError(`an integer of ${found[0].length} digits`)
    return BigInt(found[0])
  }

  #object(): PythonObject {
    const members = new Map<string, PythonValue>()
    this.#at++
    this.#skipBlanks()
    if (this.#took('}')) return members
    for (;;) {
      if (this.#text[this.#at] !== '"') throw this.#fault('Expecting property name enclosed in double quotes')
      const name = this.#string()
      this.#skipBlanks()
      if (!this.#took(':')) throw this.#fault("Expecting ':' delimiter")
      this.#skipBlanks()
      members.set(name, this.#value())
      this.#skipBlanks()
      if (this.#took('}')) return members
      if (!this.#took(',')) throw this.#fault(missingComma)
      this.#skipBlanks()
    }
  }

  #list(): readonly PythonValue[] {
    const elements: PythonValue[] = []
    this.#at++
    this.#skipBlanks()
    if (this.#took(']')) return elements
    for (;;) {
      elements.push(this.#value())
      this.#skipBlanks()
      if (this.#took(']')) return elements
      if (!this.#took(',')) throw this.#fault(missingComma)
      this.#skipBlanks()
    }
  }

  #string(): string {
    const begin = this.#at++
    let read = ''
    for (;;) {
      plainText.lastIndex = this.#at
      read += plainText.exec(this.#text)?.[0] ?? ''
      this.#at = plainText.lastIndex
      const stop = this.#text[this.#at]
      if (stop === undefined) throw this.#fault('Unterminated string starting at', begin)
      if (stop === '"') {
        this.#at++
        return read
      }
      if (stop === '\\') read += this.#escape(begin)
      else if (stop < ' ') throw this.#fault('Invalid control character at')
      else {
        read += stop
        this.#at++
      }
    }
  }

  #escape(begin: number): string {
    const slash = this.#at
    const letter = this.#text[slash + 1]
    if (letter === undefined) throw this.#fault('Unterminated string starting at', begin)
    const plain = escapes[letter]
    if (plain !== undefined) {
      this.#at += 2
      return plain
    }
    if (letter !== 'u') throw this.#fault('Invalid \\escape', slash)
    const digits = this.#text.slice(slash + 2, slash + 6)
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#fault('Invalid \\uXXXX escape', slash + 1)
    this.#at += 6
    return String.fromCharCode(Number.parseInt(digits, 16))
  }

  #took(mark: string): boolean {
    if (this.#text[this.#at] !== mark) return false
    this.#at++
    return true
  }

  #skipBlanks(): void {
    blanks.lastIndex = this.#at
    blanks.exec(this.#text)
    this.#at = blanks.lastIndex
  }

  /** Python counts code points, JavaScript UTF-16 units. */
  #fault(fault: string, at = this.#at): NotJson {
    return new NotJson(fault, [...this.#text.slice(0, at)].length)
  }
}

/** Compact JSON text, as Feast's server writes it. @throws RangeError for NaN and infinities, which it refuses. */
export function compactJson(value: PythonValue): string {
  if (isList(value)) return `[${value.map(compactJson).join(',')}]`
  if (isObject(value)) {
    return `{${[...value].map(([name, part]) => `${JSON.stringify(name)}:${compactJson(part)}`).join(',')}}`
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError('NaN and infinities are not JSON')
    return pythonFloat(value)
  }
  if (value instanceof Uint8Array) throw new RangeError('bytes are not JSON')
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}

/** JSON text in the spacing of Python's `json.dumps`, characters beyond ASCII escaped. */
export function dumpedJson(value: PythonValue): string {
  if (isList(value)) return `[${value.map(dumpedJson).join(', ')}]`
  if (isObject(value)) {
    return `{${[...value].map(([name, part]) => `${asciiJson(name)}: ${dumpedJson(part)}`).join(', ')}}`
  }
  if (typeof value === 'string') return asciiJson(value)
  if (typeof value === 'number') return Number.isFinite(value) ? pythonFloat(value) : nonFiniteJson(value)
  if (value instanceof Uint8Array) throw new RangeError('bytes are not JSON')
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export const nonFiniteJson = (value: number): string =>
  Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
