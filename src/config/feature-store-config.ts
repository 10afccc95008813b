/** A `feature_store.yaml` after validation. Source of keys and defaults: Feast's `RepoConfig`. */
export interface FeatureStoreConfig {
  readonly project: string
  readonly projectDescription: string
  readonly provider: string
  readonly registry: RegistryConfig
  /** Null when the file says `online_store: null`: nothing is served. */
  readonly onlineStore: StoreConfig | null
  readonly offlineStore: StoreConfig
  readonly batchEngine: StoreConfig
  readonly auth: StoreConfig
  /** The blocks `feature_server` and `serving` in one, as written; null when the file has neither. */
  readonly featureServer: Readonly<Record<string, unknown>> | null
  readonly entityKeySerializationVersion: 2 | 3
  readonly coerceTzAware: boolean
  /** `feast` where the answers of servers are to be Feast's own, its faults included; else null. */
  readonly compatibility: 'feast' | null
  readonly materialization: MaterializationConfig
  /** Everything else that the file says, by its own key; kept for `feast configuration`. */
  readonly extra: Readonly<Record<string, unknown>>
  /** Path of the file; null when the configuration came from an object or the environment. */
  readonly path: string | null
}

/** Its `type` is the key `registry_type`. */
export interface RegistryConfig extends StoreConfig {
  readonly path: string
  /** 0 means that a cached registry never expires. */
  readonly cacheTtlSeconds: number
  readonly cacheMode: 'sync' | 'thread'
}

/** The block of one store, engine or auth manager. */
export interface StoreConfig {
  /** Feast's short name, or a class path or package. */
  readonly type: string
  /** The rest of the block, keys in Feast's spelling. */
  readonly options: Readonly<Record<string, unknown>>
}

export interface MaterializationConfig {
  readonly pullLatestFeatures: boolean
  /** Rows per online write; null means the engine's own batch. */
  readonly onlineWriteBatchSize: number | null
}
