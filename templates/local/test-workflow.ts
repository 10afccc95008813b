// The whole way of a feature, from its definition to a served value. Run it with: npm run workflow
import { openStore } from 'feast-ts'
import { driverActivityFresh, driverActivityV2, driverStats, driverStatsPush, tripFare } from './features.ts'

const store = await openStore('.')

console.log('--- apply ---')
const plan = await store.apply()
console.log(`${plan.registry.length} definitions, ${plan.infrastructure.length} tables`)

console.log('--- training rows, each with the values of its own time ---')
const now = new Date()
const hoursAgo = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000)
const training = store.getHistoricalFeatures({
  features: [driverStats, tripFare],
  entities: [
    { driver_id: 1001, event_timestamp: hoursAgo(72), distance_km: 4, price_per_km: 2, trip_completed: 1 },
    { driver_id: 1002, event_timestamp: hoursAgo(48), distance_km: 9, price_per_km: 2, trip_completed: 0 },
    { driver_id: 1003, event_timestamp: hoursAgo(24), distance_km: 2, price_per_km: 3, trip_completed: 1 },
  ],
})
console.table(await training.toRows())

console.log('--- load the latest values into the online store ---')
const summary = await store.materializeIncremental({ end: now })
for (const view of summary.views) console.log(`${view.view}: ${view.written} keys`)

console.log('--- read them ---')
const online = await store.getOnlineFeatures({
  features: driverActivityV2,
  entities: [
    { driver_id: 1001, distance_km: 4, price_per_km: 2 },
    { driver_id: 1002, distance_km: 4, price_per_km: 2 },
  ],
})
console.table(online.rows())

console.log('--- push a fresh value and read it ---')
await store.push({
  source: driverStatsPush,
  rows: [{ driver_id: 1001, event_timestamp: now, created: now, conv_rate: 1, acc_rate: 1, avg_daily_trips: 1000 }],
  to: 'online',
})
const fresh = await store.getOnlineFeatures({ features: driverActivityFresh, entities: [{ driver_id: 1001 }] })
console.table(fresh.rows())

await store.close()
