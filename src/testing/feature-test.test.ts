import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { days, hours, Instant } from '../base/instant.ts'
import { parseConfig } from '../config/parse-config.ts'
import { fileSource, requestSource } from '../define/data-source.ts'
import { entity } from '../define/entity.ts'
import { featureView } from '../define/feature-view.ts'
import { onDemandFeatureView } from '../define/on-demand-feature-view.ts'
import { openContext } from '../store/open-context.ts'
import { openStore } from '../store/open-store.ts'
import { tableFromRows } from '../types/arrow.ts'
import { array, float32, float64, int64, struct, unixTimestamp } from '../types/data-type.ts'
import { given } from './feature-test.ts'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const driverStats = featureView('driver_stats', {
  entities: [driver],
  ttl: hours(2),
  schema: { conv_rate: float32, trips: int64 },
  source: fileSource('driver_stats_source', {
    path: 'stats.parquet',
    timestampField: 'event_timestamp',
    createdTimestampColumn: 'created',
  }),
})
const ratings = featureView('ratings', {
  entities: [driver],
  ttl: days(0),
  schema: { stars: float64 },
  source: fileSource('ratings_source', {
    path: 'ratings.parquet',
    timestampField: 'seen',
    fieldMapping: { rating: 'stars' },
  }),
})
const trip = requestSource('trip', { distance_km: float64 })
const fare = onDemandFeatureView('fare', {
  sources: { stats: driverStats, ratings, trip },
  schema: { expected: float64 },
  transform: ({ stats, ratings, trip }) => ({
    expected: stats.conv_rate === null ? null : stats.conv_rate * trip.distance_km + (ratings.stars ?? 0),
  }),
})

const rows = [
  { driver_id: 1, event_timestamp: '2026-01-01T10:00', created: '2026-01-01T10:01', conv_rate: 0.1, trips: 1 },
  { driver_id: 1, event_timestamp: '2026-01-01T11:00', created: '2026-01-01T11:02', conv_rate: 0.2, trips: 2 },
  { driver_id: 1, event_timestamp: '2026-01-01T11:00', created: '2026-01-01T11:01', conv_rate: 0.3, trips: 3 },
  { driver_id: 2, event_timestamp: '2026-01-01T11:00', created: '2026-01-01T11:01', conv_rate: null, trips: 4 },
]

