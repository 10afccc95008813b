import { unlessAborted } from '../base/unless-aborted.ts'
import { type ExactJson, parseExactJson } from '../types/exact-json.ts'
import { errorOfAnswer, FeastClientError } from './client-error.ts'

/** Headers of every request, or what gives them: a token may change. */
export type ClientHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>)

export interface TransportOptions {
  /** Where the server is, such as `http://127.0.0.1:6566`; a path in it is kept. */
  readonly url: string | URL
  readonly headers?: ClientHeaders | undefined
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined
  /** For each attempt, from the making of its headers to the end of the answer. Default 10 000; 0 for none. */
  readonly timeoutMs?: number | undefined
  /** How many times a read is tried again. Default 2. Writes never are. */
  readonly retries?: number | undefined
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string | undefined
  /** Whether it may be sent again when it is not known what became of it. */
  readonly repeatable: boolean
  readonly signal?: AbortSignal | undefined
  /** In place of the transport's. */
  readonly timeoutMs?: number | undefined
}

export interface HttpAnswer {
  readonly status: number
  /** Undefined when the body is empty. */
  readonly json: ExactJson | undefined
}

const worthRepeating: readonly number[] = [429, 502, 503, 504]
const firstWaitMs = 50
const mostWaitMs = 2000

/** Sends requests and reads their answers; a failed one is a {@link FeastClientError}, or the reason of its signal. */
export class HttpTransport {
  readonly #options: TransportOptions
  readonly #base: string

  constructor(options: TransportOptions) {
    this.#options = options
    this.#base = String(options.url).replace(/\/+$/, '')
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const most = request.repeatable ? (this.#options.retries ?? 2) : 0
    for (let attempt = 0; ; attempt += 1) {
      request.signal?.throwIfAborted()
      try {
        return await this.#once(request)
      } catch (error) {
        if (attempt >= most || !(error instanceof Failed)) throw error instanceof Failed ? error.error : error
        await pause(error.waitMs ?? backoffMs(attempt), request.signal)
      }
    }
  }

  async #once({ method, path, body, signal, timeoutMs }: HttpRequest): Promise<HttpAnswer> {
    const { headers, fetch: send = fetch } = this.#options
    const limit = timeoutMs ?? this.#options.timeoutMs ?? 10_000
    const timeout = limit > 0 ? AbortSignal.timeout(limit) : undefined
    const signals = [signal, timeout].filter((each) => each !== undefined)
    const either = signals.length > 1 ? AbortSignal.any(signals) : signals[0]
    let status: number
    let text: string
    let retryAfter: string | null
    let isSent = false
    try {
      const own = typeof headers === 'function' ? await unlessAborted(Promise.resolve(headers()), either) : headers
      isSent = true
      const response = await send(`${this.#base}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...own,
        },
        ...(body !== undefined && { body }),
        ...(either !== undefined && { signal: either }),
      })
      status = response.status
      text = await response.text()
      retryAfter = response.headers.get('retry-after')
    } catch (cause) {
      signal?.throwIfAborted()
      if (timeout?.aborted === true) {
        const what = isSent ? 'The server did not answer' : 'The headers of the request were not made'
        throw new Failed(new FeastClientError(`${what} within ${limit} ms.`, { status: 0, code: 'TIMEOUT', cause }))
      }
      if (!isSent) throw cause
      const message = `The server at ${originOf(this.#base)} cannot be reached.`
      throw new Failed(new FeastClientError(message, { status: 0, code: 'NETWORK', cause }))
    }
    const json = jsonOf(text)
    if (status >= 200 && status < 300) {
      if (json !== undefined || text === '') return { status, json }
      throw new FeastClientError('The answer is not JSON.', { status, code: 'BAD_ANSWER' })
    }
    const error = errorOfAnswer(status, json, text)
    throw worthRepeating.includes(status) ? new Failed(error, waitOf(retryAfter)) : error
  }
}

/** A failure that a repetition may cure. It never leaves this file. */
class Failed extends Error {
  readonly error: FeastClientError
  readonly waitMs: number | undefined

  constructor(error: FeastClientError, waitMs?: number) {
    super()
    this.error = error
    this.waitMs = waitMs
  }
}

/** Without the user and password that a URL may have. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'the given URL'
}

function jsonOf(text: string): ExactJson | undefined {
  if (text === '') return undefined
  try {
    return parseExactJson(text)
  } catch {
    return undefined
  }
}

function waitOf(retryAfter: string | null): number | undefined {
  const seconds = Number(retryAfter ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, mostWaitMs) : undefined
}

/** Twice as long from time to time, and by chance up to half less, so that many clients do not come back at once. */
function backoffMs(attempt: number): number {
  return Math.min(firstWaitMs * 2 ** attempt, mostWaitMs) * (1 - Math.random() / 2)
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
