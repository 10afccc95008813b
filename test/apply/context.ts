import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { frozenClock } from '../../src/base/clock.ts'
import { Instant } from '../../src/base/instant.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { collectDefinitions } from '../../src/define/collect-definitions.ts'
import type { Definition, Definitions } from '../../src/model/definitions.ts'
import { emptyRegistry } from '../../src/model/registry-contents.ts'
import { openSqliteOnlineStore } from '../../src/online/sqlite/sqlite-online-store.ts'
import type { OnlineStore } from '../../src/plugin/online-store.ts'
import type { RegistryStore } from '../../src/plugin/registry-store.ts'
import type { StoreOptions } from '../../src/plugin/store-options.ts'
import { openMemoryRegistryStore } from '../../src/registry/memory/memory-registry-store.ts'
import type { StoreContext } from '../../src/store/store-context.ts'

export interface ApplyContext extends StoreContext {
  readonly options: StoreOptions
  /** What the offline store was opened for, so that a test can see that it was not. */
  readonly opened: readonly string[]
}

export interface ContextOptions {
  readonly project?: string
  readonly repoPath?: string
  readonly registry?: RegistryStore
  readonly online?: (store: OnlineStore) => OnlineStore
  readonly now?: string
  readonly registryOptions?: Readonly<Record<string, unknown>>
  readonly withoutOnlineStore?: true
}

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'apply-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A store on real parts: SQLite and DuckDB in a folder of its own, and a registry in memory unless one is given. */
export async function openContext(options: ContextOptions = {}): Promise<ApplyContext> {
  const repoPath = options.repoPath ?? (await temporaryFolder())
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
  const registry = options.registry ?? openMemoryRegistryStore(emptyRegistry, clock)
  const sqlite = await openSqliteOnlineStore(storeOptions(config.onlineStore ?? { type: 'sqlite', options: {} }))
  const online = options.online?.(sqlite) ?? sqlite
  onTestFinished(() => sqlite.close())
  return {
    config,
    project,
    repoPath,
    clock,
    logger: silentLogger,
    registry,
    options: storeOptions(config.offlineStore),
    opened,
    contents: async () => (await registry.load()).contents,
    remember: () => {},
    onlineStore: async () => online,
    offlineStore: async () => {
      opened.push('offline')
      const { openDuckdbOfflineStore } = await import('../../src/offline/duckdb/duckdb-offline-store.ts')
      const store = await openDuckdbOfflineStore(storeOptions(config.offlineStore))
      onTestFinished(() => store.close())
      return store
    },
    onDemandFunction: async () => undefined,
  }
}

/** The definitions of a repository that exports these objects. */
export function repository(...objects: readonly Definition[]): Definitions {
  return collectDefinitions(objects.map((definition) => ({ definition })))
}
