import { FeatureStoreError } from '../base/errors/feature-store-error.ts'

/** A parsed reference such as `driver_stats@v2:conv_rate`. */
export interface FeatureReference {
  readonly viewName: string
  /** Null for the current version, which `@latest` names too. */
  readonly version: number | null
  /** Null for a bare view name: all of its features. */
  readonly feature: string | null
}

/**
 * Reads `view:feature`, `view@vN:feature`, `view@latest:feature` or a bare view name. The first colon divides; an `@`
 * that no version follows belongs to the view's name.
 * @throws FTS2101 when the view or the feature is empty.
 */
export function parseFeatureReference(text: string): FeatureReference {
  const colon = text.indexOf(':')
  const viewPart = colon === -1 ? text : text.slice(0, colon)
  const feature = colon === -1 ? null : text.slice(colon + 1)
  const at = viewPart.lastIndexOf('@')
  const versionText = at === -1 ? undefined : viewPart.slice(at + 1)
  const version = versionText === undefined ? undefined : parseVersion(versionText)
  const viewName = version === undefined ? viewPart : viewPart.slice(0, at)
  if (viewName.trim() === '' || feature?.trim() === '') {
    throw new FeatureStoreError('FTS2101', {
      message: `The feature reference "${text}" lacks the name of the ${viewName.trim() === '' ? 'view' : 'feature'}.`,
      field: 'features',
      notes: ['references look like "view:feature", "view@v2:feature" or "view"'],
    })
  }
  return { viewName, version: version ?? null, feature }
}

/** A number, null for the latest, undefined when it is no version. */
function parseVersion(text: string): number | null | undefined {
  if (text === '' || text.toLowerCase() === 'latest') return null
  const match = /^[vV](\d+)$/.exec(text)
  return match === null ? undefined : Number(match[1])
}
