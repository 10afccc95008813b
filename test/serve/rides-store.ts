import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  entity,
  type FeatureStore,
  featureService,
  featureView,
  fileSource,
  float64,
  hours,
  int64,
  onDemandFeatureView,
  openStore,
  pushSource,
  requestSource,
  string,
} from '../../src/index.ts'

/** Told when the function of `fare` runs. */
export const onDemand = { called: (): void => {} }

const driver = entity('driver', { joinKey: 'driver_id', type: int64, description: 'who drives' })
const feed = (name: string) =>
  pushSource(`${name}_push`, {
    batchSource: fileSource(`${name}_file`, { path: `data/${name}.parquet`, timestampField: 'ts' }),
  })
const stats = featureView('stats', {
  entities: [driver],
  ttl: hours(1),
  schema: { rate: float64, trips: int64 },
  source: feed('stats'),
})
const more = featureView('more', { entities: [driver], schema: { level: string }, source: feed('more') })
const trip = requestSource('trip', { distance: float64 })
const fare = onDemandFeatureView('fare', {
  sources: { stats, trip },
  schema: { price: float64 },
  transform: ({ stats: row, trip: { distance } }) => {
    onDemand.called()
    return { price: row.rate === null ? null : row.rate * distance }
  },
})
const drivers = featureService('drivers', [stats.select('trips'), more])

/** A feature store with two views, an on-demand view and a service, in a folder of its own. */
export class RidesStore implements AsyncDisposable {
  readonly store: FeatureStore
  readonly folder: string

  private constructor(store: FeatureStore, folder: string) {
    this.store = store
    this.folder = folder
  }

  /** `settings` go into the configuration: another online store, limits. Drivers 1 (now) and 2 (two hours ago) have values. */
  static async open(settings: Readonly<Record<string, unknown>> = {}): Promise<RidesStore> {
    const folder = await mkdtemp(join(tmpdir(), 'serve-'))
    const store = await openStore(
      {
        project: 'rides',
        provider: 'local',
        registry: 'registry.db',
        online_store: { type: 'sqlite', path: 'online.db' },
        ...settings,
      },
      { definitions: [driver, stats, fare, drivers, more], repoPath: folder, registryTtlSeconds: 0 },
    )
    await store.apply()
    const [now, earlier] = [new Date(), new Date(Date.now() - 2 * 3_600_000)]
    const rows = [
      { driver_id: 1, ts: now, rate: 0.5, trips: 5 },
      { driver_id: 2, ts: earlier, rate: null, trips: 2 },
    ]
    await store.push({ source: 'stats_push', rows })
    await store.push({ source: 'more_push', rows: [{ driver_id: 1, ts: now, level: 'gold' }] })
    return new RidesStore(store, folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}
