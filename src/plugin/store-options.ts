import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { FeatureStoreConfig, StoreConfig } from '../config/feature-store-config.ts'

/** What a store is opened with. */
export interface StoreOptions {
  /** The store's own block of the configuration. */
  readonly config: StoreConfig
  /** The whole configuration, for settings that stores share. */
  readonly store: FeatureStoreConfig
  /** Absolute path of the feature repository, the base of relative paths. */
  readonly repoPath: string
  readonly clock: Clock
  readonly logger: Logger
}
