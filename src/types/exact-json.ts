/** What {@link parseExactJson} gives: JSON with `bigint` for the integers that a JavaScript number cannot hold. */
export type ExactJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly ExactJson[]
  | { readonly [name: string]: ExactJson }

const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const longDigits = /\d{16}/

/**
 * Reads JSON without losing digits: an integer beyond 2^53 becomes a `bigint`, every other number is as `JSON.parse`
 * gives it. Runs wherever `JSON` does: the client uses it in browsers as well.
 *
 * @throws SyntaxError for text that is not JSON
 */
export function parseExactJson(text: string): ExactJson {
  if (!longDigits.test(text)) return JSON.parse(text)
  const mark = unguessable()
  let marked = false
  const readable = text.replace(tokens, (token) => {
    if (!/^-?\d{16,}$/.test(token) || Number.isSafeInteger(Number(token))) return token
    // Text that is no JSON, such as 007, must not become JSON here.
    if (/^-?0./.test(token)) return token
    marked = true
    return `"${mark}${token}"`
  })
  if (!marked) return JSON.parse(text)
  return JSON.parse(readable, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  )
}

/**
 * JSON text of a value with every digit of its `bigint`s. Times are written by their own `toJSON`, NaN and infinities as
 * the text that Feast reads and writes for them; `undefined` members are left out.
 */
export function exactJsonText(value: unknown): string {
  const wholes: string[] = []
  const mark = unguessable()
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'number' && !Number.isFinite(part)) return String(part)
    if (typeof part !== 'bigint') return part
    wholes.push(part.toString())
    return mark
  })
  let next = 0
  return wholes.length === 0 ? text : text.replaceAll(`"${mark}"`, () => wholes[next++] ?? 'null')
}

/** Stands for an integer in text of others, who must not be able to write the same. */
function unguessable(): string {
  return `int${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}:`
}
