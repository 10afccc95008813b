import type { FeatureViewProjection } from './feature-view-projection.ts'
import type { Registered } from './registered.ts'

/** The features of one model version. */
export interface FeatureService extends Registered {
  readonly kind: 'featureService'
  readonly projections: readonly FeatureViewProjection[]
  readonly logging: LoggingConfig | null
  readonly precomputeOnline: boolean
}

export interface LoggingConfig {
  /** Share of the requests that are logged, 0 to 1. */
  readonly sampleRate: number
  readonly destination: LoggingDestination | null
}

export type LoggingDestination =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly s3EndpointOverride: string
      readonly partitionBy: readonly string[]
    }
  | { readonly kind: 'bigquery' | 'redshift' | 'snowflake' | 'athena'; readonly table: string }
  | {
      readonly kind: 'couchbase.columnar'
      readonly database: string
      readonly scope: string
      readonly collection: string
    }
  | { readonly kind: 'custom'; readonly type: string; readonly config: Readonly<Record<string, string>> }
