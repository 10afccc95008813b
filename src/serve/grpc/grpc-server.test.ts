import { fromBinary } from '@bufbuild/protobuf'
import grpc from '@grpc/grpc-js'
import { type Tracer, trace } from '@opentelemetry/api'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  features,
  int64s,
  listen,
  type OnlineRequest,
  requestBytes,
  type ServedDrivers,
  servedDrivers,
  serving,
} from '../../../test/grpc/served-drivers.ts'
import { TestClient } from '../../../test/grpc/test-client.ts'
import type { FeatureStore } from '../../store/feature-store.ts'
import { GetFeastServingInfoResponseSchema } from '../../wire/gen/feast/serving/ServingService_pb.ts'
import type { AccessEntry } from '../http/observe-requests.ts'
import { RequestGate } from '../limits.ts'
import { ServingMetrics } from '../metrics/serving-metrics.ts'
import { defaultLimits } from '../serving-settings.ts'
import { startGrpcServer } from './grpc-server.ts'

let drivers: ServedDrivers
let client: TestClient

beforeAll(async () => {
  drivers = await servedDrivers()
  client = drivers.client
})

afterAll(() => drivers[Symbol.asyncDispose]())

describe('GetOnlineFeatures', () => {
  test.each([serving, listen])('answers with values, statuses and event times at %s', async (service) => {
    const table = await client.online(service, {
      kind: features('stats:rate', 'stats:trips'),
      entities: { driver_id: int64s(1n, 2n, 3n, 4n) },
    })
    expect(table).toEqual({
      driver_id: [
        [1n, 'PRESENT', '1970-01-01T00:00:00Z'],
        [2n, 'PRESENT', '1970-01-01T00:00:00Z'],
        [3n, 'PRESENT', '1970-01-01T00:00:00Z'],
        [4n, 'PRESENT', '1970-01-01T00:00:00Z'],
      ],
      rate: [
        [0.5, 'PRESENT', '2024-03-01T11:59:00Z'],
        [0.5, 'OUTSIDE_MAX_AGE', '2024-03-01T10:00:00Z'],
        [null, 'NULL_VALUE', '2024-03-01T11:59:00Z'],
        [null, 'NOT_FOUND', '1970-01-01T00:00:00Z'],
      ],
      trips: [
        [7n, 'PRESENT', '2024-03-01T11:59:00Z'],
        [7n, 'OUTSIDE_MAX_AGE', '2024-03-01T10:00:00Z'],
        [7n, 'PRESENT', '2024-03-01T11:59:00Z'],
        [null, 'NOT_FOUND', '1970-01-01T00:00:00Z'],
      ],
    })
  })

  test.each(['entities', 'requestContext'] as const)('takes request values of on-demand views in %s', async (field) => {
    const distance = { val: [{ val: { case: 'doubleVal' as const, value: 3 } }] }
    const entities = { driver_id: int64s(1n), ...(field === 'entities' && { distance }) }
    const table = await client.online(serving, {
      kind: { case: 'featureService', value: 'drivers' },
      entities,
      ...(field === 'requestContext' && { requestContext: { distance } }),
      fullFeatureNames: true,
    })
    expect(table.fare__price).toEqual([[1.5, 'PRESENT', '1970-01-01T00:00:00Z']])
    expect(table.stats__rate?.[0]?.[0]).toBe(0.5)
  })

  test('takes an int64 for an Int32 key when it fits', async () => {
    const read = client.online(serving, { kind: features('cities:city'), entities: { shop_no: int64s(1n) } })
    expect((await read).city?.[0]?.[0]).toBe('Ulm')
    const large = { kind: features('cities:city'), entities: { shop_no: int64s(2n ** 40n) } }
    expect(await client.failure(`${serving}/GetOnlineFeatures`, requestBytes(large))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      error: 'FTS5003',
    })
  })

  test.each<[string, OnlineRequest, string, string, string]>([
    ['an unknown view', { kind: features('nope:x') }, 'NOT_FOUND', 'FTS3104', 'nope'],
    ['an unknown feature', { kind: features('stats:rat') }, 'NOT_FOUND', 'FTS2104', 'did you mean "stats:rate"?'],
    [
      'an unknown feature service',
      { kind: { case: 'featureService', value: 'driver' } },
      'NOT_FOUND',
      'FTS3105',
      'drivers',
    ],
    ['no features', {}, 'INVALID_ARGUMENT', 'FTS2102', 'names no feature'],
    ['a reference that is none', { kind: features(':x') }, 'INVALID_ARGUMENT', 'FTS2101', ':x'],
    [
      'a missing join key',
      { kind: features('stats:rate'), entities: { driver: int64s(1n) } },
      'INVALID_ARGUMENT',
      'FTS5001',
      'Rename "driver" to "driver_id"',
    ],
    [
      'columns of unequal length',
      { kind: features('stats:rate'), entities: { driver_id: int64s(1n), other: int64s(1n, 2n) } },
      'INVALID_ARGUMENT',
      'FTS5002',
      'has 2 values',
    ],
    [
      'a key of another type',
      {
        kind: features('stats:rate'),
        entities: { driver_id: { val: [{ val: { case: 'stringVal', value: '1' } }] } },
      },
      'INVALID_ARGUMENT',
      'FTS5003',
      'Int64',
    ],
    [
      'a null key',
      { kind: features('stats:rate'), entities: { driver_id: { val: [{ val: { case: 'nullVal', value: 0 } }] } } },
      'INVALID_ARGUMENT',
      'FTS5001',
      'is null',
    ],
    [
      'a missing request value',
      { kind: features('fare:price'), entities: { driver_id: int64s(1n) } },
      'INVALID_ARGUMENT',
      'FTS5004',
      'distance',
    ],
    [
      'a column that is given twice',
      {
        kind: features('stats:rate'),
        entities: { driver_id: int64s(1n) },
        requestContext: { driver_id: int64s(1n) },
      },
      'INVALID_ARGUMENT',
      'FTS5002',
      'request_context',
    ],
  ])('refuses %s', async (_, request, code, error, words) => {
    const entities = request.entities ?? { driver_id: int64s(1n) }
    const found = await client.failure(
      `${serving}/GetOnlineFeatures`,
      requestBytes({ ...request, entities } as OnlineRequest),
    )
    expect(found).toMatchObject({ code, error })
    expect(found.details).toContain(words)
  })

  test('refuses bytes that are no request', async () => {
    expect(await client.failure(`${serving}/GetOnlineFeatures`, Buffer.from('garbage'))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      error: 'FTS7001',
    })
  })

  test('says the version of this package', async () => {
    const bytes = await client.call(`${serving}/GetFeastServingInfo`, Buffer.alloc(0))
    expect(fromBinary(GetFeastServingInfoResponseSchema, bytes).version).toMatch(/^\d+\.\d+\.\d+/)
  })

  test('has no method that is not there', async () => {
    expect(await client.failure(`${listen}/Nope`, Buffer.alloc(0))).toMatchObject({ code: 'UNIMPLEMENTED' })
  })
})

