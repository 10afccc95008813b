import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FeatureStore, openStore } from '../../src/index.ts'

const features = `import { entity, featureView, fileSource, float64, int64, pushSource } from 'feast-ts'

export const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
export const stats = featureView('stats', {
  entities: [driver],
  schema: { rate: float64, trips: int64 },
  source: pushSource('stats_push', {
    batchSource: fileSource('stats_file', { path: 'data/stats.parquet', timestampField: 'ts' }),
  }),
})
`

/** A folder with a feature repository, applied, and values for drivers 0 to 99: what `feast serve` is started in. */
export class RidesRepository implements AsyncDisposable {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** `yaml` is added to the configuration. */
  static async make(yaml = ''): Promise<RidesRepository> {
    const folder = await mkdtemp(join(tmpdir(), 'serve-'))
    const online = yaml.includes('online_store') ? '' : 'online_store:\n  type: sqlite\n  path: online.db\n'
    await writeFile(join(folder, 'feature_store.yaml'), `project: rides\nregistry: registry.db\n${online}${yaml}`)
    await writeFile(join(folder, 'features.ts'), features)
    await using store: FeatureStore = await openStore(folder)
    await store.apply()
    const rows = Array.from({ length: 100 }, (_, driver) => {
      return { driver_id: driver, ts: new Date(), rate: driver / 100, trips: driver }
    })
    await store.push({ source: 'stats_push', rows })
    return new RidesRepository(folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
