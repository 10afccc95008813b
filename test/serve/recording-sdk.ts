import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from '@opentelemetry/api'

const unparented = 'f'.repeat(32)

/** The least SDK: keeps what spans were told, and which one is active. */
export class RecordingSdk {
  readonly spans: {
    name: string
    parent: SpanContext | undefined
    attributes: object
    status: number
    ended: boolean
  }[] = []
  readonly #active = new AsyncLocalStorage<Context>()

  register(): void {
    context.setGlobalContextManager({
      active: () => this.#active.getStore() ?? ROOT_CONTEXT,
      with: (inside, work, self, ...args) => this.#active.run(inside, () => work.call(self as never, ...args)),
      bind: (_inside, target) => target,
      enable: () => context as never,
      disable: () => context as never,
    })
    propagation.setGlobalPropagator({
      inject: () => {},
      fields: () => ['traceparent'],
      extract: (inside, carrier) => {
        const [, trace_, parent] = String((carrier as { traceparent?: string }).traceparent).split('-')
        return trace.setSpanContext(inside, { traceId: trace_ ?? '', spanId: parent ?? '', traceFlags: 1 })
      },
    })
    trace.setGlobalTracerProvider({
      getTracer: () => ({
        startSpan: (name, _options, inside) => this.#start(name, trace.getSpanContext(inside ?? ROOT_CONTEXT)),
        startActiveSpan: (() => {}) as never,
      }),
    })
  }

  #start(name: string, parent: SpanContext | undefined): Span {
    const record = { name, parent, attributes: {} as Record<string, unknown>, status: 0, ended: false }
    const spanId = String(this.spans.push(record)).padStart(16, '0')
    const span = {
      spanContext: () => ({ traceId: parent?.traceId ?? unparented, spanId, traceFlags: 1 }),
      setAttribute: (key: string, value: unknown) => {
        record.attributes[key] = value
        return span
      },
      setStatus: ({ code }: { code: number }) => {
        record.status = code
        return span
      },
      end: () => {
        record.ended = true
      },
    }
    return span as unknown as Span
  }
}
