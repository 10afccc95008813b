import { type Clock, systemClock } from '../../src/base/clock.ts'
import type { RegistryStore } from '../../src/plugin/registry-store.ts'
import { openFileRegistryStore } from '../../src/registry/file/file-registry-store.ts'
import { testConfig, testStoreOptions } from '../../src/testing/store-options.ts'

/** A file registry for tests. */
export function openStoreAt(
  path: string,
  repoPath: string,
  clock: Clock = systemClock,
  registryOptions: Readonly<Record<string, unknown>> = {},
): Promise<RegistryStore> {
  const options = testStoreOptions({ type: 'file', options: {} }, repoPath)
  const registry = { ...options.store.registry, path, options: registryOptions }
  return openFileRegistryStore({ ...options, clock, store: testConfig({ registry }) })
}
