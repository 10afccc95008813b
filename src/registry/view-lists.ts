import type { AnyFeatureView } from '../model/feature-view.ts'
import type { RegistryKind } from '../model/registry-contents.ts'

/** The list of the registry that holds views of each kind. */
export const viewLists = {
  featureView: 'featureViews',
  onDemandFeatureView: 'onDemandFeatureViews',
  streamFeatureView: 'streamFeatureViews',
  labelView: 'labelViews',
} as const satisfies Record<AnyFeatureView['kind'], RegistryKind>