describe('limits', () => {
  const slow = { kind: features('stats:rate'), entities: { driver_id: int64s(1n) } }
  /** The store, but reads wait until they are let go. */
  function heldStore(): { readonly store: FeatureStore; readonly letGo: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>()
    const held = new Proxy(drivers.store, {
      get: (target, name) => {
        if (name === 'getOnlineFeatures') {
          return async (request: Parameters<FeatureStore['getOnlineFeatures']>[0]) => {
            await promise
            return target.getOnlineFeatures(request)
          }
        }
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    return { store: held, letGo: resolve }
  }

  test('end a call at the client’s own deadline', async () => {
    const held = heldStore()
    await using running = await serverOf({ store: held.store })
    const path = `${serving}/GetOnlineFeatures`
    expect(await running.client.failure(path, requestBytes(slow), 100)).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    held.letGo()
  })

  test('end a call after the server’s time-out, and refuse more calls than allowed at once', async () => {
    const held = heldStore()
    const limits = { ...defaultLimits, maxConcurrentRequests: 1, requestTimeoutSeconds: 0.3 }
    await using running = await serverOf({ store: held.store, limits })
    const path = `${serving}/GetOnlineFeatures`
    const first = running.client.failure(path, requestBytes(slow))
    const second = running.client.failure(path, requestBytes(slow))
    expect(await second).toMatchObject({ code: 'UNAVAILABLE', error: 'FTS7006' })
    expect(await first).toMatchObject({ code: 'DEADLINE_EXCEEDED', error: 'FTS7007' })
    held.letGo()
  })

  test('refuse messages and row counts beyond them', async () => {
    const limits = { ...defaultLimits, maxBodyBytes: 2000, maxRows: 3 }
    await using running = await serverOf({ store: drivers.store, limits })
    const path = `${serving}/GetOnlineFeatures`
    expect(await running.client.failure(path, Buffer.alloc(3000))).toMatchObject({ code: 'RESOURCE_EXHAUSTED' })
    const rows = { kind: features('stats:rate'), entities: { driver_id: int64s(1n, 2n, 3n, 4n) } }
    expect(await running.client.failure(path, requestBytes(rows))).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      error: 'FTS7005',
    })
  })

  test('let calls at work finish when the server is closed', async () => {
    const held = heldStore()
    const gate = new RequestGate(defaultLimits)
    const running = await serverOf({ store: held.store, gate })
    const answers = Promise.all(Array.from({ length: 50 }, () => running.client.online(serving, slow)))
    await expect.poll(() => gate.inFlight, { timeout: 20_000 }).toBe(50)
    const closed = running.server.close()
    held.letGo()
    for (const answer of await answers) expect(answer.rate?.[0]?.[0]).toBe(0.5)
    await closed
    running.client.close()
  })

  test('lose no call when the server is closed under load', async () => {
    const running = await serverOf({ store: drivers.store })
    const path = `${serving}/GetOnlineFeatures`
    let answered = 0
    // Each client calls until the closed server cannot be reached any more.
    const ends = Array.from({ length: 40 }, async (): Promise<grpc.ServiceError> => {
      for (;;) {
        try {
          await running.client.call(path, requestBytes(slow))
          answered++
        } catch (error) {
          return error as grpc.ServiceError
        }
      }
    })
    await expect.poll(() => answered, { timeout: 20_000 }).toBeGreaterThan(200)
    await running.server.close()
    for (const end of await Promise.all(ends)) expect(end.details).toMatch(/^No connection established/)
    running.client.close()
  })

  test('of what a request may be hold for any bytes: it is answered or refused, and the server lives', async () => {
    const path = `${serving}/GetOnlineFeatures`
    const valid = requestBytes({ ...slow, requestContext: { distance: int64s(3n) }, fullFeatureNames: true })
    const mutated = fc.record({
      at: fc.nat(valid.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }),
      removed: fc.nat(6),
    })
    await fc.assert(
      fc.asyncProperty(mutated, async ({ at, bytes, removed }) => {
        const request = Buffer.concat([valid.subarray(0, at), bytes, valid.subarray(at + removed)])
        const code = await client.call(path, request).then(
          () => 'OK',
          (error: grpc.ServiceError) => grpc.status[error.code],
        )
        expect(['OK', 'INVALID_ARGUMENT', 'NOT_FOUND']).toContain(code)
      }),
      { numRuns: 500 },
    )
  })

  test('say which port is taken', async () => {
    await expect(startGrpcServer({ store: drivers.store, port: drivers.server.port })).rejects.toMatchObject({
      code: 'FTS7008',
    })
  })
})

