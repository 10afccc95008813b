import { batchEngineTypes } from './batch-engine-keys.ts'
import type { StoreType } from './config-key.ts'
import { authTypes, registryTypes, type storeKeys } from './feature-store-keys.ts'
import { offlineStoreTypes } from './offline-store-keys.ts'
import { onlineStoreTypes } from './online-store-keys.ts'

/** A key of `feature_store.yaml` whose block depends on a type. */
export type StoreKind = (typeof storeKeys)[number]

/** Every type that Feast 0.67 has by a short name, whether it is built in here or not. */
export const storeTypes: Readonly<Record<StoreKind, Readonly<Record<string, StoreType | undefined>>>> = {
  registry: registryTypes,
  online_store: onlineStoreTypes,
  offline_store: offlineStoreTypes,
  batch_engine: batchEngineTypes,
  auth: authTypes,
}

/** The type of a block that names none. */
export const standardTypes: Readonly<Record<StoreKind, string>> = {
  registry: 'file',
  online_store: 'sqlite',
  offline_store: 'dask',
  batch_engine: 'local',
  auth: 'no_auth',
}

/** The key of a block that names its type. */
export function selectorOf(kind: StoreKind): 'type' | 'registry_type' {
  return kind === 'registry' ? 'registry_type' : 'type'
}

/** Feast's short name of a type; a class path of Feast's own becomes its short name, another one stays as it is. */
export function typeNamed(kind: StoreKind, name: string): string {
  if (!name.startsWith('feast.')) return name
  const className = name.slice(name.lastIndexOf('.') + 1)
  const short = Object.entries(storeTypes[kind]).find(([, type]) => type?.className === className)
  return short?.[0] ?? name
}
