import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import grpc from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestClient } from '../../../test/grpc/test-client.ts'
import { type Certificates, makeCertificates } from '../../../test/services/certificates.ts'
import { describeService } from '../../../test/services/describe-service.ts'
import { redisServer } from '../../../test/services/redis.ts'
import {
  entity,
  type FeatureStore,
  featureView,
  fileSource,
  float64,
  int64,
  openStore,
  pushSource,
} from '../../index.ts'
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from '../../wire/gen/grpc/health/v1/health_pb.ts'
import type { RunningServer } from '../serving-context.ts'
import { startGrpcServer } from './grpc-server.ts'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const source = pushSource('stats_push', {
  batchSource: fileSource('stats_file', { path: 'stats.parquet', timestampField: 'ts' }),
})
const stats = featureView('stats', { entities: [driver], schema: { rate: float64, trips: int64 }, source })
const request = {
  kind: { case: 'features' as const, value: { val: ['stats:rate', 'stats:trips'] } },
  entities: { driver_id: { val: [1n, 2n].map((value) => ({ val: { case: 'int64Val' as const, value } })) } },
}
const serving = '/feast.serving.ServingService'

describeService('redis', redisServer, (redis) => {
  let folder: string
  let certificates: Certificates
  let store: FeatureStore
  let server: RunningServer
  let client: TestClient

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'grpc-redis-'))
    certificates = makeCertificates(folder)
    const configuration = {
      project: 'p',
      provider: 'local',
      registry: 'registry.db',
      online_store: { type: 'redis', connection_string: `127.0.0.1:${redis().port}` },
    }
    store = await openStore(configuration, { definitions: [driver, stats], repoPath: folder })
    await store.apply()
    await write()
    server = await startGrpcServer({ store, tls: { keyPath: certificates.key, certPath: certificates.certificate } })
    client = new TestClient(server.port, grpc.credentials.createSsl(readFileSync(certificates.authority)))
  })

  afterAll(async () => {
    client.close()
    await server.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const write = async (): Promise<unknown> =>
    store.push({ source: 'stats_push', rows: [{ driver_id: 1n, ts: '2024-03-01T12:00:00.25Z', rate: 0.5, trips: 7n }] })

  const read = async (): Promise<unknown> => {
    const { rate, trips } = await client.online(serving, request)
    return { rate, trips }
  }
  const expected = {
    rate: [
      [0.5, 'PRESENT', '2024-03-01T12:00:00.250Z'],
      [null, 'NOT_FOUND', '1970-01-01T00:00:00Z'],
    ],
    trips: [
      [7n, 'PRESENT', '2024-03-01T12:00:00.250Z'],
      [null, 'NOT_FOUND', '1970-01-01T00:00:00Z'],
    ],
  }

  const health = async (service: string): Promise<number> => {
    const asked = Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })))
    return fromBinary(HealthCheckResponseSchema, await client.call('/grpc.health.v1.Health/Check', asked)).status
  }

  test('features of Redis are served over TLS', async () => {
    expect(await read()).toEqual(expected)
    expect(await health('feast.serving.ServingService')).toBe(1)
  })

  test('a client without TLS gets no answer', async () => {
    const plain = new TestClient(server.port)
    expect(await plain.failure('/grpc.health.v1.Health/Check', Buffer.alloc(0))).toMatchObject({ code: 'UNAVAILABLE' })
    plain.close()
  })

  test('without Redis calls end with UNAVAILABLE and the service is not healthy; with it they are answered again', async () => {
    await redis().kill()
    const failed = await client.online(serving, request).catch((error: grpc.ServiceError) => error)
    expect(failed).toMatchObject({ code: grpc.status.UNAVAILABLE })
    expect((failed as grpc.ServiceError).metadata.get('feast-error-code')).toEqual(['FTS5014'])
    expect(await health('')).toBe(1)
    expect(await health('feast.serving.ServingService')).toBe(2)
    await redis().restart()
    await expect.poll(() => write().then(read).catch(String), { timeout: 20_000 }).toEqual(expected)
  })
})
