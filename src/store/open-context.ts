import { type Clock, systemClock } from '../base/clock.ts'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { type Logger, silentLogger } from '../base/logger.ts'
import { once } from '../base/once.ts'
import type { FeatureStoreConfig } from '../config/feature-store-config.ts'
import type { Definitions } from '../model/definitions.ts'
import type { OnDemandFunction } from '../model/transformation.ts'
import { offlineStores, onlineStores, registryStores } from '../plugin/catalogue.ts'
import type { OfflineStore } from '../plugin/offline-store.ts'
import type { OnlineStore } from '../plugin/online-store.ts'
import { CachedRegistry, type RegistryStatus } from '../registry/cached-registry.ts'
import { collectFunctions } from './feature-selection.ts'
import { openByType } from './open-by-type.ts'
import type { StoreContext } from './store-context.ts'

/** A context whose owner can read the registry anew and close all that was opened. */
export interface ClosableContext extends StoreContext {
  refresh(): ReturnType<StoreContext['contents']>
  registryStatus(): RegistryStatus
  close(): Promise<void>
}

/** A context that opens what it needs once, and all that was opened is closed by `close`. */
export async function openContext(
  config: FeatureStoreConfig,
  repoPath: string,
  definitions: () => Promise<Definitions | undefined>,
  options: {
    readonly clock?: Clock | undefined
    readonly logger?: Logger | undefined
    readonly registryTtlSeconds?: number | undefined
  },
): Promise<ClosableContext> {
  const clock = options.clock ?? systemClock
  const logger = options.logger ?? silentLogger
  const shared = { store: config, repoPath, clock, logger }
  const ttlSeconds = options.registryTtlSeconds ?? config.registry.cacheTtlSeconds
  const registry = await openByType('registry', registryStores, { ...shared, config: config.registry })
  const cache = new CachedRegistry({ store: registry, ttlSeconds, mode: config.registry.cacheMode, clock, logger })
  const onlineStore = once((): Promise<OnlineStore> => {
    const { onlineStore: block } = config
    if (block === null) throw noOnlineStore(config)
    return openByType('online_store', onlineStores, { ...shared, config: block })
  })
  const offlineStore = once(
    (): Promise<OfflineStore> => openByType('offline_store', offlineStores, { ...shared, config: config.offlineStore }),
  )
  const functions = once(async () => {
    const found = new Map<string, OnDemandFunction>()
    for (const view of (await definitions())?.onDemandFeatureViews ?? []) collectFunctions(view, found)
    return found
  })
  return {
    config,
    project: config.project,
    repoPath,
    clock,
    logger,
    registry,
    contents: () => cache.contents(),
    refresh: () => cache.refresh(),
    registryStatus: () => cache.status,
    remember: (contents) => cache.remember(contents),
    onlineStore,
    offlineStore,
    onDemandFunction: async (viewName) => (await functions()).get(viewName),
    close: async () => {
      const opened = [onlineStore.made(), offlineStore.made()]
      const closed = opened.map(async (store) => (await store?.catch(() => undefined))?.close())
      await Promise.all([...closed, registry.close()])
    },
  }
}

function noOnlineStore(config: FeatureStoreConfig): FeatureStoreError {
  return new FeatureStoreError('FTS5009', {
    message: `The project "${config.project}" has no online store: its configuration says online_store: null.`,
    field: 'online_store',
  })
}
