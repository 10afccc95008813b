import type { ComputeEngine } from './compute-engine.ts'
import type { OfflineStore } from './offline-store.ts'
import type { OnlineStore, OnlineStoreCapabilities } from './online-store.ts'
import type { RegistryStore } from './registry-store.ts'
import type { StoreOptions } from './store-options.ts'

/** A package that users of a store install themselves. */
export interface Driver {
  readonly package: string
  /** The versions that the store is made for, as npm writes ranges. */
  readonly range: string
}

/** What the catalogue knows of a store: how to import it, when it is first needed and not before. */
export interface StoreRow<Store, Module extends StoreModule<Store> = StoreModule<Store>> {
  readonly load: () => Promise<Module>
  readonly driver?: Driver
}

export interface StoreModule<Store> {
  readonly open: (options: StoreOptions) => Promise<Store>
}

export interface OnlineStoreModule extends StoreModule<OnlineStore> {
  readonly capabilities: OnlineStoreCapabilities
}

/** The stores of this version by Feast's `type:`. Adding a store adds a row here and nothing elsewhere. */
export const onlineStores: Readonly<Record<string, StoreRow<OnlineStore, OnlineStoreModule>>> = {
  sqlite: {
    load: async () => {
      const { openSqliteOnlineStore, sqliteCapabilities } = await import('../online/sqlite/sqlite-online-store.ts')
      return { open: openSqliteOnlineStore, capabilities: sqliteCapabilities }
    },
  },
  redis: {
    load: async () => {
      const { openRedisOnlineStore, redisCapabilities } = await import('../online/redis/redis-online-store.ts')
      return { open: openRedisOnlineStore, capabilities: redisCapabilities }
    },
  },
  postgres: {
    load: async () => {
      const { openPostgresOnlineStore, postgresCapabilities } = await import(
        '../online/postgres/postgres-online-store.ts'
      )
      return { open: openPostgresOnlineStore, capabilities: postgresCapabilities }
    },
    driver: { package: 'pg', range: '^8.13.0' },
  },
  mysql: {
    load: async () => {
      const { mysqlCapabilities, openMysqlOnlineStore } = await import('../online/mysql/mysql-online-store.ts')
      return { open: openMysqlOnlineStore, capabilities: mysqlCapabilities }
    },
    driver: { package: 'mysql2', range: '^3.11.0' },
  },
  dynamodb: {
    load: async () => {
      const { dynamodbCapabilities, openDynamodbOnlineStore } = await import(
        '../online/dynamodb/dynamodb-online-store.ts'
      )
      return { open: openDynamodbOnlineStore, capabilities: dynamodbCapabilities }
    },
    driver: { package: '@aws-sdk/client-dynamodb', range: '^3.1000.0' },
  },
}

const duckdb: StoreRow<OfflineStore> = {
  load: async () => ({ open: (await import('../offline/duckdb/duckdb-offline-store.ts')).openDuckdbOfflineStore }),
}

/** One embedded engine answers to three of Feast's names. */
export const offlineStores: Readonly<Record<string, StoreRow<OfflineStore>>> = { file: duckdb, dask: duckdb, duckdb }

export const registryStores: Readonly<Record<string, StoreRow<RegistryStore>>> = {
  file: {
    load: async () => ({ open: (await import('../registry/file/file-registry-store.ts')).openFileRegistryStore }),
  },
}

/** Feast's `batch_engine` types: what materializes. */
export const computeEngines: Readonly<Record<string, StoreRow<ComputeEngine>>> = {
  local: {
    load: async () => {
      const { localComputeEngine } = await import('../compute/local/local-compute-engine.ts')
      return { open: async () => localComputeEngine }
    },
  },
}
