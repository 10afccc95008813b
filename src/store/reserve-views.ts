import type { Instant } from '../base/instant.ts'
import { type FeatureViewState, isStoredView, type StoredFeatureView } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { putView } from '../registry/change.ts'
import { findAnyFeatureView } from '../registry/lookup.ts'
import { viewsToMaterialize } from './materializable-views.ts'
import type { StoreContext } from './store-context.ts'

/** A view that is kept for one materialization, and the state that it goes back to when that fails. */
export interface ReservedView {
  readonly view: string
  readonly before: FeatureViewState
  /** The view's time of change that goes with the mark, as text. */
  readonly markedAt: string
}

/** Either all views are reserved, or none because of those that others are working on; by name. */
export interface Reservation {
  readonly kind: 'reserved' | 'taken'
  readonly views: readonly string[]
}

export interface ReservationRequest {
  /** Without it all views that are served online. */
  readonly views?: readonly string[] | undefined
  /** Takes views over from whoever has them. */
  readonly force?: boolean | undefined
  /** Called with the views that are about to be marked, before they are: to know them if this process dies. */
  readonly onMark?: ((views: readonly ReservedView[]) => void) | undefined
}

/**
 * Marks views as being materialized, in one step for all: the state MATERIALIZING in the registry is how Feast's servers
 * keep each other from doing the same work. Views of which no windows are kept are left as they are. With `force`, views
 * that are marked already are taken over; they go back to GENERATED, as in Feast.
 * @throws FTS3104, FTS6003 and FTS6004 for views that cannot be materialized.
 */
export async function reserveViews(context: StoreContext, request: ReservationRequest): Promise<Reservation> {
  let result: Reservation = { kind: 'reserved', views: [] }
  const snapshot = await context.registry.transact(({ contents }) => {
    const all = viewsToMaterialize(contents, context.project, request.views)
    const views = all.filter(isStoredView)
    const taken = views.filter(({ state }) => state === 'MATERIALIZING').map(({ name }) => name)
    if (taken.length > 0 && request.force !== true) {
      result = { kind: 'taken', views: taken }
      return contents
    }
    result = { kind: 'reserved', views: all.map(({ name }) => name) }
    const before = (state: FeatureViewState): FeatureViewState => (state === 'MATERIALIZING' ? 'GENERATED' : state)
    const now = context.clock.now()
    const markedAt = now.toString()
    request.onMark?.(views.map(({ name, state }) => ({ view: name, before: before(state), markedAt })))
    return views.reduce((changed, view) => inState(changed, view, 'MATERIALIZING', now), contents)
  })
  context.remember(snapshot.contents)
  return result
}

/**
 * Gives back the views that are still marked: those whose materialization did not come to its end. With `ownMarks` only
 * the marks of this reservation count: after the end somebody else may have marked the same view.
 */
export async function releaseViews(
  context: StoreContext,
  views: readonly ReservedView[],
  { ownMarks = false }: { readonly ownMarks?: boolean } = {},
): Promise<void> {
  const snapshot = await context.registry.transact(({ contents }) =>
    views.reduce((changed, { view: name, before, markedAt }) => {
      const view = findAnyFeatureView(changed, context.project, name)
      if (view === undefined || !isStoredView(view) || view.state !== 'MATERIALIZING') return changed
      if (ownMarks && view.updatedAt?.toString() !== markedAt) return changed
      return inState(changed, view, before, context.clock.now())
    }, contents),
  )
  context.remember(snapshot.contents)
}

function inState(
  contents: RegistryContents,
  view: StoredFeatureView,
  state: FeatureViewState,
  updatedAt: Instant,
): RegistryContents {
  return putView(contents, { ...view, state, updatedAt })
}
