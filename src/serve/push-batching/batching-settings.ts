import { compatibilityRules } from '../../config/compatibility.ts'
import type { FeatureStoreConfig } from '../../config/feature-store-config.ts'

/** How pushes to the offline store are gathered. */
export interface BatchingSettings {
  /** Rows of a batch source that are written as soon as there are so many. */
  readonly batchRows: number
  /** How long a row waits at most. */
  readonly intervalSeconds: number
  /** Absolute: where rows are kept until they are written. */
  readonly folder: string
}

const standard = { batchRows: 1000, intervalSeconds: 30 }

/**
 * Null when pushes are written at once: batching is off, or a number that it needs is missing and Feast's ways are asked
 * for, which switches batching off then. The numbers have defaults otherwise.
 */
export function batchingSettings(config: FeatureStoreConfig, folder: string): BatchingSettings | null {
  const {
    offline_push_batching_enabled: enabled,
    offline_push_batching_batch_size: size,
    offline_push_batching_batch_interval_seconds: interval,
  } = config.featureServer ?? {}
  if (enabled !== true) return null
  const missing = typeof size !== 'number' || typeof interval !== 'number'
  if (missing && compatibilityRules(config).batchingNeedsBothNumbers) return null
  return {
    batchRows: typeof size === 'number' ? size : standard.batchRows,
    intervalSeconds: typeof interval === 'number' ? interval : standard.intervalSeconds,
    folder,
  }
}
