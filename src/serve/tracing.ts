import type { Context, Span, SpanKind, SpanStatusCode } from '@opentelemetry/api'

/** Where the `@opentelemetry/api` of a program keeps what an SDK registered; there is nothing before. */
const registered = Symbol.for('opentelemetry.js.api.1')

type Api = typeof import('@opentelemetry/api')

/** Numbers of the API's enumerations, so that they are known without loading it. */
const serverKind = 1 satisfies SpanKind.SERVER
const errorStatus = 2 satisfies SpanStatusCode.ERROR

/** The part of a `traceparent` header that names the trace. Source: W3C Trace Context, version 00. */
const traceparentForm = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/

/** The trace that a request belongs to; undefined when its header does not say so in the way of the standard. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent === undefined ? undefined : traceparentForm.exec(traceparent)?.[1]
}

export interface RequestSpan {
  /** The `traceparent` of this span, for the answer. */
  readonly traceparent: string
  /** Runs something so that what it calls belongs to this span. */
  within(work: () => void): void
  end(status: number): void
}

/**
 * Spans of requests, when the program has registered an OpenTelemetry SDK. Without one nothing is loaded and a request
 * costs one look at a global.
 */
export class Tracing {
  #api: Api | undefined
  #loading: Promise<void> | undefined

  /** Starts the span of a request; undefined when nobody listens. The SDK is found with the second request at the latest. */
  start(name: string, headers: Readonly<Record<string, unknown>>): RequestSpan | undefined {
    if (!(registered in globalThis)) return undefined
    if (this.#api === undefined) {
      this.#loading ??= this.load()
      return undefined
    }
    return startSpan(this.#api, name, headers)
  }

  /** Loads the API when an SDK is registered, so that the first request has a span too. */
  async load(): Promise<void> {
    if (registered in globalThis) this.#api = await import('@opentelemetry/api')
  }
}

function startSpan(api: Api, name: string, headers: Readonly<Record<string, unknown>>): RequestSpan {
  const parent: Context = api.propagation.extract(api.context.active(), headers)
  const tracer = api.trace.getTracer('feast-ts')
  const span: Span = tracer.startSpan(name, { kind: serverKind }, parent)
  const inside = api.trace.setSpan(parent, span)
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    within: (work) => api.context.with(inside, work),
    end: (status) => {
      span.setAttribute('http.response.status_code', status)
      if (status >= 500) span.setStatus({ code: errorStatus })
      span.end()
    },
  }
}
