import type { FastifyInstance, FastifyReply, FastifyRequest, onResponseHookHandler } from 'fastify'
import type { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { EndpointMetrics } from '../metrics/serving-metrics.ts'
import type { ServingContext } from '../serving-context.ts'
import { type RequestSpan, Tracing, traceIdOf } from '../tracing.ts'

/** What is known of a request when its answer was sent. */
export interface AccessEntry {
  readonly requestId: string
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly status: number
  readonly millis: number
  readonly traceId: string | undefined
  /** Of a request that failed. */
  readonly fault?: FeatureStoreError | undefined
}

export type AccessLog = (entry: AccessEntry) => void

/** What went wrong with requests that are being answered. */
const faults = new WeakMap<FastifyRequest, FeatureStoreError>()

/** Notes for the access log why a request fails. */
export function noteFault(request: FastifyRequest, error: FeatureStoreError): void {
  faults.set(request, error)
}

/** Spans of requests that are being answered. */
const spans = new WeakMap<FastifyRequest, RequestSpan>()

/**
 * Counts every request, writes it to the access log, gives it its id and its place in a trace. Must be called before
 * routes are registered.
 */
export function observeRequests(app: FastifyInstance, context: ServingContext, accessLog: AccessLog | null): void {
  const { metrics } = context
  const tracing = new Tracing()
  app.addHook('onReady', () => tracing.load())
  app.addHook('onRequest', (request, reply, done) => {
    const { headers } = request.raw
    reply.header('x-request-id', request.id)
    if (context.draining) reply.header('connection', 'close')
    const span = tracing.isOn ? tracing.start(nameOf(request), headers) : undefined
    if (span === undefined) {
      if (traceIdOf(headerOf(headers.traceparent)) !== undefined) reply.header('traceparent', headers.traceparent)
      return done()
    }
    spans.set(request, span)
    reply.header('traceparent', span.traceparent)
    done()
  })
  // Not earlier: the body arrives outside of what was active before it.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request)
    if (span === undefined) done()
    else span.within(done)
  })
  app.addHook('onRoute', (route) => {
    // HEAD comes with each GET, with its hooks.
    if (route.method === 'HEAD') return
    const observe = observer(metrics.endpoint(route.url), accessLog)
    route.onResponse = [...[route.onResponse ?? []].flat(), observe]
  })
  const observeOther = observer(metrics.endpoint('other'), accessLog)
  app.addHook('onResponse', (request, reply, done) => {
    // Routes have an observer of their own, made when they were registered.
    if (request.is404) return observeOther.call(app, request, reply, done)
    done()
  })
}

function observer(endpoint: EndpointMetrics, accessLog: AccessLog | null): onResponseHookHandler {
  return (request, reply, done) => {
    const millis = reply.elapsedTime
    endpoint.observe(reply.statusCode, millis / 1000)
    if (accessLog !== null) accessLog(entryOf(request, reply, millis))
    spans.get(request)?.end(reply.statusCode)
    done()
  }
}

function entryOf(request: FastifyRequest, reply: FastifyReply, millis: number): AccessEntry {
  const { method = '', url = '', headers } = request.raw
  const traceparent = spans.get(request)?.traceparent ?? headerOf(headers.traceparent)
  const status = reply.statusCode
  const fault = status < 400 ? undefined : faults.get(request)
  return { requestId: request.id, method, path: url, status, millis, traceId: traceIdOf(traceparent), fault }
}

const nameOf = (request: FastifyRequest): string => `${request.method} ${request.routeOptions.url ?? 'other'}`

const headerOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined
