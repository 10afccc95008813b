import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { type FeatureReference, splitFeatureReference } from '../model/feature-reference.ts'

/** {@link splitFeatureReference} for a request. @throws FTS2101 when the view or the feature is empty. */
export function parseFeatureReference(text: string): FeatureReference {
  const reference = splitFeatureReference(text)
  const lacksView = reference.viewName.trim() === ''
  if (lacksView || reference.feature?.trim() === '') {
    throw new FeatureStoreError('FTS2101', {
      message: `The feature reference "${text}" lacks the name of the ${lacksView ? 'view' : 'feature'}.`,
      field: 'features',
      notes: ['references look like "view:feature", "view@v2:feature" or "view"'],
    })
  }
  return reference
}