describe('given(rows).at(time).expect(view, key, values)', () => {
  test('takes the latest row, the later created one of a tie, and what is no older than the ttl', () => {
    given(rows).at('2026-01-01T10:59:59.999999Z').expect(driverStats, { driver_id: 1 }, { conv_rate: 0.1, trips: 1 })
    given(rows).at('2026-01-01T11:00Z').expect(driverStats, { driver_id: 1 }, { conv_rate: 0.2, trips: 2n })
    given(rows).at('2026-01-01T13:00Z').expect(driverStats, { driver_id: 1 }, { trips: 2 })
    given(rows).at('2026-01-01T13:00:00.000001Z').expect(driverStats, { driver_id: 1 }, { trips: null })
    given(rows).at('2026-01-01T12:00Z').expect(driverStats, { driver_id: 2 }, { conv_rate: null, trips: 4 })
    given(rows).at('2026-01-01T12:00Z').expect(driverStats, { driver_id: 3 }, { trips: null })
  })

  test('runs the function of an on-demand view over the rows of several views and the request', () => {
    given({ driver_stats: rows, ratings: [{ driver_id: 1, seen: '2026-01-01', rating: 4.5 }] })
      .at('2026-01-01T11:30Z')
      .expect(fare, { driver_id: 1, distance_km: 10 }, { expected: 6.5 })
      .expect(ratings, { driver_id: 1 }, { stars: 4.5 })
  })

  test('says which features of which key differ, with both values', () => {
    const check = () => given(rows).at('2026-01-01T11:00Z').expect(driverStats, { driver_id: 1 }, { trips: 7 })
    expect(check).toThrow(
      'features of { driver_id: 1 } at 2026-01-01T11:00:00Z: expected { trips: 7 }, got { trips: 2 }',
    )
  })

  test('compares and shows values within lists and structs as it does others', () => {
    const trips = featureView('trips', {
      entities: [driver],
      schema: {
        legs: array(float64),
        ids: array(int64),
        last: struct({ fare: float64, id: int64, at: unixTimestamp }),
      },
      source: fileSource('trips_source', { path: 'trips.parquet', timestampField: 'at' }),
    })
    const at = '2026-01-01T10:00:00Z'
    const last = { fare: 0.1 + 0.2, id: 7n, at: new Date(at) }
    const test = given([{ driver_id: 1, at, legs: [0.1 + 0.2, Number.NaN], ids: [1n, 2n], last }]).at(at)
    test.expect(trips, { driver_id: 1 }, { legs: [0.3, Number.NaN], ids: [1n, 2n] })
    const time = Instant.fromDate(new Date(at))
    test.expect(trips, { driver_id: 1 }, { last: { fare: 0.3, id: 7n, at: time } })
    const check = () => test.expect(trips, { driver_id: 1 }, { ids: [1n, 3n], last: { fare: 0.5, id: 7n, at: time } })
    expect(check).toThrow(
      'expected { ids: [1,3], last: {"fare":0.5,"id":7,"at":"2026-01-01T10:00:00Z"} }, got { ids: [1,2], last: {"fare":0.30000000000000004,"id":7,"at":"2026-01-01T10:00:00Z"} }',
    )
  })

  test('refuses a feature that the view does not have', () => {
    const wrong: object = { tripz: 1 }
    const check = () => given(rows).at('2026-01-01T11:00Z').expect(driverStats, { driver_id: 1 }, wrong)
    expect(check).toThrow('"tripz" is none of the features: conv_rate, trips. Did you mean "trips"?')
  })

  test('refuses a key, a request value or rows without a column that is needed, which would find nothing', () => {
    const at = given(rows).at('2026-01-01T11:00Z')
    const mistyped = { driverid: 1 } as object as { driver_id: number }
    expect(() => at.expect(driverStats, mistyped, { trips: null })).toThrow(
      '"driver_id" is missing in { driverid: 1 }. Rename "driverid" to "driver_id".',
    )
    const own = given({ driver_stats: rows, ratings: [] }).at('2026-01-01T11:00Z')
    const withoutTrip = { driver_id: 1 } as { driver_id: number; distance_km: number }
    expect(() => own.expect(fare, withoutTrip, { expected: null })).toThrow('"distance_km" is missing in')
    const timeless = given([{ driver_id: 1, event_time: '2026-01-01', trips: 1 }]).at('2026-01-01T11:00Z')
    expect(() => timeless.expect(driverStats, { driver_id: 1 }, { trips: null })).toThrow(
      'no row has the column "event_timestamp", which the source of "driver_stats" needs. Did you mean "event_time"?',
    )
  })

  test('takes a millisecond or so', () => {
    const start = performance.now()
    for (let index = 0; index < 100; index++) {
      given(rows).at('2026-01-01T11:00Z').expect(driverStats, { driver_id: 1 }, { trips: 2 })
    }
    expect((performance.now() - start) / 100).toBeLessThan(20)
  })

  test('agrees with the engine on rows with ties, nulls and times at the bounds', async () => {
    const time = fc.integer({ min: 0, max: 8 }).map((half) => Instant.fromEpochSeconds(1_767_261_600 + half * 1800))
    const row = fc.record({
      driver_id: fc.constantFrom(1n, 2n, null),
      event_timestamp: time,
      created: fc.option(time),
      conv_rate: fc.option(fc.constantFrom(0.25, 0.5)),
      trips: fc.option(fc.bigInt({ min: 0n, max: 9n })),
    })
    const cases = fc.tuple(
      fc.array(row, { minLength: 1, maxLength: 12 }),
      fc.array(time, { minLength: 1, maxLength: 4 }),
    )
    await fc.assert(
      fc.asyncProperty(cases, async ([source, times]) => {
        const repoPath = await mkdtemp(join(tmpdir(), 'feast-given-'))
        try {
          await writeRows(repoPath, source)
          const config = { project: 'p', registry: 'registry.db', offline_store: 'duckdb' }
          await using store = await openStore(config, { repoPath, definitions: [driver, driverStats] })
          await store.apply([driver, driverStats])
          const entities = times.flatMap((at) => [1, 2].map((id) => ({ driver_id: id, event_timestamp: at })))
          const found = await store.getHistoricalFeatures({ features: [driverStats], entities }).toRows()
          for (const [index, { driver_id, event_timestamp }] of entities.entries()) {
            const { conv_rate = null, trips = null } = found[index] ?? {}
            given(source).at(event_timestamp).expect(driverStats, { driver_id }, { conv_rate, trips })
          }
        } finally {
          await rm(repoPath, { recursive: true })
        }
      }),
      { numRuns: 15 },
    )
  })
})

async function writeRows(repoPath: string, source: Parameters<typeof tableFromRows>[0]): Promise<void> {
  const table = await tableFromRows(source, [
    { name: 'driver_id', type: int64 },
    { name: 'event_timestamp', type: unixTimestamp },
    { name: 'created', type: unixTimestamp },
    { name: 'conv_rate', type: float32 },
    { name: 'trips', type: int64 },
  ])
  const config = parseConfig({ project: 'p', registry: 'registry.db' })
  const context = await openContext(config, repoPath, async () => undefined, {})
  const batches = (async function* () {
    yield* table.batches
  })()
  const path = join(repoPath, 'stats.parquet')
  await (await context.offlineStore()).persist(
    batches,
    { kind: 'file', path, s3EndpointOverride: '' },
    { overwrite: false },
  )
  await context.close()
}
