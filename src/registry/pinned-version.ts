import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'

const pinPattern = /^v(?:ersion)?(\d+)$/i

/** `latest`, or `vN` for any spelling of a pinned version. */
export function normalVersion(version: string): string {
  const pin = pinPattern.exec(version)
  return pin === null ? 'latest' : `v${Number(pin[1])}`
}

/** The number of a pinned version; null for the latest. @throws FTS3304 when the text is neither. */
export function pinnedVersion(view: AnyFeatureView): number | null {
  if (view.version === '' || view.version.toLowerCase() === 'latest') return null
  const pin = pinPattern.exec(view.version)
  if (pin !== null) return Number(pin[1])
  throw new FeatureStoreError('FTS3304', {
    message: `The version "${view.version}" of view "${view.name}" is neither "latest" nor a number such as "v2".`,
  })
}
