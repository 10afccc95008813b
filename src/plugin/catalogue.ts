import type { ComputeEngine } from './compute-engine.ts'
import type { OfflineStore } from './offline-store.ts'
import type { OnlineStore } from './online-store.ts'
import type { RegistryStore } from './registry-store.ts'
import type { StoreOptions } from './store-options.ts'

/** Loads a plug-in's module and opens the store. The module is imported when it is first needed, not before. */
type Open<Store> = (options: StoreOptions) => Promise<Store>

/** The stores of this version by Feast's `type:`. Adding a store adds a row here and nothing elsewhere. */
export const onlineStores: Readonly<Record<string, Open<OnlineStore>>> = {
  sqlite: async (options) => (await import('../online/sqlite/sqlite-online-store.ts')).openSqliteOnlineStore(options),
}

const openDuckdb: Open<OfflineStore> = async (options) =>
  (await import('../offline/duckdb/duckdb-offline-store.ts')).openDuckdbOfflineStore(options)

/** One embedded engine answers to three of Feast's names. */
export const offlineStores: Readonly<Record<string, Open<OfflineStore>>> = {
  file: openDuckdb,
  dask: openDuckdb,
  duckdb: openDuckdb,
}

export const registryStores: Readonly<Record<string, Open<RegistryStore>>> = {
  file: async (options) => (await import('../registry/file/file-registry-store.ts')).openFileRegistryStore(options),
}

/** Feast's `batch_engine` types: what materializes. */
export const computeEngines: Readonly<Record<string, () => Promise<ComputeEngine>>> = {
  local: async () => (await import('../compute/local/local-compute-engine.ts')).localComputeEngine,
}
