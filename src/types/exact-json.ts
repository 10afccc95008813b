import { isZoned, zonedText } from './zoned-time.ts'

/** What {@link parseExactJson} gives: JSON with `bigint` for the integers that a JavaScript number cannot hold. */
export type ExactJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly ExactJson[]
  | { readonly [name: string]: ExactJson }

const numbers = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const longDigits = /\d{16}/
/** More digits than any number has; JSON.parse makes them infinite, at no cost. */
const mostDigits = 320

/**
 * Reads JSON without losing digits: an integer beyond 2^53 becomes a `bigint`, every other number is as `JSON.parse`
 * gives it. Runs wherever `JSON` does: the client uses it in browsers as well.
 *
 * @throws SyntaxError for text that is not JSON
 */
export function parseExactJson(text: string): ExactJson {
  if (!longDigits.test(text)) return JSON.parse(text)
  const mark = unguessable()
  const readable = outsideOfStrings(text, (part) =>
    part.replace(numbers, (token) => {
      if (token.length > mostDigits || !/^-?\d{16,}$/.test(token) || Number.isSafeInteger(Number(token))) return token
      // Text that is no JSON, such as 007, must not become JSON here.
      return /^-?0./.test(token) ? token : `"${mark}${token}"`
    }),
  )
  if (readable === text) return JSON.parse(text)
  return JSON.parse(readable, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  )
}

/**
 * The text with `change` done to all that stands outside of strings and may have a long integer. It takes time in
 * proportion to the text, whatever that is: a pattern that skips strings would look for the end of each one again from
 * every quote of a string that has none.
 */
function outsideOfStrings(text: string, change: (part: string) => string): string {
  const parts: string[] = []
  let taken = 0
  for (let at = 0; at !== -1; ) {
    const quote = text.indexOf('"', at)
    const end = quote === -1 ? text.length : quote
    if (end - at >= 16) {
      const part = text.slice(at, end)
      if (longDigits.test(part)) {
        parts.push(text.slice(taken, at), change(part))
        taken = end
      }
    }
    at = quote === -1 ? -1 : endOfString(text, quote)
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(taken)
}

/** The place after the closing quote of a string; -1 when there is none, which JSON.parse will say. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0
    while (text[quote - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return quote + 1
  }
  return -1
}

/**
 * JSON text of a value with every digit of its `bigint`s. Times are written by their own `toJSON`, NaN and infinities as
 * the text that Feast reads and writes for them, zoned times as ISO 8601 with an offset, bytes as base64, sets as lists
 * and maps as objects; `undefined` members are left out.
 */
export function exactJsonText(value: unknown): string {
  const wholes: string[] = []
  const text = JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, name, part: unknown) {
    if (typeof part === 'number') return Number.isFinite(part) ? part : String(part)
    if (typeof part === 'object') return plainForm(this[name], part)
    if (typeof part !== 'bigint') return part
    wholes.push(part.toString())
    return writtenMark
  })
  let next = 0
  return wholes.length === 0 ? text : text.replaceAll(`"${writtenMark}"`, () => wholes[next++] ?? 'null')
}

/** @param given the object itself, which a `Buffer` is no more once its own `toJSON` was called. */
function plainForm(given: unknown, part: object | null): unknown {
  if (given instanceof Uint8Array) return btoa(Array.from(given, (byte) => String.fromCharCode(byte)).join(''))
  if (part instanceof Set) return [...part]
  if (isZoned(part)) return zonedText(part)
  return part instanceof Map ? Object.fromEntries(part) : part
}

/** Never shown to anybody, unlike the one of a text that is read, which the error of a broken text may quote. */
const writtenMark = unguessable()

/** Stands for an integer in text of others, who must not be able to write the same. */
function unguessable(): string {
  return `int${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}:`
}
