import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { getAnyFeatureView } from './lookup.ts'
import { restoreVersion, versionsOf } from './versions.ts'

/**
 * A view as it was in a version that its current definition has.
 * @throws FTS2108 when versions are switched off or the registry does not hold that one, FTS3104 for an unknown view.
 */
export function featureViewVersion(
  contents: RegistryContents,
  project: string,
  name: string,
  version: number,
  enabled: boolean,
): AnyFeatureView {
  if (!enabled) {
    throw new FeatureStoreError('FTS2108', {
      message: `"${name}@v${version}" names a version, and reading by version is switched off.`,
      field: 'features',
      notes: ['set enable_online_feature_view_versioning: true under registry in feature_store.yaml'],
    })
  }
  const current = getAnyFeatureView(contents, project, name)
  if ((current.currentVersion ?? 0) === version) return current
  const history = versionsOf(contents, project, name)
  const record = history.find((each) => each.version === version)
  const restored = record === undefined ? undefined : restoreVersion(current.kind, record)
  if (restored !== undefined) return { ...restored, currentVersion: version }
  const known = history.map((each) => `v${each.version}`)
  throw new FeatureStoreError('FTS2108', {
    message: `The registry holds no version ${version} of the feature view "${name}".`,
    field: 'features',
    notes: [`versions of ${name}: ${[...new Set([...known, `v${current.currentVersion ?? 0}`])].join(', ')}`],
  })
}
