import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { definitionsUsedBy } from '../define/definition.ts'
import type { FeatureRequest } from '../define/request.ts'
import { projectionOf } from '../define/selection.ts'
import type { AnyFeatureView, OnDemandFeatureView } from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import type { OnDemandFunction } from '../model/transformation.ts'
import { parseFeatureReference } from '../registry/feature-reference.ts'
import type { FeatureSelection } from '../registry/resolved-features.ts'
import type { OnDemandFunctions } from './on-demand.ts'

/** What features may be asked for with: a feature service, or references, views and selections of views. */
export type FeaturesInput = FeatureRequest

/** A request's features, with the functions of on-demand views that came with it. */
export interface GivenFeatures {
  readonly selection: FeatureSelection
  readonly functions: OnDemandFunctions
}

/** Reads what a caller gave, without a look at the registry. @throws FTS2101, FTS2102 */
export function givenFeatures(input: FeaturesInput): GivenFeatures {
  const functions = new Map<string, OnDemandFunction>()
  if ('kind' in Object(input)) {
    if (!('projections' in input)) throw unknownItem(input)
    collectFunctions(input, functions)
    return { selection: { kind: 'service', service: input }, functions }
  }
  if (!Array.isArray(input)) throw unknownItem(input)
  if (input.length === 0) {
    throw new FeatureStoreError('FTS2102', { message: 'The request names no feature.', field: 'features' })
  }
  const references = input.map((item: unknown) => {
    if (typeof item === 'object' && item !== null) collectFunctions(item, functions)
    return toReference(item)
  })
  return { selection: { kind: 'references', references }, functions }
}

function toReference(item: unknown): string | FeatureViewProjection {
  if (typeof item === 'string') {
    parseFeatureReference(item)
    return item
  }
  if (isProjection(item)) return item
  // A view in a list is its current definition, whatever version it is pinned to.
  if (isView(item)) return { ...projectionOf(item), version: null }
  throw unknownItem(item)
}

function isProjection(item: unknown): item is FeatureViewProjection {
  return typeof item === 'object' && item !== null && 'viewName' in item
}

function isView(item: unknown): item is AnyFeatureView {
  return typeof item === 'object' && item !== null && 'entityColumns' in item
}

function unknownItem(item: unknown): FeatureStoreError {
  const kind = typeof item === 'object' && item !== null && 'kind' in item ? String(item.kind) : undefined
  const what = kind ?? (typeof item === 'string' ? `the text "${item}"` : `a value of type ${typeof item}`)
  return new FeatureStoreError('FTS2101', {
    message: `Features are asked for with a list of references, views or selections, or with one feature service; this is ${what}.`,
    field: 'features',
    notes: ['such as ["driver_stats:conv_rate"], [driverStats], [driverStats.select("conv_rate")] or driverService'],
  })
}

/** Finds the live functions of an on-demand view and of all that it, a selection or a service was made from. */
export function collectFunctions(definition: object, into: Map<string, OnDemandFunction>): void {
  if (isOnDemandView(definition) && definition.function !== undefined) into.set(definition.name, definition.function)
  for (const used of definitionsUsedBy(definition)) collectFunctions(used, into)
}

function isOnDemandView(value: object): value is OnDemandFeatureView {
  return 'kind' in value && value.kind === 'onDemandFeatureView'
}
