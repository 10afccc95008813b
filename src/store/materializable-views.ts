import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { AnyFeatureView, OnDemandFeatureView, StoredFeatureView } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { getAnyFeatureView, listObjects } from '../registry/lookup.ts'

export type MaterializableView = StoredFeatureView | OnDemandFeatureView

/**
 * The views of a materialization: those named, else all that are enabled and served online. All are checked before the
 * first is begun.
 * @throws FTS3104 for an unknown name, FTS6003 for a view that is not materialized, FTS6004 for one that this version
 * cannot compute.
 */
export function viewsToMaterialize(
  contents: RegistryContents,
  project: string,
  names: readonly string[] | undefined,
): readonly MaterializableView[] {
  const views =
    names === undefined
      ? allViews(contents, project)
      : names.map((name) => {
          const view = getAnyFeatureView(contents, project, name)
          if (isMaterializable(view)) return view
          throw notMaterialized(view)
        })
  for (const view of views) refuseComputation(view)
  return views
}

function allViews(contents: RegistryContents, project: string): readonly MaterializableView[] {
  const views: readonly AnyFeatureView[] = [
    ...listObjects(contents, 'featureViews', project),
    ...listObjects(contents, 'streamFeatureViews', project),
    ...listObjects(contents, 'onDemandFeatureViews', project),
  ]
  return views.filter(isMaterializable)
}

function isMaterializable(view: AnyFeatureView): view is MaterializableView {
  if (!view.enabled || view.kind === 'labelView') return false
  return view.kind === 'onDemandFeatureView' ? view.writeToOnlineStore : view.online
}

function notMaterialized(view: AnyFeatureView): FeatureStoreError {
  const [fault, note] = !view.enabled
    ? ['is disabled', `enable it: feast feature-views enable ${view.name}`]
    : view.kind === 'labelView'
      ? ['is a label view, whose values are pushed', 'push labels through its push source']
      : view.kind === 'onDemandFeatureView'
        ? ['is computed when it is read', 'an on-demand view is materialized when it has writeToOnlineStore']
        : ['is not configured to be served online', 'set `online: true` in its definition and apply']
  return new FeatureStoreError('FTS6003', {
    message: `The feature view "${view.name}" ${fault}.`,
    field: 'views',
    notes: [note],
  })
}

/**
 * Feast's local engine groups a stream view's rows by entity name and drops their times, so that no aggregation ever
 * succeeds there; and it runs the Python function of a batch view. Neither is done here.
 */
function refuseComputation(view: MaterializableView): void {
  if (view.kind === 'onDemandFeatureView') return
  const aggregates = view.kind === 'streamFeatureView' && view.aggregations.length > 0
  if (!aggregates && view.transformation === null) return
  throw new FeatureStoreError('FTS6004', {
    message: aggregates
      ? `The stream feature view "${view.name}" aggregates (${view.aggregations.map(({ function: name, column }) => `${name} of ${column}`).join(', ')}), which the local engine does not do.`
      : `The feature view "${view.name}" has a transformation of mode "${view.transformation?.mode ?? view.mode}", which the local engine does not run.`,
    field: 'views',
  })
}
