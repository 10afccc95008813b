// Compiled by public-types.test.ts, never run: each `@ts-expect-error` fails the compilation when the line is accepted.
import {
  array,
  bool,
  days,
  type EntityRow,
  entity,
  type FeatureRequest,
  type FeatureValue,
  featureService,
  featureView,
  field,
  fileSource,
  float32,
  float64,
  type HistoricalEntityRow,
  type HistoricalRow,
  type Instant,
  int64,
  type OnlineRow,
  onDemandFeatureView,
  requestSource,
  string,
  struct,
  unixTimestamp,
} from 'feast-ts'
import { expectTypeOf } from 'vitest'

const source = fileSource('driver_stats', { path: 'data/driver_stats.parquet', timestampField: 'event_timestamp' })
const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const city = entity('city', { type: string })
const stats = featureView('driver_hourly_stats', {
  entities: [driver],
  ttl: days(1),
  schema: { conv_rate: float32, acc_rate: field(float32, { description: 'accepted' }), avg_daily_trips: int64 },
  source,
})
const weather = featureView('weather', {
  entities: [driver, city],
  schema: { rain: bool, since: unixTimestamp },
  source,
})
const trip = requestSource('trip', { distance_km: float64 })
const fare = onDemandFeatureView('fare', {
  sources: { stats, trip },
  schema: { expected_fare: float64 },
  transform: ({ stats, trip }) => ({
    expected_fare: stats.conv_rate === null ? null : trip.distance_km * stats.conv_rate,
  }),
})
const ranking = featureService('driver_ranking', [stats, fare])

declare function online<const F extends FeatureRequest>(features: F, entities: readonly EntityRow<F>[]): OnlineRow<F>
declare function named<const F extends FeatureRequest>(features: F): OnlineRow<F, true>
declare function historical<const F extends FeatureRequest, const E extends HistoricalEntityRow<F>>(
  features: F,
  entities: readonly E[],
): HistoricalRow<F, E>

// Names and value types flow from schemas to rows: keys and request values are there, features may be null.
expectTypeOf(online(ranking, [{ driver_id: 1001n, distance_km: 3.2 }])).toEqualTypeOf<{
  readonly driver_id: bigint
  readonly distance_km: number
  readonly conv_rate: number | null
  readonly acc_rate: number | null
  readonly avg_daily_trips: bigint | null
  readonly expected_fare: number | null
}>()

// A selection has its features only.
expectTypeOf(online([stats.select('conv_rate')], [{ driver_id: 1 }])).toEqualTypeOf<{
  readonly driver_id: bigint
  readonly conv_rate: number | null
}>()

// Several entities, and a time.
expectTypeOf(online([weather], [{ driver_id: 1, city: 'x' }])).toEqualTypeOf<{
  readonly driver_id: bigint
  readonly city: string
  readonly rain: boolean | null
  readonly since: Instant | null
}>()

// Full names begin with the view's name or its alias.
expectTypeOf(named([stats.select('conv_rate'), stats.select('acc_rate').withName('other')])).toEqualTypeOf<{
  readonly driver_id: bigint
  readonly driver_hourly_stats__conv_rate: number | null
  readonly other__acc_rate: number | null
}>()

// Mapped join keys are asked for under the column that they are mapped to.
const origin = stats.select('conv_rate').withName('origin').withJoinKeyMap({ driver_id: 'origin_id' })
expectTypeOf(online([origin], [{ origin_id: 1 }])).toEqualTypeOf<{
  readonly origin_id: bigint
  readonly conv_rate: number | null
}>()

// References give columns of any value; what they need is not known, so rows are open.
expectTypeOf(
  online(['driver_hourly_stats:conv_rate'], [{ driver_id: 1001, anything: 'x' }]).conv_rate,
).toEqualTypeOf<FeatureValue>()
expectTypeOf(online([stats.select('conv_rate'), 'other:x'], [{ driver_id: 1, z: 2 }]).conv_rate).toEqualTypeOf<
  number | null
>()

// A view without a schema has any feature.
const untyped = featureView('untyped', { entities: [driver], source })
expectTypeOf(online([untyped.select('later')], [{ driver_id: 1 }]).later).toEqualTypeOf<FeatureValue>()

// The schema tells the type of a key that the entity leaves open, and a key is no feature.
const customer = entity('customer')
const spending = featureView('spending', { entities: [customer], schema: { customer: string, total: float64 }, source })
expectTypeOf(online([spending], [{ customer: 'c' }])).toEqualTypeOf<{
  readonly customer: string
  readonly total: number | null
}>()

// A view without entities needs no key.
const global = featureView('global', { schema: { rate: float64 }, source })
expectTypeOf(online([global], [{}])).toEqualTypeOf<{ readonly rate: number | null }>()

