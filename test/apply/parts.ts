import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { frozenClock } from '../../src/base/clock.ts'
import { Instant } from '../../src/base/instant.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { collectDefinitions } from '../../src/define/collect-definitions.ts'
import { fileSource } from '../../src/define/data-source.ts'
import { entity } from '../../src/define/entity.ts'
import { featureView } from '../../src/define/feature-view.ts'
import type { Definition, Definitions } from '../../src/model/definitions.ts'
import type { FeatureView } from '../../src/model/feature-view.ts'
import { emptyRegistry } from '../../src/model/registry-contents.ts'
import { openSqliteOnlineStore } from '../../src/online/sqlite/sqlite-online-store.ts'
import type { OfflineStore } from '../../src/plugin/offline-store.ts'
import type { OnlineStore } from '../../src/plugin/online-store.ts'
import type { RegistryStore } from '../../src/plugin/registry-store.ts'
import type { StoreOptions } from '../../src/plugin/store-options.ts'
import { openFileRegistryStore } from '../../src/registry/file/file-registry-store.ts'
import { openMemoryRegistryStore } from '../../src/registry/memory/memory-registry-store.ts'
import type { StoreContext } from '../../src/store/store-context.ts'
import { type DataType, float64, int64 } from '../../src/types/data-type.ts'

export interface ApplyContext extends StoreContext {
  /** What the offline store was opened for, so that a test can see that it was not. */
  readonly opened: readonly string[]
  close(): Promise<void>
}

export interface ContextOptions {
  readonly project?: string
  readonly repoPath?: string
  /** A store, or `file` for the one that the configuration names. */
  readonly registry?: RegistryStore | 'file'
  readonly online?: (store: OnlineStore) => OnlineStore
  readonly now?: string
  readonly registryOptions?: Readonly<Record<string, unknown>>
  readonly withoutOnlineStore?: true
}

/** A store on real parts: SQLite and DuckDB in a folder, and a registry in memory unless another is given. */
export async function openParts(options: ContextOptions & { readonly repoPath: string }): Promise<ApplyContext> {
  const { repoPath } = options
  const project = options.project ?? 'rides'
  const config = parseConfig({
    project,
    project_description: 'Rides of a city',
    provider: 'local',
    registry: { path: 'data/registry.db', ...options.registryOptions },
    online_store: options.withoutOnlineStore === true ? null : { type: 'sqlite', path: 'data/online.db' },
    offline_store: { type: 'file' },
    entity_key_serialization_version: 3,
  })
  const clock = frozenClock(Instant.parse(options.now ?? '2026-01-01T00:00:00Z') ?? Instant.fromEpochSeconds(0))
  const storeOptions = (block: StoreOptions['config']): StoreOptions => ({
    config: block,
    store: config,
    repoPath,
    clock,
    logger: silentLogger,
  })
  const opened: string[] = []
  const offline: OfflineStore[] = []
  const registry = await openRegistry(options, storeOptions(config.offlineStore))
  const sqlite = await openSqliteOnlineStore(storeOptions(config.onlineStore ?? { type: 'sqlite', options: {} }))
  const online = options.online?.(sqlite) ?? sqlite
  return {
    config,
    project,
    repoPath,
    clock,
    logger: silentLogger,
    registry,
    opened,
    close: async () => {
      await sqlite.close()
      for (const store of offline) await store.close()
    },
    contents: async () => (await registry.load()).contents,
    remember: () => {},
    onlineStore: async () => online,
    offlineStore: async () => {
      opened.push('offline')
      const { openDuckdbOfflineStore } = await import('../../src/offline/duckdb/duckdb-offline-store.ts')
      const store = await openDuckdbOfflineStore(storeOptions(config.offlineStore))
      offline.push(store)
      return store
    },
    onDemandFunction: async () => undefined,
  }
}

async function openRegistry({ registry }: ContextOptions, options: StoreOptions): Promise<RegistryStore> {
  if (registry === 'file') return openFileRegistryStore(options)
  return registry ?? openMemoryRegistryStore(emptyRegistry, options.clock)
}

/** The definitions of a repository that exports these objects. */
export function repository(...objects: readonly Definition[]): Definitions {
  return collectDefinitions(objects.map((definition) => ({ definition })))
}

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })

export interface ViewOptions {
  readonly tags?: Readonly<Record<string, string>>
  readonly version?: string
}

/** A view of drivers with a source of its own. */
export function viewNamed(
  name: string,
  schema: Readonly<Record<string, DataType>> = { conv_rate: float64 },
  options: ViewOptions = {},
): FeatureView {
  const source = fileSource(`${name}_source`, { path: `data/${name}.parquet`, timestampField: 'at' })
  return featureView(name, { entities: [driver], source, schema, ...options })
}

/** Names of the tables in the SQLite file of a store. */
export function tablesIn(context: ApplyContext): readonly unknown[] {
  const database = new DatabaseSync(join(context.repoPath, 'data', 'online.db'))
  const rows = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all()
  database.close()
  return rows.map((row) => row.name)
}
