import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import type { FeatureStoreConfig, StoreConfig } from '../config/feature-store-config.ts'
import type { StoreOptions } from '../plugin/store-options.ts'

/** A configuration with Feast's defaults, for tests of stores and use cases. */
export function testConfig(change: Partial<FeatureStoreConfig> = {}): FeatureStoreConfig {
  return {
    project: 'test',
    projectDescription: '',
    provider: 'local',
    registry: { type: 'file', path: 'data/registry.db', cacheTtlSeconds: 600, cacheMode: 'sync', options: {} },
    onlineStore: { type: 'sqlite', options: {} },
    offlineStore: { type: 'file', options: {} },
    batchEngine: { type: 'local', options: {} },
    auth: { type: 'no_auth', options: {} },
    featureServer: null,
    entityKeySerializationVersion: 3,
    coerceTzAware: true,
    compatibility: null,
    materialization: { pullLatestFeatures: false, onlineWriteBatchSize: null },
    extra: {},
    path: null,
    ...change,
  }
}

/** What a store is opened with, given its own block of the configuration. */
export function testStoreOptions(config: StoreConfig, repoPath: string): StoreOptions {
  return { config, store: testConfig(), repoPath, clock: systemClock, logger: silentLogger }
}
