import { type Clock, systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import type { FeatureStoreConfig } from '../../src/config/feature-store-config.ts'
import type { RegistryStore } from '../../src/plugin/registry-store.ts'
import { openFileRegistryStore } from '../../src/registry/file/file-registry-store.ts'

/** A file registry for tests: the parts of the configuration that it does not read are plain defaults. */
export function openStoreAt(path: string, repoPath: string, clock: Clock = systemClock): Promise<RegistryStore> {
  const store: FeatureStoreConfig = {
    project: 'p',
    projectDescription: '',
    provider: 'local',
    registry: { type: 'file', path, cacheTtlSeconds: 600, cacheMode: 'sync', options: {} },
    onlineStore: null,
    offlineStore: { type: 'file', options: {} },
    batchEngine: { type: 'local', options: {} },
    auth: { type: 'no_auth', options: {} },
    featureServer: null,
    entityKeySerializationVersion: 3,
    coerceTzAware: true,
    materialization: { pullLatestFeatures: false, onlineWriteBatchSize: null },
    extra: {},
    path: null,
  }
  return openFileRegistryStore({
    config: { type: 'file', options: {} },
    store,
    repoPath,
    clock,
    logger: silentLogger,
  })
}