describe('observation', () => {
  const request = requestBytes({ kind: features('stats:rate'), entities: { driver_id: int64s(1n, 4n) } })
  const path = `${serving}/GetOnlineFeatures`

  test('counts calls by their status, and the features that were served', async () => {
    const metrics = new ServingMetrics()
    await using running = await serverOf({ store: drivers.store, metrics })
    await running.client.call(path, request)
    await running.client.failure(path, Buffer.from('garbage'))
    const counts = metrics.endpoint(path)
    expect(counts.statuses).toEqual(
      new Map([
        [0, 1],
        [3, 1],
      ]),
    )
    expect(metrics.views.get('stats')).toMatchObject({ requested: 2, notFound: 1 })
  })

  test('logs every call with the id and the trace that its client gave, and answers with both', async () => {
    const entries: AccessEntry[] = []
    await using running = await serverOf({ store: drivers.store, accessLog: (entry) => entries.push(entry) })
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`
    const metadata = new grpc.Metadata()
    metadata.set('traceparent', traceparent)
    metadata.set('x-request-id', 'r-1')
    expect(await running.client.trailers(path, request, metadata)).toMatchObject({ traceparent, 'x-request-id': 'r-1' })
    await running.client.call(path, request)
    await running.client.failure(path, Buffer.from('garbage'))
    expect(entries).toMatchObject([
      { requestId: 'r-1', method: 'gRPC', path, status: 0, traceId },
      { requestId: expect.stringMatching(/^[0-9a-f]+-1$/), traceId: undefined, fault: undefined },
      { status: 3, fault: { code: 'FTS7001' } },
    ])
  })

  test('says where the time of a call went when its client asks', async () => {
    const metadata = new grpc.Metadata()
    metadata.set('x-feast-explain', '1')
    const { 'server-timing': timing } = await client.trailers(path, request, metadata)
    expect(String(timing).replaceAll(/\d+\.\d+/g, 'N')).toBe(
      'parse;dur=N, plan;dur=N, keys;dur=N, store;dur=N, compute;dur=N, encode;dur=N',
    )
    expect(await client.trailers(path, request, new grpc.Metadata())).not.toHaveProperty('server-timing')
  })

  test('makes a span of every call where a program has registered OpenTelemetry', async () => {
    const spans: { name: string; readonly attributes: Record<string, unknown>; ended: boolean }[] = []
    trace.setGlobalTracerProvider({
      getTracer: () => ({ startSpan: (name: string) => recordedSpan(name, spans) }) as unknown as Tracer,
    })
    try {
      await using running = await serverOf({ store: drivers.store })
      const trailers = await running.client.trailers(path, request, new grpc.Metadata())
      expect(trailers.traceparent).toBe(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`)
      expect(spans).toEqual([{ name: path.slice(1), attributes: { 'rpc.grpc.status_code': 0 }, ended: true }])
    } finally {
      trace.disable()
    }
  })
})

/** A span as an SDK keeps it. */
function recordedSpan(
  name: string,
  spans: { name: string; readonly attributes: Record<string, unknown>; ended: boolean }[],
): object {
  const recorded = { name, attributes: {} as Record<string, unknown>, ended: false }
  spans.push(recorded)
  return {
    spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
    setAttribute: (key: string, value: unknown) => {
      recorded.attributes[key] = value
    },
    end: () => {
      recorded.ended = true
    },
  }
}

async function serverOf(options: Parameters<typeof startGrpcServer>[0]) {
  const started = await startGrpcServer(options)
  const connected = new TestClient(started.port)
  return {
    server: started,
    client: connected,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      connected.close()
      await started.close()
    },
  }
}
