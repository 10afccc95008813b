import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  features,
  int64s,
  listen,
  noon,
  type OnlineRequest,
  requestBytes,
  type ServedDrivers,
  servedDrivers,
} from '../../../test/grpc/served-drivers.ts'
import type { TestClient } from '../../../test/grpc/test-client.ts'
import { PushRequestSchema } from '../../wire/gen/feast/serving/GrpcServer_pb.ts'
import { HealthCheckRequestSchema } from '../../wire/gen/grpc/health/v1/health_pb.ts'

let drivers: ServedDrivers
let client: TestClient

beforeAll(async () => {
  drivers = await servedDrivers('feast')
  client = drivers.client
})

afterAll(() => drivers[Symbol.asyncDispose]())

const path = `${listen}/GetOnlineFeatures`
const none = Buffer.alloc(0)

describe('with `compatibility: feast` GetOnlineFeatures', () => {
  test('gives PRESENT to nulls and to values of any age', async () => {
    const request = { kind: features('stats:rate'), entities: { driver_id: int64s(1n, 2n, 3n, 4n) } }
    expect((await client.online(listen, request)).rate).toEqual([
      [0.5, 'PRESENT', '2024-03-01T11:59:00Z'],
      [0.5, 'PRESENT', '2024-03-01T10:00:00Z'],
      [null, 'PRESENT', '2024-03-01T11:59:00Z'],
      [null, 'NOT_FOUND', '1970-01-01T00:00:00Z'],
    ])
  })

  test('takes keys as they come: an int64 finds nothing under an Int32 key', async () => {
    const request = { kind: features('cities:city'), entities: { shop_no: int64s(1n) } }
    expect((await client.online(listen, request)).city?.[0]?.slice(0, 2)).toEqual([null, 'NOT_FOUND'])
    const typed = { val: [{ val: { case: 'int32Val' as const, value: 1 } }] }
    const found = await client.online(listen, { kind: features('cities:city'), entities: { shop_no: typed } })
    expect(found.city?.[0]?.slice(0, 2)).toEqual(['Ulm', 'PRESENT'])
  })

  test.each<[string, OnlineRequest, string]>([
    ['an unknown view', { kind: features('nope:x') }, 'UNKNOWN'],
    ['an unknown feature', { kind: features('stats:rat') }, 'UNKNOWN'],
    ['an unknown feature service', { kind: { case: 'featureService', value: 'nope' } }, 'INTERNAL'],
    ['no features', {}, 'UNKNOWN'],
    [
      'request values',
      { kind: features('fare:price'), entities: { driver_id: int64s(1n), distance: int64s(3n) } },
      'UNKNOWN',
    ],
  ])('ends as Feast’s does for %s', async (_, request, code) => {
    const entities = request.entities ?? { driver_id: int64s(1n) }
    expect(await client.failure(path, requestBytes({ ...request, entities } as OnlineRequest))).toMatchObject({ code })
  })

  test('ends with Feast’s words for bytes that are no request', async () => {
    expect(await client.failure(path, Buffer.from('garbage'))).toMatchObject({
      code: 'INTERNAL',
      details: 'Exception deserializing request!',
    })
  })
})

describe('with `compatibility: feast` Push', () => {
  const push = async (request: MessageInitShape<typeof PushRequestSchema>): Promise<string> => {
    const bytes = Buffer.from(toBinary(PushRequestSchema, create(PushRequestSchema, request)))
    const isDone = await client.call(`${listen}/Push`, bytes).then(
      () => true,
      () => false,
    )
    return isDone ? 'OK' : (await client.failure(`${listen}/Push`, bytes)).code
  }
  const row = {
    driver_id: { val: { case: 'int64Val' as const, value: 70n } },
    ts: { val: { case: 'unixTimestampVal' as const, value: noon.epochMicros / 1_000_000n } },
    rate: { val: { case: 'doubleVal' as const, value: 0.75 } },
    trips: { val: { case: 'int64Val' as const, value: 1n } },
    active: { val: { case: 'boolVal' as const, value: true } },
    scores: { val: { case: 'floatListVal' as const, value: { val: [1] } } },
  }

  test('takes the seconds of a time for nanoseconds', async () => {
    expect(await push({ streamFeatureView: 'stats_push', to: 'online', typedFeatures: row })).toBe('OK')
    const table = await client.online(listen, { kind: features('stats:rate'), entities: { driver_id: int64s(70n) } })
    expect(table.rate).toEqual([[0.75, 'PRESENT', '1970-01-01T00:00:01Z']])
  })

  test('ends as Feast’s does', async () => {
    const texts = { driver_id: '1' }
    expect(await push({ streamFeatureView: 'stats_push', to: 'online', features: texts, typedFeatures: row })).toBe(
      'INVALID_ARGUMENT',
    )
    expect(await push({ streamFeatureView: 'nope', to: 'online', typedFeatures: row })).toBe('INVALID_ARGUMENT')
    expect(await push({ streamFeatureView: 'stats_push', to: 'sideways', typedFeatures: row })).toBe('INTERNAL')
    expect(await push({ streamFeatureView: 'stats_push', to: 'online', features: texts })).toBe('INTERNAL')
  })
})

test('with `compatibility: feast` there are GrpcFeatureServer and the health of the whole server, and nothing else', async () => {
  const named = create(HealthCheckRequestSchema, { service: 'GrpcFeatureServer' })
  const health = '/grpc.health.v1.Health/Check'
  expect([...(await client.call(health, none))]).toEqual([8, 1])
  expect(await client.failure(health, Buffer.from(toBinary(HealthCheckRequestSchema, named)))).toMatchObject({
    code: 'NOT_FOUND',
  })
  for (const other of ['feast.serving.ServingService/GetOnlineFeatures', 'grpc.reflection.v1.ServerReflection/x']) {
    expect(await client.failure(`/${other}`, none)).toMatchObject({ code: 'UNIMPLEMENTED' })
  }
})
