import { Duration, days, hours } from '../../src/base/instant.ts'
import { fileSource, pushSource } from '../../src/define/data-source.ts'
import { entity } from '../../src/define/entity.ts'
import { featureService } from '../../src/define/feature-service.ts'
import { featureView } from '../../src/define/feature-view.ts'
import { field } from '../../src/define/field.ts'
import { permission } from '../../src/define/permission.ts'
import type { Definition } from '../../src/model/definitions.ts'
import { array, float32, int64, string } from '../../src/types/data-type.ts'

export interface RidesOptions {
  readonly team: string
  /** After the last step of the golden: another feature in `trips`, and one service less. */
  readonly changed: boolean
}

/** The repository of make-apply-goldens.py, object by object. */
export function rides({ team, changed }: RidesOptions): readonly Definition[] {
  const driver = entity('driver', {
    joinKey: 'driver_id',
    type: int64,
    description: 'who drives',
    tags: { pii: 'no' },
  })
  const customer = entity('customer', { joinKey: 'customer_id' })
  const statsSource = fileSource('stats_source', { path: 'data/stats.parquet', createdTimestampColumn: 'created' })
  const tripsSource = fileSource('trips_source', {
    path: 'data/trips.parquet',
    timestampField: 'at',
    fieldMapping: { amt: 'amount' },
    description: 'trips',
    owner: 'rides',
  })
  const pushed = pushSource('pushed_source', { batchSource: tripsSource })
  const stats = featureView('stats', { entities: [driver], source: statsSource, ttl: days(1), tags: { team } })
  const amount = field(float32, { description: 'paid', tags: { unit: 'eur' } })
  const trips = featureView('trips', {
    entities: [customer, driver],
    source: pushed,
    ttl: Duration.fromMicros(hours(2).micros + 5n),
    offline: true,
    schema: changed ? { amount, customer_id: string, riders: int64 } : { amount, customer_id: string },
  })
  const city = featureView('city', {
    source: fileSource('city_source', { path: 'data/city.parquet', timestampField: 'at' }),
    schema: { weather: array(string) },
    online: false,
    owner: 'weather',
  })
  const ranking = featureService(
    'ranking',
    ['stats:conv_rate', trips.withName('rides_taken').withJoinKeyMap({ driver_id: 'taken_by' })],
    { description: 'v1', tags: { a: '1', b: '2' } },
  )
  const readers = permission('readers', {
    types: ['FEATURE_VIEW'],
    policy: { kind: 'role', roles: ['reader'] },
    actions: ['DESCRIBE'],
  })
  const all: readonly Definition[] = [
    driver,
    customer,
    statsSource,
    tripsSource,
    pushed,
    stats,
    trips,
    city,
    ranking,
    readers,
  ]
  return changed ? all : [...all, featureService('weather_service', [city])]
}
