import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { frozenClock } from '../../src/base/clock.ts'
import { Instant } from '../../src/base/instant.ts'
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
} from '../../src/index.ts'
import { startGrpcServer } from '../../src/serve/grpc/grpc-server.ts'
import type { RunningServer } from '../../src/serve/serving-context.ts'
import { GetOnlineFeaturesRequestSchema } from '../../src/wire/gen/feast/serving/ServingService_pb.ts'
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

/** The time of the store, and the names of the services that its features can be asked for at. */
export const noon = Instant.parse('2024-03-01T12:00:00Z') ?? Instant.fromEpochMicros(0n)
export const serving = '/feast.serving.ServingService'
export const listen = '/GrpcFeatureServer'

/** A store with a few drivers, served over gRPC. */
export interface ServedDrivers extends AsyncDisposable {
  readonly store: FeatureStore
  readonly server: RunningServer
  readonly client: TestClient
}

/** Drivers 1 (now), 2 (too old) and 3 (without a rate), and shop 1. */
export async function servedDrivers(compatibility: 'feast' | null = null): Promise<ServedDrivers> {
  const folder = await mkdtemp(join(tmpdir(), 'grpc-'))
  const configuration = {
    project: 'p',
    provider: 'local',
    registry: 'registry.db',
    online_store: { type: 'sqlite', path: 'o.db' },
    ...(compatibility !== null && { compatibility }),
  }
  const definitions = [driver, shop, stats, cities, fare, drivers]
  const store = await openStore(configuration, { definitions, repoPath: folder, clock: frozenClock(noon) })
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
  const server = await startGrpcServer({ store })
  const client = new TestClient(server.port)
  return {
    store,
    server,
    client,
    async [Symbol.asyncDispose]() {
      client.close()
      await server.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type OnlineRequest = Exclude<MessageInitShape<typeof GetOnlineFeaturesRequestSchema>, { $typeName: string }>

export const requestBytes = (request: OnlineRequest): Buffer =>
  Buffer.from(toBinary(GetOnlineFeaturesRequestSchema, create(GetOnlineFeaturesRequestSchema, request)))

export const int64s = (...keys: readonly bigint[]) => ({
  val: keys.map((value) => ({ val: { case: 'int64Val' as const, value } })),
})

export const features = (...val: string[]) => ({ case: 'features' as const, value: { val } })
