import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { FeatureStoreConfig } from '../config/feature-store-config.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import type { OnDemandFunction } from '../model/transformation.ts'
import type { OfflineStore } from '../plugin/offline-store.ts'
import type { OnlineStore } from '../plugin/online-store.ts'
import type { RegistryStore } from '../plugin/registry-store.ts'

/** What every use case works with. Stores are opened when first asked for. */
export interface StoreContext {
  readonly config: FeatureStoreConfig
  readonly project: string
  /** Absolute; the base of relative paths. */
  readonly repoPath: string
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: RegistryStore
  /** The registry's contents, at most `registry.cache_ttl_seconds` old. */
  contents(): Promise<RegistryContents>
  /** Puts what a commit returned into the cache. */
  remember(contents: RegistryContents): void
  /** @throws FTS8001 when the type is not built in; FTS5xxx when `online_store: null`. */
  onlineStore(): Promise<OnlineStore>
  offlineStore(): Promise<OfflineStore>
  /** The live function of an on-demand view, from the user's own definitions; undefined when there is none. */
  onDemandFunction(viewName: string): Promise<OnDemandFunction | undefined>
}
