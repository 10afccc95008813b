import { join } from 'node:path'
import { Instant } from '../src/base/instant.ts'
import {
  days,
  entity,
  featureService,
  featureView,
  fileSource,
  float64,
  int64,
  onDemandFeatureView,
  pushSource,
  requestSource,
  string,
} from '../src/index.ts'
import { writeParquet } from './write-parquet.ts'

// A ride company's definitions and history: what the tests of the main job run on.

export const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
export const statsSource = fileSource('stats_source', {
  path: 'data/stats.parquet',
  timestampField: 'event_timestamp',
  createdTimestampColumn: 'created',
  fieldMapping: { cr: 'conv_rate' },
})
export const stats = featureView('driver_stats', {
  entities: [driver],
  ttl: days(1),
  schema: { conv_rate: float64, trips: int64 },
  source: pushSource('stats_push', { batchSource: statsSource }),
})
export const profile = featureView('driver_profile', {
  entities: [driver],
  schema: { city: string },
  source: fileSource('profile_source', { path: 'data/profile.parquet', timestampField: 'event_timestamp' }),
})
export const trip = requestSource('trip', { distance: float64 })
export const fare = onDemandFeatureView('fare', {
  sources: { stats, trip },
  schema: { price: float64, doubled: int64 },
  transform: ({ stats: row, trip: { distance } }) => ({
    price: row.conv_rate === null ? null : row.conv_rate * distance,
    doubled: row.trips === null ? null : row.trips * 2n,
  }),
})
export const tip = onDemandFeatureView('tip', {
  sources: { fare: fare.select('price') },
  schema: { tip: float64 },
  transform: ({ fare: row }) => ({ tip: row.price === null ? null : row.price / 10 }),
})
export const ranking = featureService('ranking', [stats.select('trips'), profile, fare.select('price')], {
  logging: { destination: { kind: 'file', path: 'data/logs' } },
})
export const definitions = [driver, stats, profile, fare, tip, ranking]

export const at = (text: string): Instant => Instant.parse(text) ?? Instant.fromEpochMicros(0n)
export const noon = at('2024-03-01T12:00:00Z')
export const row = (id: bigint, time: string, rate: number | null, trips: bigint, created = time) => ({
  driver_id: id,
  event_timestamp: at(time),
  cr: rate,
  trips,
  created: at(created),
})

export const configuration = {
  project: 'rides',
  provider: 'local',
  registry: 'data/registry.db',
  online_store: { type: 'sqlite', path: 'data/online.db' },
  offline_store: { type: 'file' },
  entity_key_serialization_version: 3,
}

/** Writes the Parquet files of the sources into a repository. */
export async function makeData(repo: string): Promise<void> {
  await writeParquet(join(repo, 'data/stats.parquet'), [
    row(1n, '2024-03-01T10:00:00Z', 0.5, 10n),
    row(1n, '2024-03-01T11:00:00Z', 0.25, 11n),
    row(1n, '2024-03-01T11:00:00Z', 0.75, 12n, '2024-03-01T11:30:00Z'),
    row(2n, '2024-03-01T11:00:00Z', null, 20n),
    row(3n, '2024-02-27T11:00:00Z', 0.9, 30n),
  ])
  await writeParquet(join(repo, 'data/profile.parquet'), [
    { driver_id: 1n, event_timestamp: at('2024-01-01T00:00:00Z'), city: 'Ulm' },
    { driver_id: 2n, event_timestamp: at('2024-01-01T00:00:00Z'), city: 'Bonn' },
  ])
}
