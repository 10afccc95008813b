// The same objects as DEFINITIONS in feast_side.py, and one on-demand view that only TypeScript can run.
import {
  array,
  bool,
  bytes,
  days,
  entity,
  type FileSourceDefinition,
  featureService,
  featureView,
  field,
  fileSource,
  float32,
  float64,
  int32,
  int64,
  project,
  pushSource,
  string,
  unixTimestamp,
} from 'feast-ts'

const source = (name: string): FileSourceDefinition =>
  fileSource(`${name}_source`, {
    path: `data/${name}.parquet`,
    timestampField: 'event_timestamp',
    createdTimestampColumn: 'created',
  })

export const interop = project('interop', { description: 'shared by both sides', tags: { team: 'both' } })

export const driver = entity('driver', {
  joinKey: 'driver_id',
  type: int64,
  description: 'a driver',
  tags: { a: 'b' },
})
export const city = entity('city', { joinKey: 'city_name', type: string })

export const stats = featureView('driver_stats', {
  entities: [driver],
  ttl: days(2),
  source: source('driver_stats'),
  owner: 'owner@example.com',
  description: 'hourly',
  tags: { tier: 'gold' },
  schema: {
    conv_rate: field(float64, { description: 'a rate', tags: { unit: '1' } }),
    acc_rate: float32,
    trips: int64,
  },
})

export const profile = featureView('driver_profile', {
  entities: [driver],
  ttl: days(0),
  source: source('driver_profile'),
  schema: {
    level: int32,
    name: string,
    active: bool,
    since: unixTimestamp,
    photo: bytes,
    last_scores: array(float64),
  },
})

export const weather = featureView('driver_city_weather', {
  entities: [driver, city],
  ttl: days(1),
  source: source('driver_city_weather'),
  schema: { rain: float64, sky: string },
})

export const pushed = featureView('driver_pushed', {
  entities: [driver],
  ttl: days(1),
  source: pushSource('driver_push', { batchSource: source('driver_pushed') }),
  schema: { clicks: int64 },
})

export const ranking = featureService('driver_ranking', [stats.select('conv_rate', 'trips'), profile], {
  tags: { model: 'v1' },
  owner: 'ml@example.com',
  description: 'ranks drivers',
})
