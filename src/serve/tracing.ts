import type * as OpenTelemetry from '@opentelemetry/api'

/** Where the `@opentelemetry/api` of a program keeps what an SDK registered; there is nothing before. */
const registered = Symbol.for('opentelemetry.js.api.1')

type Api = typeof OpenTelemetry

/** Numbers of the API's enumerations, so that they are known without loading it. */
const serverKind = 1 satisfies OpenTelemetry.SpanKind.SERVER
const errorStatus = 2 satisfies OpenTelemetry.SpanStatusCode.ERROR

/** Where a span says how its request ended, and which numbers are the server's fault. Source: OpenTelemetry's conventions. */
const outcomes = {
  http: { attribute: 'http.response.status_code', isFault: (status: number) => status >= 500 },
  grpc: { attribute: 'rpc.grpc.status_code', isFault: (status: number) => [2, 4, 12, 13, 14, 15].includes(status) },
} as const

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
  /** `status` is the number of an HTTP status, or of a gRPC one. */
  end(status: number): void
}

/**
 * Spans of requests, when the program has registered an OpenTelemetry SDK. Without one nothing is loaded and a request
 * costs one look at a global.
 */
export class Tracing {
  #api: Api | undefined
  #loading: Promise<void> | undefined

  /** Whether there is an SDK that spans may be for. */
  get isOn(): boolean {
    return registered in globalThis
  }

  /** Starts the span of a request; undefined when nobody listens. The SDK is found with the second request at the latest. */
  start(
    name: string,
    headers: Readonly<Record<string, unknown>>,
    protocol: keyof typeof outcomes = 'http',
  ): RequestSpan | undefined {
    if (!this.isOn) return undefined
    if (this.#api === undefined) {
      this.#loading ??= this.load()
      return undefined
    }
    return startSpan(this.#api, name, headers, protocol)
  }

  /** Loads the API when an SDK is registered, so that the first request has a span too. */
  async load(): Promise<void> {
    if (this.isOn) this.#api = await import('@opentelemetry/api')
  }
}

function startSpan(
  api: Api,
  name: string,
  headers: Readonly<Record<string, unknown>>,
  protocol: keyof typeof outcomes,
): RequestSpan {
  const { attribute, isFault } = outcomes[protocol]
  const parent: OpenTelemetry.Context = api.propagation.extract(api.context.active(), headers)
  const tracer = api.trace.getTracer('feast-ts')
  const span: OpenTelemetry.Span = tracer.startSpan(name, { kind: serverKind }, parent)
  const inside = api.trace.setSpan(parent, span)
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    within: (work) => api.context.with(inside, work),
    end: (status) => {
      span.setAttribute(attribute, status)
      if (isFault(status)) span.setStatus({ code: errorStatus })
      span.end()
    },
  }
}
