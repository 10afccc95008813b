import { context, propagation, trace } from '@opentelemetry/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpApp } from '../../src/serve/http/http-server.ts'
import { RecordingSdk } from './recording-sdk.ts'
import { onDemand, RidesStore } from './rides-store.ts'

const sdk = new RecordingSdk()

beforeAll(() => sdk.register())

afterAll(() => {
  trace.disable()
  context.disable()
  propagation.disable()
})

test('with an OpenTelemetry SDK every request has a span, which is active while features are computed', async () => {
  await using rides = await RidesStore.open()
  const app = await httpApp({ store: rides.store })
  let active: string | undefined
  onDemand.called = () => {
    active = trace.getActiveSpan()?.spanContext().spanId
  }
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const payload = { features: ['fare:price'], entities: { driver_id: [1], distance: [2] } }
  const answer = await app.inject({
    method: 'POST',
    url: '/get-online-features',
    payload,
    headers: { traceparent },
  })
  expect(answer.statusCode).toBe(200)
  const spanId = '0000000000000001'
  expect(active).toBe(spanId)
  expect(answer.headers.traceparent).toBe(`00-${'a'.repeat(32)}-${spanId}-01`)
  expect(sdk.spans).toMatchObject([
    {
      name: 'POST /get-online-features',
      parent: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
      attributes: { 'http.response.status_code': 200 },
      ended: true,
    },
  ])
  await app.close()
})
