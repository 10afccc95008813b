import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { didYouMean, suggestion } from '../base/suggest.ts'
import type { OnDemandFeatureView, StoredFeatureView } from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import type { Field } from '../model/field.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { parseFeatureReference } from './feature-reference.ts'
import { getAnyFeatureView, getFeatureService } from './lookup.ts'
import type { FeatureSelection } from './resolved-features.ts'
import { featureViewVersion } from './view-version.ts'

/** Settings of a registry that decide what may be read. */
export interface ReadSettings {
  /** `registry.enable_online_feature_view_versioning`: whether `view@vN` is understood. Default false. */
  readonly versions?: boolean | undefined
  /** `registry.serve_features_while_materializing`. Default false. */
  readonly serveWhileMaterializing?: boolean | undefined
}

/** One mention of a view in a request, with its names looked up. */
export interface RequestedView<V = StoredFeatureView | OnDemandFeatureView> {
  readonly view: V
  /** Alias or name, with `@vN` when a version was asked for. */
  readonly name: string
  readonly version: number | null
  readonly joinKeyMap: Readonly<Record<string, string>>
  readonly features: readonly Field[]
}

export function isOnDemand(mention: RequestedView): mention is RequestedView<OnDemandFeatureView> {
  return mention.view.kind === 'onDemandFeatureView'
}

export function isStored(mention: RequestedView): mention is RequestedView<StoredFeatureView> {
  return mention.view.kind !== 'onDemandFeatureView'
}

/** Registry, project and settings that names are looked up with. */
export interface LookupScope {
  readonly contents: RegistryContents
  readonly project: string
  readonly settings: ReadSettings
}

/** The mentions of a selection, in request order. @throws FTS2101 … FTS2108, FTS3104, FTS3105. */
export function requestedViews(scope: LookupScope, selection: FeatureSelection): readonly RequestedView[] {
  const items =
    selection.kind === 'references'
      ? selection.references
      : getFeatureService(scope.contents, scope.project, selection.service.name).projections
  if (items.length === 0) {
    const whose = selection.kind === 'service' ? `The feature service "${selection.service.name}"` : 'The request'
    throw new FeatureStoreError('FTS2102', { message: `${whose} names no feature.`, field: 'features' })
  }
  return items.map((item) => (typeof item === 'string' ? byReference(scope, item) : byProjection(scope, item)))
}

function byReference(scope: LookupScope, text: string): RequestedView {
  const { viewName, version, feature } = parseFeatureReference(text)
  const view = servableView(scope, viewName, version)
  const features = feature === null ? view.features : [fieldOf(view, feature)]
  return { view, name: versionedName(viewName, version), version, joinKeyMap: {}, features }
}

/** The view of a projection, as the registry has it now: the projection only says which of its features are meant. */
export function byProjection(scope: LookupScope, projection: FeatureViewProjection): RequestedView {
  const view = servableView(scope, projection.viewName, projection.version)
  const features =
    projection.features.length === 0 ? view.features : projection.features.map((field) => fieldOf(view, field.name))
  const name = projection.alias === '' ? versionedName(projection.viewName, projection.version) : projection.alias
  return { view, name, version: projection.version, joinKeyMap: projection.joinKeyMap, features }
}

function versionedName(name: string, version: number | null): string {
  return version === null ? name : `${name}@v${version}`
}

function servableView(
  scope: LookupScope,
  name: string,
  version: number | null,
): StoredFeatureView | OnDemandFeatureView {
  const view =
    version === null
      ? getAnyFeatureView(scope.contents, scope.project, name)
      : featureViewVersion(scope.contents, scope.project, name, version, scope.settings.versions ?? false)
  if (view.kind === 'labelView') {
    throw new FeatureStoreError('FTS2103', {
      message: `"${name}" is a label view, and label views serve no features.`,
      field: 'features',
    })
  }
  if (!view.enabled) {
    throw new FeatureStoreError('FTS2103', {
      message: `The feature view "${name}" is disabled and serves no features.`,
      field: 'features',
      notes: [`enable it: feast feature-views enable ${name}`],
    })
  }
  const serves =
    view.state === 'UNSPECIFIED' ||
    view.state === 'AVAILABLE_ONLINE' ||
    (view.state === 'MATERIALIZING' && (scope.settings.serveWhileMaterializing === true || servedBefore(view)))
  if (!serves) {
    throw new FeatureStoreError('FTS2103', {
      message: `The feature view "${name}" is in state ${view.state} and serves no features.`,
      field: 'features',
      notes: ['views in state AVAILABLE_ONLINE serve: materialize the view, or wait until it is done'],
    })
  }
  return view
}

/** What was loaded earlier is still there while more is loaded. */
function servedBefore(view: StoredFeatureView | OnDemandFeatureView): boolean {
  return view.kind !== 'onDemandFeatureView' && view.intervals.length > 0
}

function fieldOf(view: StoredFeatureView | OnDemandFeatureView, name: string): Field {
  const field = view.features.find((each) => each.name === name)
  if (field !== undefined) return field
  const names = view.features.map((each) => each.name)
  const near = didYouMean(name, names)
  throw new FeatureStoreError('FTS2104', {
    message: `The view "${view.name}" has no feature "${name}".${suggestion(name, names)}`,
    hint: near === undefined ? undefined : `did you mean "${view.name}:${near}"?`,
    notes: [`features of ${view.name}: ${names.join(', ')}`],
    field: 'features',
  })
}