// Training rows keep their other columns; keys come out in the type of the entity, times as instants.
const training = historical(
  [stats.select('conv_rate'), fare],
  [{ driver_id: 1001, distance_km: 1, event_timestamp: new Date(), label: true, seen: new Date() }],
)
expectTypeOf(training.driver_id).toEqualTypeOf<bigint>()
expectTypeOf(training.event_timestamp).toEqualTypeOf<Instant>()
expectTypeOf(training.label).toEqualTypeOf<true>()
expectTypeOf(training.seen).toEqualTypeOf<Instant>()
expectTypeOf(training.conv_rate).toEqualTypeOf<number | null>()
expectTypeOf(training.expected_fare).toEqualTypeOf<number | null>()

// Inputs of a function: features may be null, values of the request are not; lists and structs are what they are.
const profile = featureView('profile', {
  entities: [driver],
  schema: { scores: array(float64), home: struct({ lat: float64, zip: string }) },
  source,
})
onDemandFeatureView('typed', {
  sources: { profile, trip, fare: fare.select('expected_fare') },
  schema: { ok: bool },
  transform: ({ profile, trip, fare }) => {
    expectTypeOf(profile.scores).toEqualTypeOf<readonly (number | null)[] | null>()
    expectTypeOf(profile.home).toEqualTypeOf<{ readonly lat: number | null; readonly zip: string | null } | null>()
    expectTypeOf(trip.distance_km).toEqualTypeOf<number>()
    expectTypeOf(fare.expected_fare).toEqualTypeOf<number | null>()
    return { ok: trip.distance_km > 1 }
  },
})
onDemandFeatureView('columns', {
  sources: { stats, trip },
  schema: { km: float64, trips: int64 },
  transformColumns: ({ stats, trip }) => {
    expectTypeOf(trip.distance_km).toEqualTypeOf<readonly number[]>()
    expectTypeOf(stats.conv_rate).toEqualTypeOf<readonly (number | null)[]>()
    return {
      km: trip.distance_km,
      trips: stats.avg_daily_trips.map((trips) => (trips === null ? null : Number(trips))),
    }
  },
})

// What an on-demand view needs of other on-demand views reaches the rows.
const chained = onDemandFeatureView('chained', {
  sources: { fare },
  schema: { double: float64 },
  transform: ({ fare }) => ({ double: (fare.expected_fare ?? 0) * 2 }),
})
online([chained], [{ driver_id: 1, distance_km: 2 }])

// @ts-expect-error no such feature
stats.select('conv_rat')
// @ts-expect-error distance_km is missing
online([fare], [{ driver_id: 1001n }])
// @ts-expect-error the key is missing
online(ranking, [{ distance_km: 1 }])
// @ts-expect-error a key of the wrong type
online(ranking, [{ driver_id: 'x', distance_km: 1 }])
// @ts-expect-error a request value of the wrong type
online(ranking, [{ driver_id: 1, distance_km: 'far' }])
// @ts-expect-error a column that nothing asks for
online(ranking, [{ driver_id: 1, distance_km: 1, distnce: 1 }])
// @ts-expect-error a request value of a chained view is missing
online([chained], [{ driver_id: 1 }])
// @ts-expect-error a mapped key under its old name
online([origin], [{ driver_id: 1 }])
// @ts-expect-error the key of a training row is missing
historical([stats], [{ event_timestamp: new Date() }])
// @ts-expect-error a key of the wrong type in a training row
historical([stats], [{ driver_id: true, event_timestamp: new Date() }])
// @ts-expect-error a join key that the view does not have
stats.withJoinKeyMap({ driver: 'x' })
// @ts-expect-error an option that does not exist
featureView('v', { source, entites: [driver] })
// @ts-expect-error a result that was not asked for
void online([stats.select('conv_rate')], [{ driver_id: 1 }]).acc_rate
onDemandFeatureView('bad', {
  sources: { stats, trip },
  schema: { expected: float64 },
  // @ts-expect-error an output of the wrong type
  transform: ({ trip }) => ({ expected: String(trip.distance_km) }),
})
onDemandFeatureView('bad', {
  sources: { stats, trip },
  schema: { expected: float64, other: float64 },
  // @ts-expect-error an output is missing
  transform: ({ trip }) => ({ expected: trip.distance_km }),
})
onDemandFeatureView('bad', {
  sources: { stats, trip },
  schema: { expected: float64 },
  // @ts-expect-error a feature that may be null is used as if it were not
  transform: ({ stats, trip }) => ({ expected: stats.conv_rate * trip.distance_km }),
})
onDemandFeatureView('bad', {
  sources: { stats, trip },
  schema: { expected: float64 },
  // @ts-expect-error a source that does not exist
  transform: ({ trips }) => ({ expected: trips.distance_km }),
})
