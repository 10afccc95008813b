import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import { versionNumber } from '../model/version-number.ts'

/** `latest`, or `vN` for any spelling of a pinned version. */
export function normalVersion(version: string): string {
  const number = versionNumber(version) ?? null
  return number === null ? 'latest' : `v${number}`
}

/** The number of a pinned version; null for the latest. @throws FTS2010 when the text is neither. */
export function pinnedVersion(view: AnyFeatureView): number | null {
  const number = versionNumber(view.version)
  if (number !== undefined) return number
  throw new FeatureStoreError('FTS2010', {
    message: `The version "${view.version}" of "${view.name}" is neither "latest" nor of the form "v2".`,
    field: 'version',
  })
}
