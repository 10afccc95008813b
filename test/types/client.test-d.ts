// Compiled by public-types.test.ts, never run: what the compiler knows of a client's answers.
import { entity, featureService, featureView, fileSource, float32, type Instant, int64, unixTimestamp } from 'feast-ts'
import { createClient } from 'feast-ts/client'
import { expectTypeOf } from 'vitest'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const stats = featureView('stats', {
  entities: [driver],
  schema: { conv_rate: float32, trips: int64, seen: unixTimestamp },
  source: fileSource('stats', { path: 'data/stats.parquet', timestampField: 'event_timestamp' }),
})
const ranking = featureService('ranking', [stats])

const client = createClient({ url: 'http://127.0.0.1:6566', headers: async () => ({ authorization: 'Bearer x' }) })
const answer = await client.getOnlineFeatures({ features: ranking, entities: [{ driver_id: 1001 }] })
expectTypeOf(answer.rows()[0]?.driver_id).toEqualTypeOf<bigint | undefined>()
expectTypeOf(answer.column('trips')).toEqualTypeOf<readonly (bigint | null)[]>()
expectTypeOf(answer.column('seen')).toEqualTypeOf<readonly (Instant | null)[]>()
// @ts-expect-error there is no such feature
answer.column('trip')
// @ts-expect-error the join key is missing
await client.getOnlineFeatures({ features: ranking, entities: [{}] })
// @ts-expect-error a text is no key of this type
await client.getOnlineFeatures({ features: [stats], entities: [{ driver_id: 'x' }] })

const full = await client.getOnlineFeatures({
  features: [stats],
  entities: [{ driver_id: 1n }],
  fullFeatureNames: true,
})
expectTypeOf(full.rows()[0]?.stats__conv_rate).toEqualTypeOf<number | null | undefined>()
await client.getOnlineFeatures({ features: ['stats:trips'], entities: { driver_id: [1001, 1002] } })
const named = await client.getOnlineFeatures({ featureService: 'ranking', entities: [{ driver_id: 1 }] })
named.column('anything')
// @ts-expect-error rows go online, offline or both
await client.push({ source: 'feed', rows: [], to: 'sideways' })
