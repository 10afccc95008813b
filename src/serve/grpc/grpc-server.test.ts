import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { frozenClock } from '../../base/clock.ts'
import { Instant } from '../../base/instant.ts'
import {
  array,
  bool,
  entity,
  type FeatureStore,
  featureService,
  featureView,
  fileSource,
  float32,
  float64,
  hours,
  int32,
  int64,
  onDemandFeatureView,
  openStore,
  pushSource,
  requestSource,
  string,
} from '../../index.ts'
import { PushRequestSchema, WriteToOnlineStoreRequestSchema } from '../../wire/gen/feast/serving/GrpcServer_pb.ts'
import {
  GetFeastServingInfoResponseSchema,
  GetOnlineFeaturesRequestSchema,
} from '../../wire/gen/feast/serving/ServingService_pb.ts'
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from '../../wire/gen/grpc/health/v1/health_pb.ts'
import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '../../wire/gen/grpc/reflection/v1/reflection_pb.ts'
import type { RunningServer } from '../serving-context.ts'
import { defaultLimits } from '../serving-settings.ts'
import { startGrpcServer } from './grpc-server.ts'
import { TestClient } from './test-client.ts'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const shop = entity('shop', { joinKey: 'shop_no', type: int32 })
const feed = (name: string) =>
  pushSource(`${name}_push`, {
    batchSource: fileSource(`${name}_file`, { path: `${name}.parquet`, timestampField: 'ts' }),
  })
const stats = featureView('stats', {
  entities: [driver],
  ttl: hours(1),
  schema: { rate: float64, trips: int64, active: bool, scores: array(float32) },
  source: feed('stats'),
})
const cities = featureView('cities', { entities: [shop], schema: { city: string }, source: feed('cities') })
const trip = requestSource('trip', { distance: float64 })
const fare = onDemandFeatureView('fare', {
  sources: { stats, trip },
  schema: { price: float64 },
  transform: ({ stats: row, trip: { distance } }) => ({ price: row.rate === null ? null : row.rate * distance }),
})
const drivers = featureService('drivers', [stats.select('rate'), fare])

const noon = Instant.parse('2024-03-01T12:00:00Z') ?? Instant.fromEpochMicros(0n)
const serving = '/feast.serving.ServingService'
const listen = '/GrpcFeatureServer'

let folder: string
let store: FeatureStore
let server: RunningServer
let client: TestClient

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grpc-'))
  const configuration = {
    project: 'p',
    provider: 'local',
    registry: 'registry.db',
    online_store: { type: 'sqlite', path: 'o.db' },
  }
  const definitions = [driver, shop, stats, cities, fare, drivers]
  store = await openStore(configuration, { definitions, repoPath: folder, clock: frozenClock(noon) })
  await store.apply()
  const row = { rate: 0.5, trips: 7n, active: true, scores: [0.5, 1.5] }
  await store.push({
    source: 'stats_push',
    rows: [
      { driver_id: 1n, ts: '2024-03-01T11:59:00.000001Z', ...row },
      { driver_id: 2n, ts: '2024-03-01T10:00:00Z', ...row },
      { driver_id: 3n, ts: '2024-03-01T11:59:00Z', ...row, rate: null },
    ],
  })
  await store.push({ source: 'cities_push', rows: [{ shop_no: 1, ts: '2024-03-01T11:00:00Z', city: 'Ulm' }] })
  server = await startGrpcServer({ store })
  client = new TestClient(server.port)
})

