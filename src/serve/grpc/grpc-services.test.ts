import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { features, int64s, listen, noon, type ServedDrivers, servedDrivers } from '../../../test/grpc/served-drivers.ts'
import { TestClient } from '../../../test/grpc/test-client.ts'
import { PushRequestSchema, WriteToOnlineStoreRequestSchema } from '../../wire/gen/feast/serving/GrpcServer_pb.ts'
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from '../../wire/gen/grpc/health/v1/health_pb.ts'
import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '../../wire/gen/grpc/reflection/v1/reflection_pb.ts'
import { startGrpcServer } from './grpc-server.ts'

let drivers: ServedDrivers
let client: TestClient

beforeAll(async () => {
  drivers = await servedDrivers()
  client = drivers.client
})

afterAll(() => drivers[Symbol.asyncDispose]())

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
    const short = await startGrpcServer({ store: drivers.store })
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
