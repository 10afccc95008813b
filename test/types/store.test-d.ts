// Compiled by public-types.test.ts, never run: the screen of the design that shows the public API.
import {
  days,
  entity,
  featureService,
  featureView,
  fileSource,
  float32,
  float64,
  int64,
  type MaterializeSummary,
  onDemandFeatureView,
  openStore,
  type Plan,
  type PushSummary,
  requestSource,
} from 'feast-ts'
import { expectTypeOf } from 'vitest'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const driverStats = featureView('driver_hourly_stats', {
  entities: [driver],
  ttl: days(1),
  schema: { conv_rate: float32, acc_rate: float32, avg_daily_trips: int64 },
  source: fileSource('driver_stats', {
    path: 'data/driver_stats.parquet',
    timestampField: 'event_timestamp',
    createdTimestampColumn: 'created',
  }),
})
const trip = requestSource('trip', { distance_km: float64 })
const fare = onDemandFeatureView('fare', {
  sources: { stats: driverStats, trip },
  schema: { expected_fare: float64 },
  transform: ({ stats, trip }) => ({
    expected_fare: stats.conv_rate === null ? null : trip.distance_km * stats.conv_rate,
  }),
})
const ranking = featureService('driver_ranking', [driverStats, fare])

const store = await openStore('.')
const online = await store.getOnlineFeatures({
  features: ranking,
  entities: [{ driver_id: 1001n, distance_km: 3.2 }],
})
expectTypeOf(online.rows()[0]?.driver_id).toEqualTypeOf<bigint | undefined>()
expectTypeOf(online.rows()[0]?.conv_rate).toEqualTypeOf<number | null | undefined>()
expectTypeOf(online.column('avg_daily_trips')).toExtend<readonly (bigint | null)[]>()

const job = store.getHistoricalFeatures({
  features: [driverStats.select('conv_rate'), fare],
  entities: [{ driver_id: 1001, distance_km: 1.5, event_timestamp: '2026-01-01', label: 1 }],
})
expectTypeOf((await job.toRows())[0]?.expected_fare).toEqualTypeOf<number | null | undefined>()
store.getHistoricalFeatures({ features: ranking, entities: 'entities.parquet' })
await store.getOnlineFeatures({ features: ['driver_hourly_stats:conv_rate'], entities: [{ driver_id: 1001 }] })

const full = await store.getOnlineFeatures({
  features: [driverStats.select('conv_rate')],
  entities: [{ driver_id: 1 }],
  fullFeatureNames: true,
})
expectTypeOf(full.rows()[0]?.driver_hourly_stats__conv_rate).toEqualTypeOf<number | null | undefined>()

// @ts-expect-error distance_km is missing
store.getOnlineFeatures({ features: [fare], entities: [{ driver_id: 1001n }] })
// @ts-expect-error a key of the wrong type
store.getOnlineFeatures({ features: ranking, entities: [{ driver_id: 'x', distance_km: 1 }] })
// @ts-expect-error the key is missing
store.getHistoricalFeatures({ features: ranking, entities: [{ distance_km: 1, event_timestamp: '2026-01-01' }] })
await store.getOnlineFeatures({ features: ranking, entities: { driver_id: [1001n, 1002], distance_km: [3.2, 1] } })
// @ts-expect-error a column of request values is missing
store.getOnlineFeatures({ features: ranking, entities: { driver_id: [1001n] } })
// @ts-expect-error no such feature
online.column('conv_rat')

// What the store gives has names, for programs that pass it on.
expectTypeOf(store.apply).returns.resolves.toEqualTypeOf<Plan>()
expectTypeOf(store.materialize).returns.resolves.toEqualTypeOf<MaterializeSummary>()
expectTypeOf(store.push).returns.resolves.toEqualTypeOf<PushSummary>()
