import type { Duration, Instant } from '../base/instant.ts'
import type { DataSource } from './data-source.ts'
import type { FeatureViewProjection } from './feature-view-projection.ts'
import type { Field } from './field.ts'
import type { Registered } from './registered.ts'
import type { OnDemandFunction, Transformation } from './transformation.ts'

/** What all kinds of views have. */
interface View extends Registered {
  /** Names of entities, in definition order; empty for a view without entities. */
  readonly entities: readonly string[]
  /** Types of the join keys, one field per join key. */
  readonly entityColumns: readonly Field[]
  readonly features: readonly Field[]
  readonly enabled: boolean
  /** What the user pinned: `latest`, or `vN`. */
  readonly version: string
  readonly organization: string
  readonly currentVersion: number | null
  readonly versionId: string
  readonly state: FeatureViewState
}

/** Source: `feast.core.FeatureViewState`. */
export type FeatureViewState = 'UNSPECIFIED' | 'CREATED' | 'GENERATED' | 'MATERIALIZING' | 'AVAILABLE_ONLINE'

/** A window that was materialized, inclusive at both ends. */
export interface MaterializationInterval {
  readonly start: Instant
  readonly end: Instant
}

/** Features computed elsewhere and found in a batch source; also Feast's batch feature view. */
export interface FeatureView extends View {
  readonly kind: 'featureView'
  /** How old a value may be; null or zero means any age. */
  readonly ttl: Duration | null
  readonly batchSource: DataSource | null
  readonly streamSource: DataSource | null
  readonly online: boolean
  readonly offline: boolean
  readonly mode: string
  readonly enableValidation: boolean
  readonly transformation: Transformation | null
  /** Names of the views that this one reads from, for views of views. */
  readonly sourceViews: readonly string[]
  readonly intervals: readonly MaterializationInterval[]
}

/** A view fed by a stream, with optional aggregations. */
export interface StreamFeatureView extends View {
  readonly kind: 'streamFeatureView'
  readonly ttl: Duration | null
  readonly batchSource: DataSource | null
  readonly streamSource: DataSource | null
  readonly online: boolean
  readonly offline: boolean
  readonly mode: string
  readonly enableValidation: boolean
  readonly timestampField: string
  readonly aggregations: readonly Aggregation[]
  readonly transformation: Transformation | null
  readonly enableTiling: boolean
  readonly tilingHopSize: Duration | null
  readonly intervals: readonly MaterializationInterval[]
}

export interface Aggregation {
  readonly column: string
  readonly function: string
  readonly timeWindow: Duration | null
  readonly slideInterval: Duration | null
  readonly name: string
}

/** Features computed when they are read, from other views and from values of the request. */
export interface OnDemandFeatureView extends View {
  readonly kind: 'onDemandFeatureView'
  readonly sources: Readonly<Record<string, OnDemandSource>>
  readonly transformation: Transformation
  /** Only on definitions from the user's own files. */
  readonly function?: OnDemandFunction | undefined
  readonly mode: string
  readonly writeToOnlineStore: boolean
  /** True when the function takes and returns one row, not columns. */
  readonly singleton: boolean
  readonly aggregations: readonly Aggregation[]
}

export type OnDemandSource =
  | { readonly kind: 'view'; readonly projection: FeatureViewProjection }
  | { readonly kind: 'request'; readonly source: DataSource }

/** Labels that people or models give. Kept and listed; serving them belongs to later work. */
export interface LabelView extends View {
  readonly kind: 'labelView'
  readonly ttl: Duration | null
  readonly source: DataSource | null
  readonly online: boolean
  readonly labelerField: string
  readonly conflictPolicy: 'LAST_WRITE_WINS' | 'LABELER_PRIORITY' | 'MAJORITY_VOTE'
  readonly retainHistory: boolean
  readonly referenceFeatureView: string
}

export type AnyFeatureView = FeatureView | StreamFeatureView | OnDemandFeatureView | LabelView

/** The views whose values stand in a source and in the online store. */
export type StoredFeatureView = FeatureView | StreamFeatureView

export function isStoredView(view: AnyFeatureView): view is StoredFeatureView {
  return view.kind === 'featureView' || view.kind === 'streamFeatureView'
}
