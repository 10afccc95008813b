import { context, propagation, trace } from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { RecordingSdk } from '../../test/serve/recording-sdk.ts'
import { Tracing, traceIdOf } from './tracing.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'
const spanId = '0000000000000001'

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
    delete (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')]
    expect(tracing.start('GET /health', {})).toBeUndefined()
  })
})
