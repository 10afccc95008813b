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

/** Feast's short name of a type; a class path of Feast's own becomes its short name, another one stays as it is. */
export function typeNamed(kind: StoreKind, name: string): string {
  if (!name.startsWith('feast.')) return name
  const className = name.slice(name.lastIndexOf('.') + 1)
  const short = Object.entries(storeTypes[kind]).find(([, type]) => type?.className === className)
  return short?.[0] ?? name
}
