import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { definitionsUsedBy } from '../define/definition.ts'
import type { FeatureService } from '../model/feature-service.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import type { OnDemandFunction } from '../model/transformation.ts'
import { parseFeatureReference } from '../registry/feature-reference.ts'
import type { FeatureSelection } from '../registry/resolved-features.ts'
import type { OnDemandFunctions } from './on-demand.ts'

/** A reference such as `view:feature`, a view (all its features), or a selection such as `view.select('feature')`. */
export type FeatureItem = string | AnyFeatureView | FeatureViewProjection

/** What features may be asked for with: a list of items, or a feature service. */
export type FeaturesInput = readonly FeatureItem[] | FeatureService

/** A request's features, with the functions of on-demand views that came with it. */
export interface GivenFeatures {
  readonly selection: FeatureSelection
  readonly functions: OnDemandFunctions
}

/** Reads what a caller gave, without a look at the registry. @throws FTS2101, FTS2102 */
export function givenFeatures(input: FeaturesInput): GivenFeatures {
  const functions = new Map<string, OnDemandFunction>()
  if (isService(input)) {
    collectFunctions(input, functions)
    return { selection: { kind: 'service', service: input }, functions }
  }
  if (!Array.isArray(input)) throw unknownItem(input)
  const items: readonly FeatureItem[] = input
  if (items.length === 0) {
    throw new FeatureStoreError('FTS2102', { message: 'The request names no feature.', field: 'features' })
  }
  const references = items.map((item) => {
    if (typeof item === 'object' && item !== null) collectFunctions(item, functions)
    return toReference(item)
  })
  return { selection: { kind: 'references', references }, functions }
}

function isService(input: FeaturesInput): input is FeatureService {
  return typeof input === 'object' && input !== null && 'kind' in input && input.kind === 'featureService'
}

function toReference(item: FeatureItem): string | FeatureViewProjection {
  if (typeof item === 'string') {
    parseFeatureReference(item)
    return item
  }
  if (typeof item === 'object' && item !== null) {
    if ('viewName' in item) return item
    if ('features' in item && 'entities' in item) return wholeView(item)
  }
  throw unknownItem(item)
}

function unknownItem(item: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS2101', {
    message: `Features are asked for by reference, view, selection or feature service; this is ${typeof item === 'string' ? `the text "${item}"` : `a ${typeof item}`}.`,
    field: 'features',
    notes: [
      'such as ["driver_stats:conv_rate"], [driverStats], [driverStats.select("conv_rate")] or a feature service',
    ],
  })
}

/** All features of a view, as the registry has it. */
function wholeView(view: AnyFeatureView): FeatureViewProjection {
  return {
    viewName: view.name,
    alias: '',
    features: [],
    joinKeyMap: {},
    timestampField: '',
    createdTimestampColumn: '',
    datePartitionColumn: '',
    batchSource: null,
    streamSource: null,
    version: null,
    viewType: '',
  }
}

/** The live functions of an on-demand view and of all that it, a selection or a service was made from. */
export function collectFunctions(definition: object, into: Map<string, OnDemandFunction>): void {
  if (isOnDemandView(definition) && definition.function !== undefined) into.set(definition.name, definition.function)
  for (const used of definitionsUsedBy(definition)) collectFunctions(used, into)
}

function isOnDemandView(value: object): value is Extract<AnyFeatureView, { kind: 'onDemandFeatureView' }> {
  return 'kind' in value && value.kind === 'onDemandFeatureView'
}
