import type * as Library from '@grpc/grpc-js'
import type { Metadata } from '@grpc/grpc-js'
import { ReadTimings } from '../../store/read-timings.ts'
import { codedError } from '../http/http-answer.ts'
import type { AccessLog } from '../http/observe-requests.ts'
import { givenRequestId, requestIds } from '../request-ids.ts'
import type { ServingContext } from '../serving-context.ts'
import { type RequestSpan, Tracing, traceIdOf } from '../tracing.ts'
import { StatusError } from './grpc-errors.ts'

type Grpc = typeof Library

/** A client that sends this, with any value, is told in the trailer `server-timing` where the time of its call went. */
const explainKey = 'x-feast-explain'

/** One call, from its metadata to its status. */
export interface ObservedCall {
  /** Gets the time of the parts of the work, when somebody wants to know it. */
  readonly timings: ReadTimings | undefined
  /** Runs the work so that what it calls belongs to the span of the call. */
  within(work: () => void): void
  /** Says which trace and request the answer belongs to, and where its time went; undefined when nobody asked. */
  trailer(grpc: Grpc): Metadata | undefined
  /** Counts and logs the call. `status` is the number of its gRPC status, `error` what a call failed with. */
  end(status: number, error?: unknown): void
}

/** Counts every call, writes it to the access log, and gives it its place in a trace. */
export class CallObserver {
  readonly #context: ServingContext
  readonly #accessLog: AccessLog | null
  readonly #tracing = new Tracing()
  readonly #nextId = requestIds()

  constructor(context: ServingContext, accessLog: AccessLog | null) {
    this.#context = context
    this.#accessLog = accessLog
  }

  /** Finds the SDK for traces, so that the first call has a span too. */
  load(): Promise<void> {
    return this.#tracing.load()
  }

  /** The observer of one method, made once. */
  method(path: string): (metadata: Metadata) => ObservedCall {
    const { metrics, explain } = this.#context
    const counts = metrics.endpoint(path)
    return (metadata) => {
      const started = performance.now()
      const explained = explain || metadata.get(explainKey).length > 0
      const timings = explained || metrics.likeFeast ? new ReadTimings() : undefined
      const span = this.#tracing.isOn ? this.#tracing.start(path.slice(1), metadata.getMap(), 'grpc') : undefined
      return {
        timings,
        within: (work) => (span === undefined ? work() : span.within(work)),
        trailer: (grpc) => trailerOf(grpc, metadata, span, explained ? timings : undefined),
        end: (status, error) => {
          const millis = performance.now() - started
          counts.observe(status, millis / 1000)
          if (this.#accessLog !== null) {
            const requestId = givenRequestId(textOf(metadata, 'x-request-id')) ?? this.#nextId()
            const traceId = traceIdOf(span?.traceparent ?? textOf(metadata, 'traceparent'))
            const fault = error === undefined || error instanceof StatusError ? undefined : codedError(error)
            this.#accessLog({ requestId, method: 'gRPC', path, status, millis, traceId, fault })
          }
          span?.end(status)
        },
      }
    }
  }
}

function trailerOf(
  grpc: Grpc,
  metadata: Metadata,
  span: RequestSpan | undefined,
  timings: ReadTimings | undefined,
): Metadata | undefined {
  const given = textOf(metadata, 'traceparent')
  const traceparent = span?.traceparent ?? (traceIdOf(given) === undefined ? undefined : given)
  const requestId = givenRequestId(textOf(metadata, 'x-request-id'))
  if (traceparent === undefined && requestId === undefined && timings === undefined) return undefined
  const trailer = new grpc.Metadata()
  if (traceparent !== undefined) trailer.set('traceparent', traceparent)
  if (requestId !== undefined) trailer.set('x-request-id', requestId)
  if (timings !== undefined) trailer.set('server-timing', timings.serverTiming())
  return trailer
}

function textOf(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name)
  return typeof value === 'string' ? value : undefined
}