afterAll(async () => {
  client.close()
  await server.close()
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

type Request = Exclude<MessageInitShape<typeof GetOnlineFeaturesRequestSchema>, { $typeName: string }>

const requestBytes = (request: Request): Buffer =>
  Buffer.from(toBinary(GetOnlineFeaturesRequestSchema, create(GetOnlineFeaturesRequestSchema, request)))
const int64s = (...keys: readonly bigint[]) => ({
  val: keys.map((value) => ({ val: { case: 'int64Val', value } as const })),
})
const features = (...val: string[]) => ({ case: 'features' as const, value: { val } })

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

  test.each<[string, Request, string, string, string]>([
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
      requestBytes({ ...request, entities } as Request),
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

type Push = Exclude<MessageInitShape<typeof PushRequestSchema>, { $typeName: string }>

const push = (request: Push): Promise<Buffer> =>
  client.call(`${listen}/Push`, Buffer.from(toBinary(PushRequestSchema, create(PushRequestSchema, request))))
const pushFailure = (request: Push): ReturnType<TestClient['failure']> =>
  client.failure(`${listen}/Push`, Buffer.from(toBinary(PushRequestSchema, create(PushRequestSchema, request))))
const texts = {
  driver_id: '60',
  ts: '2024-03-01T11:30:00Z',
  rate: '0.25',
  trips: '9007199254740993',
  active: 'true',
  scores: '[0.5, 2]',
}
const readBack = async (id: bigint): Promise<readonly unknown[]> => {
  const kind = features('stats:rate', 'stats:trips', 'stats:active', 'stats:scores')
  const table = await client.online(listen, { kind, entities: { driver_id: int64s(id) } })
  return ['rate', 'trips', 'active', 'scores'].map((name) => table[name]?.[0]?.[0])
}

describe('Push and WriteToOnlineStore', () => {
  const typed: NonNullable<Push['typedFeatures']> = {
    driver_id: { val: { case: 'int64Val', value: 61n } },
    ts: { val: { case: 'unixTimestampVal', value: noon.epochMicros / 1_000_000n } },
    rate: { val: { case: 'doubleVal', value: 0.75 } },
    trips: { val: { case: undefined } },
    active: { val: { case: 'nullVal', value: 0 } },
    scores: { val: { case: 'floatListVal', value: { val: [1, 2] } } },
  }

  test('store a row of texts, each read as the type of its column', async () => {
    const bytes = await push({ streamFeatureView: 'stats_push', to: 'online', features: texts })
    expect([...bytes]).toEqual([8, 1])
    expect(await readBack(60n)).toEqual([0.25, 9007199254740993n, true, [0.5, 2]])
  })

  test('store a row of typed values, an unset value as null', async () => {
    await push({ streamFeatureView: 'stats_push', to: 'online', typedFeatures: typed })
    expect(await readBack(61n)).toEqual([0.75, null, null, [1, 2]])
  })

  test('store a row of a view', async () => {
    const request = create(WriteToOnlineStoreRequestSchema, {
      featureViewName: 'stats',
      typedFeatures: { ...typed, driver_id: { val: { case: 'int64Val' as const, value: 62n } } },
    })
    const bytes = Buffer.from(toBinary(WriteToOnlineStoreRequestSchema, request))
    expect([...(await client.call(`${listen}/WriteToOnlineStore`, bytes))]).toEqual([8, 1])
    expect((await readBack(62n))[0]).toBe(0.75)
    const unknown = create(WriteToOnlineStoreRequestSchema, { featureViewName: 'stat', typedFeatures: typed })
    expect(
      await client.failure(
        `${listen}/WriteToOnlineStore`,
        Buffer.from(toBinary(WriteToOnlineStoreRequestSchema, unknown)),
      ),
    ).toMatchObject({ code: 'NOT_FOUND', error: 'FTS3104' })
  })

  test.each<[string, Push, string, string | undefined]>([
    ['both kinds of features', { features: texts, typedFeatures: typed }, 'INVALID_ARGUMENT', undefined],
    ['an unknown source', { streamFeatureView: 'nope', features: texts }, 'INVALID_ARGUMENT', 'FTS5020'],
    ['an unknown target', { to: 'sideways', features: texts }, 'INVALID_ARGUMENT', 'FTS7002'],
    ['no target', { to: '', features: texts }, 'INVALID_ARGUMENT', 'FTS7002'],
    ['a row without columns', { features: { driver_id: '1' } }, 'INVALID_ARGUMENT', 'FTS5021'],
    ['text that is no number', { features: { ...texts, rate: 'high' } }, 'INVALID_ARGUMENT', 'FTS5022'],
    ['text that is no list', { features: { ...texts, scores: '[0.5' } }, 'INVALID_ARGUMENT', 'FTS5022'],
  ])('refuse %s', async (_, request, code, error) => {
    const found = await pushFailure({ streamFeatureView: 'stats_push', to: 'online', ...request })
    expect(found).toMatchObject({ code, error })
  })
})

describe('health', () => {
  const check = async (service: string): Promise<number> => {
    const request = Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })))
    return fromBinary(HealthCheckResponseSchema, await client.call('/grpc.health.v1.Health/Check', request)).status
  }

  test.each(['', 'feast.serving.ServingService', 'GrpcFeatureServer'])('of "%s" is SERVING', async (service) => {
    expect(await check(service)).toBe(1)
  })

  test('of an unknown service is NOT_FOUND', async () => {
    const request = Buffer.from(
      toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service: 'nope' })),
    )
    expect(await client.failure('/grpc.health.v1.Health/Check', request)).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('is told to those who watch, to the end of the server', async () => {
    const short = await startGrpcServer({ store })
    const watcher = new TestClient(short.port)
    const statuses: number[] = []
    const watched = watcher.stream('/grpc.health.v1.Health/Watch', Buffer.alloc(0), (message) =>
      statuses.push(fromBinary(HealthCheckResponseSchema, message).status),
    )
    await watched.first
    await short.close()
    await watched.ended
    watcher.close()
    expect(statuses).toEqual([1, 2])
  })
})

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  const ask = async (request: MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']) => {
    const bytes = toBinary(
      ServerReflectionRequestSchema,
      create(ServerReflectionRequestSchema, request === undefined ? {} : { messageRequest: request }),
    )
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
    const answers = await client.exchange(path, [Buffer.from(bytes)])
    return answers.map((answer) => fromBinary(ServerReflectionResponseSchema, answer).messageResponse)
  }
  const filesOf = (answer: Awaited<ReturnType<typeof ask>>[number] | undefined): readonly FileDescriptorProto[] =>
    answer?.case === 'fileDescriptorResponse'
      ? answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
      : []

  test('lists the services', async () => {
    const [answer] = await ask({ case: 'listServices', value: '' })
    expect(answer?.case === 'listServicesResponse' && answer.value.service.map(({ name }) => name)).toEqual([
      'feast.serving.ServingService',
      'GrpcFeatureServer',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ])
  })

  test.each([
    'GrpcFeatureServer',
    'GrpcFeatureServer.Push',
    'feast.serving.GetOnlineFeaturesResponse.FeatureVector',
    'feast.types.Value',
    'google.protobuf.Timestamp',
  ])('gives the file of %s with all that it imports', async (symbol) => {
    const files = filesOf((await ask({ case: 'fileContainingSymbol', value: symbol }))[0])
    const names = new Set(files.map(({ name }) => name))
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(file.dependency.filter((name) => !names.has(name))).toEqual([])
  })

  test('gives a file by its name, and says NOT_FOUND for what it does not have', async () => {
    const [file] = filesOf((await ask({ case: 'fileByFilename', value: 'feast/serving/GrpcServer.proto' }))[0])
    expect(file?.service.map(({ name }) => name)).toEqual(['GrpcFeatureServer'])
    for (const wanted of [
      { case: 'fileByFilename', value: 'nope.proto' },
      { case: 'fileContainingSymbol', value: 'nope.Nope' },
    ] as const) {
      const [answer] = await ask(wanted)
      expect(answer?.case === 'errorResponse' && answer.value.errorCode).toBe(5)
    }
  })
})

describe('limits', () => {
  const slow = { kind: features('stats:rate'), entities: { driver_id: int64s(1n) } }
  /** The store, but reads wait until they are let go. */
  function heldStore(): { readonly store: FeatureStore; readonly letGo: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>()
    const held = new Proxy(store, {
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
    await using running = await serverOf({ store, limits })
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
    const running = await serverOf({ store: held.store })
    const answer = running.client.online(serving, slow)
    await running.client.call('/grpc.health.v1.Health/Check', Buffer.alloc(0))
    const closed = running.server.close()
    held.letGo()
    expect((await answer).rate?.[0]?.[0]).toBe(0.5)
    await closed
    running.client.close()
  })

  test('say which port is taken', async () => {
    await expect(startGrpcServer({ store, port: server.port })).rejects.toMatchObject({ code: 'FTS7008' })
  })
})

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
