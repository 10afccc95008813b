import type { FeatureService } from '../model/feature-service.ts'
import type { OnDemandFeatureView, StoredFeatureView } from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import type { Field } from '../model/field.ts'

/**
 * What a caller may ask for: references such as `view:feature`, bare view names (all features), projections such as
 * `view.select('feature')`, or a feature service, of which the registry's copy counts.
 */
export type FeatureSelection =
  | { readonly kind: 'references'; readonly references: readonly (string | FeatureViewProjection)[] }
  | { readonly kind: 'service'; readonly service: FeatureService }

/** A stored view's part in a request. */
export interface ResolvedView {
  readonly view: StoredFeatureView
  /** Alias or name, with `@vN` when a version was asked for: what full feature names begin with. */
  readonly name: string
  /** The version of a `view@vN` reference; null for the current one. */
  readonly version: number | null
  /** All features to read, requested or needed by an on-demand view, in request order. */
  readonly features: readonly ResolvedFeature[]
  /** Join keys in definition order with the column of the entity rows that holds them; empty without entities. */
  readonly joinKeys: readonly { readonly key: string; readonly column: string; readonly field: Field }[]
}

export interface ResolvedFeature {
  readonly field: Field
  /** Column name in the result; null for one that is only needed by an on-demand view. */
  readonly output: string | null
}

export interface ResolvedOnDemandView {
  readonly view: OnDemandFeatureView
  readonly name: string
  /** Outputs that are requested, then those that only other on-demand views need. */
  readonly features: readonly ResolvedFeature[]
  /** By source name in the definition: where its inputs come from. */
  readonly sources: Readonly<Record<string, ResolvedOnDemandSource>>
}

export type ResolvedOnDemandSource =
  | { readonly kind: 'request'; readonly fields: readonly Field[] }
  /** `view` is an element of {@link ResolvedFeatures.views}. */
  | { readonly kind: 'view'; readonly view: ResolvedView; readonly fields: readonly Field[] }
  /** `view` is an on-demand view that runs earlier. */
  | { readonly kind: 'onDemand'; readonly view: ResolvedOnDemandView; readonly fields: readonly Field[] }

/** A request with every name looked up. */
export interface ResolvedFeatures {
  /** In order of first mention, then those that only on-demand views need. */
  readonly views: readonly ResolvedView[]
  /** In the order in which they run. */
  readonly onDemandViews: readonly ResolvedOnDemandView[]
  /** Fields of all request sources, by name: columns that the entity rows must have. */
  readonly requestFields: readonly Field[]
  /** Names of the result's feature columns, in order. */
  readonly outputs: readonly string[]
}
