import { isUtf8 } from 'node:buffer'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { parseExactJson } from '../../types/exact-json.ts'

/**
 * The JSON object of a request's body, whatever its content type says. Integers beyond 2^53 are `bigint`.
 * @throws FTS7001
 */
export function jsonBody(body: unknown): Readonly<Record<string, unknown>> {
  const text = bodyText(body)
  // Text that is not UTF-8 would be another text from here on: a key that nobody sent.
  if (text.includes('\ufffd') && !isUtf8(body as Uint8Array)) throw notText(body as Uint8Array)
  let value: unknown
  try {
    value = parseExactJson(text)
  } catch (cause) {
    const fault = cause instanceof Error ? cause.message : String(cause)
    throw new FeatureStoreError('FTS7001', { message: `The body of the request is not JSON: ${fault}.`, cause })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`
  throw new FeatureStoreError('FTS7001', { message: `The body of the request must be a JSON object, not ${found}.` })
}

/** The text of a request's body. @throws FTS7001 when there is none. */
export function bodyText(body: unknown): string {
  if (body instanceof Uint8Array && body.length > 0) {
    return Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8')
  }
  throw new FeatureStoreError('FTS7001', { message: 'The request has no body.' })
}

function notText([first, second]: Uint8Array): FeatureStoreError {
  const isGzip = first === 0x1f && second === 0x8b
  const fault = isGzip ? 'is compressed, which the server does not take' : 'is not UTF-8'
  return new FeatureStoreError('FTS7001', { message: `The body of the request ${fault}.` })
}
