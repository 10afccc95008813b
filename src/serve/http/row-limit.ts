import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'

/** @throws FTS7005 for a frame of more rows than a request may have. */
export function refuseManyRows(rows: number, most: number): void {
  if (rows <= most) return
  throw new FeatureStoreError('FTS7005', {
    message: `The request has ${rows} rows; the server takes at most ${most} at a time.`,
    field: 'df',
    notes: ['serving.limits.max_rows in feature_store.yaml is the limit'],
  })
}
