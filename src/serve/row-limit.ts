import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { ServingLimits } from './serving-settings.ts'

/** What is said of rows in a field of a request. */
const words = {
  df: { rows: 'rows', serves: 'takes' },
  entities: { rows: 'entity rows', serves: 'answers for' },
} as const

/** @throws FTS7005 for more rows than a request may have. */
export function refuseManyRows(field: keyof typeof words, count: number, { maxRows }: ServingLimits): void {
  if (count <= maxRows) return
  const { rows, serves } = words[field]
  throw new FeatureStoreError('FTS7005', {
    message: `The request has ${count} ${rows}; the server ${serves} at most ${maxRows} at a time.`,
    field,
    notes: ['serving.limits.max_rows in feature_store.yaml is the limit'],
  })
}
