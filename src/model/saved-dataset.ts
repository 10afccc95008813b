import type { Instant } from '../base/instant.ts'
import type { Registered } from './registered.ts'

/** A training set that was kept, and where. */
export interface SavedDataset extends Registered {
  readonly kind: 'savedDataset'
  /** References such as `view:feature`. */
  readonly features: readonly string[]
  readonly joinKeys: readonly string[]
  readonly fullFeatureNames: boolean
  readonly storage: SavedDatasetStorage
  readonly featureServiceName: string
  readonly namespace: string
  readonly collection: string
  readonly minEventTimestamp: Instant | null
  readonly maxEventTimestamp: Instant | null
}

export type SavedDatasetStorage =
  | { readonly kind: 'file'; readonly path: string; readonly s3EndpointOverride: string }
  | {
      readonly kind: 'bigquery' | 'redshift' | 'snowflake' | 'trino' | 'spark' | 'athena'
      readonly table: string
      readonly query: string
      readonly options: Readonly<Record<string, string>>
    }
  | { readonly kind: 'custom' | 'unknown'; readonly configuration: Uint8Array }

/** A data set that others are compared with. Profilers belong to later work; the stored form keeps them. */
export interface ValidationReference extends Registered {
  readonly kind: 'validationReference'
  readonly savedDatasetName: string
}
