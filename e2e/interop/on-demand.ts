import { float64, onDemandFeatureView, requestSource } from 'feast-ts'
import { stats } from './definitions.ts'

const trip = requestSource('trip', { distance_km: float64 })

export const fare = onDemandFeatureView('fare', {
  sources: { stats, trip },
  schema: { expected_fare: float64 },
  transform: ({ stats, trip }) => ({
    expected_fare: stats.conv_rate === null ? null : stats.conv_rate * trip.distance_km,
  }),
})
