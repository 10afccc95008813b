import type { ExactJson } from '../types/exact-json.ts'

/** What {@link FeastClientError} says beside its message. */
export interface FeastClientErrorOptions {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /**
   * Of our server the error code, such as `FTS5020`; of Feast's the class, such as `PushSourceNotFoundException`;
   * `VALIDATION` for FastAPI's list of faults. Without an answer `NETWORK` or `TIMEOUT`. Otherwise `HTTP_` and the status.
   */
  readonly code: string
  /** The field of the request that is at fault, such as `df.rate[3]`. */
  readonly field?: string | undefined
  readonly hint?: string | undefined
  readonly notes?: readonly string[] | undefined
  /** What the server said, as JSON: a 409 names the `feature_views` that somebody is working on. */
  readonly answer?: ExactJson | undefined
  readonly cause?: unknown
}

/** A request that a feature server refused or did not answer. */
export class FeastClientError extends Error {
  override readonly name = 'FeastClientError'
  readonly status: number
  readonly code: string
  readonly field: string | undefined
  readonly hint: string | undefined
  readonly notes: readonly string[]
  readonly answer: ExactJson | undefined

  constructor(message: string, { status, code, field, hint, notes, answer, cause }: FeastClientErrorOptions) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = status
    this.code = code
    this.field = field
    this.hint = hint
    this.notes = notes ?? []
    this.answer = answer
  }
}

/**
 * The error of an answer: `{code, message, field, hint}` of our server, Feast's JSON text inside a JSON string, FastAPI's
 * `{detail}`, or any other text.
 */
export function errorOfAnswer(status: number, body: ExactJson | undefined, text: string): FeastClientError {
  const standard = `HTTP_${status}`
  const said = { status, answer: body }
  const inner = typeof body === 'string' ? jsonObject(body) : undefined
  if (inner !== undefined && typeof inner.class === 'string') {
    return new FeastClientError(textOf(inner.message, inner.class), { ...said, code: inner.class })
  }
  if (typeof body === 'string') return new FeastClientError(body, { ...said, code: standard })
  if (!isObject(body)) {
    const message = text.trim() === '' ? `The server answered with status ${status}.` : text.trim().slice(0, 500)
    return new FeastClientError(message, { ...said, code: standard })
  }
  if (typeof body.code === 'string') {
    return new FeastClientError(textOf(body.message, body.code), {
      ...said,
      code: body.code,
      field: optional(body.field),
      hint: optional(body.hint),
      notes: Array.isArray(body.notes) ? body.notes.map(String) : undefined,
    })
  }
  const [fault] = Array.isArray(body.detail) ? body.detail : []
  if (isObject(fault)) {
    // Where FastAPI found the fault: `["body", "df"]`.
    const place = Array.isArray(fault.loc) ? fault.loc.filter((part) => part !== 'body').join('.') : ''
    const message = [place, textOf(fault.msg, 'not valid')].filter(Boolean).join(': ')
    return new FeastClientError(message, { ...said, code: 'VALIDATION', field: place === '' ? undefined : place })
  }
  const message = textOf(body.detail ?? body.error, `The server answered with status ${status}.`)
  return new FeastClientError(message, { ...said, code: standard })
}

type JsonObject = { readonly [name: string]: ExactJson }

function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)
const optional = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
