import { test } from 'node:test'
import { given } from 'feast-ts/testing'
import { driverStats, tripFare } from './features.ts'

const rows = [
  { driver_id: 1001, event_timestamp: '2026-01-02T09:00Z', created: '2026-01-02T09:05', conv_rate: 0.5 },
  { driver_id: 1001, event_timestamp: '2026-01-02T10:00Z', created: '2026-01-02T10:05', conv_rate: 0.75 },
]

test('a driver has the conversion rate of the last full hour', () => {
  given(rows).at('2026-01-02T09:30Z').expect(driverStats, { driver_id: 1001 }, { conv_rate: 0.5 })
  given(rows).at('2026-01-02T10:00Z').expect(driverStats, { driver_id: 1001 }, { conv_rate: 0.75 })
})

test('a rate from before yesterday does not count', () => {
  given(rows).at('2026-01-04T00:00Z').expect(driverStats, { driver_id: 1001 }, { conv_rate: null })
})

test('the expected fare is the fare times the conversion rate', () => {
  const trip = { driver_id: 1001, distance_km: 10, price_per_km: 2 }
  given(rows).at('2026-01-02T11:00Z').expect(tripFare, trip, { fare: 20, expected_fare: 15 })
})
