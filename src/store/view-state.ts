import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { AnyFeatureView, FeatureViewState } from '../model/feature-view.ts'
import { putView } from '../registry/change.ts'
import { getAnyFeatureView } from '../registry/lookup.ts'
import type { StoreContext } from './store-context.ts'

/** The states that a view may go to from each one, as in Feast. */
const reachable: Readonly<Record<FeatureViewState, readonly FeatureViewState[]>> = {
  UNSPECIFIED: ['CREATED'],
  CREATED: ['GENERATED'],
  GENERATED: ['MATERIALIZING'],
  MATERIALIZING: ['AVAILABLE_ONLINE', 'GENERATED'],
  AVAILABLE_ONLINE: ['MATERIALIZING'],
}

export interface ViewChange {
  readonly view: AnyFeatureView
  /** False when the view was so already, and nothing was written. */
  readonly changed: boolean
}

/** Lets a view be served and materialized, or stops both. The next apply sets what its definition says. @throws FTS3104 */
export function setViewEnabled(context: StoreContext, name: string, enabled: boolean): Promise<ViewChange> {
  return changeView(context, name, (view) => (view.enabled === enabled ? view : { ...view, enabled }))
}

/** Moves a view to a state. @throws FTS3104 for an unknown view, FTS3402 when that state does not follow its present one. */
export function setViewState(context: StoreContext, name: string, state: FeatureViewState): Promise<ViewChange> {
  return changeView(context, name, (view) => {
    if (view.state === state) return view
    if (reachable[view.state].includes(state)) return { ...view, state }
    throw new FeatureStoreError('FTS3402', {
      message: `View "${name}" cannot go from state ${view.state} to ${state}.`,
      notes: [`from ${view.state} it can go to: ${reachable[view.state].join(', ')}`],
    })
  })
}

async function changeView(
  context: StoreContext,
  name: string,
  change: (view: AnyFeatureView) => AnyFeatureView,
): Promise<ViewChange> {
  let result: ViewChange | undefined
  const snapshot = await context.registry.transact(({ contents }) => {
    const view = getAnyFeatureView(contents, context.project, name)
    const next = change(view)
    result = { view: next, changed: next !== view }
    return next === view ? contents : putView(contents, { ...next, updatedAt: context.clock.now() })
  })
  context.remember(snapshot.contents)
  return result ?? { view: getAnyFeatureView(snapshot.contents, context.project, name), changed: false }
}
