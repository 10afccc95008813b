import {
  days,
  entity,
  featureService,
  featureView,
  fileSource,
  float32,
  float64,
  int64,
  onDemandFeatureView,
  pushSource,
  requestSource,
} from 'feast-ts'

/** Something that features describe, and the column that finds it. */
export const driver = entity('driver', { joinKey: 'driver_id', type: int64, description: 'A driver of the company' })

/** The history: a Parquet file with one row per driver and hour. */
export const driverStatsSource = fileSource('driver_hourly_stats_source', {
  path: 'data/driver_stats.parquet',
  timestampField: 'event_timestamp',
  createdTimestampColumn: 'created',
})

/** Features of that file. A value that is older than the ttl does not count any more. */
export const driverStats = featureView('driver_hourly_stats', {
  entities: [driver],
  ttl: days(1),
  schema: { conv_rate: float32, acc_rate: float32, avg_daily_trips: int64 },
  source: driverStatsSource,
  tags: { team: 'driver_performance' },
})

/** The same features, but a program may push fresh values at any time. */
export const driverStatsPush = pushSource('driver_stats_push_source', { batchSource: driverStatsSource })

export const driverStatsFresh = featureView('driver_hourly_stats_fresh', {
  entities: [driver],
  ttl: days(1),
  schema: { conv_rate: float32, acc_rate: float32, avg_daily_trips: int64 },
  source: driverStatsPush,
  tags: { team: 'driver_performance' },
})

/** What only the request knows. */
export const trip = requestSource('trip', { distance_km: float64, price_per_km: float64 })

/** Computed from features and request together; the same function runs for training and for serving. */
export const tripFare = onDemandFeatureView('trip_fare', {
  sources: { stats: driverStats, trip },
  schema: { fare: float64, expected_fare: float64 },
  transform: ({ stats, trip }) => {
    const fare = trip.distance_km * trip.price_per_km
    return { fare, expected_fare: stats.conv_rate === null ? null : fare * stats.conv_rate }
  },
})

/** What one version of a model reads. */
export const driverActivityV1 = featureService('driver_activity_v1', [driverStats.select('conv_rate'), tripFare])

export const driverActivityV2 = featureService('driver_activity_v2', [driverStats, tripFare])

export const driverActivityFresh = featureService('driver_activity_fresh', [driverStatsFresh])
