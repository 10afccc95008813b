import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { Tracing, traceIdOf } from './tracing.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'
const spanId = '00f067aa0ba902b7'

describe('the trace of a request', () => {
  test.each([
    [`00-${traceId}-${parentId}-01`, traceId],
    [`cc-${traceId}-${parentId}-01-what-a-later-version-adds`, traceId],
    [`ff-${traceId}-${parentId}-01`, undefined],
    [`00-${'0'.repeat(32)}-${parentId}-01`, undefined],
    [`00-${traceId}-${'0'.repeat(16)}-01`, undefined],
    [`00-${traceId.toUpperCase()}-${parentId}-01`, undefined],
    ['', undefined],
  ])('of traceparent %j is %j', (header, id) => {
    expect(traceIdOf(header)).toBe(id)
  })

  test('of no header is unknown', () => {
    expect(traceIdOf(undefined)).toBeUndefined()
  })
})

/** The least SDK: keeps what spans were told, and which one is active. */
class RecordingSdk {
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
    this.spans.push(record)
    const span = {
      spanContext: () => ({ traceId: parent?.traceId ?? traceId, spanId, traceFlags: 1 }),
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

describe('spans', () => {
  afterEach(() => {
    trace.disable()
    context.disable()
    propagation.disable()
  })

  test('are children of the caller’s span, active for what is called inside, and end with the status', async () => {
    const sdk = new RecordingSdk()
    sdk.register()
    const tracing = new Tracing()
    await tracing.load()
    const span = tracing.start('POST /get-online-features', { traceparent: `00-${traceId}-${parentId}-01` })
    expect(span?.traceparent).toBe(`00-${traceId}-${spanId}-01`)
    let inside: string | undefined
    span?.within(() => {
      inside = trace.getActiveSpan()?.spanContext().spanId
    })
    expect(inside).toBe(spanId)
    span?.end(503)
    expect(sdk.spans).toEqual([
      {
        name: 'POST /get-online-features',
        parent: { traceId, spanId: parentId, traceFlags: 1 },
        attributes: { 'http.response.status_code': 503 },
        status: 2,
        ended: true,
      },
    ])
  })

  test('are not made while nobody listens', async () => {
    const tracing = new Tracing()
    await tracing.load()
    createContextKey('the API alone is no SDK')
    delete (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')]
    expect(tracing.start('GET /health', {})).toBeUndefined()
  })
})
