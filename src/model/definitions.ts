import type { ErrorPlace } from '../base/errors/feature-store-error.ts'
import type { DataSource } from './data-source.ts'
import type { Entity } from './entity.ts'
import type { FeatureService } from './feature-service.ts'
import type { FeatureView, LabelView, OnDemandFeatureView, StreamFeatureView } from './feature-view.ts'
import type { Permission } from './permission.ts'
import type { Project } from './project.ts'

/** What a feature repository defines: unique names, known references, sources of views included. */
export interface Definitions {
  /** None or one. */
  readonly projects: readonly Project[]
  readonly entities: readonly Entity[]
  readonly dataSources: readonly DataSource[]
  readonly featureViews: readonly FeatureView[]
  readonly streamFeatureViews: readonly StreamFeatureView[]
  readonly onDemandFeatureViews: readonly OnDemandFeatureView[]
  readonly labelViews: readonly LabelView[]
  readonly featureServices: readonly FeatureService[]
  readonly permissions: readonly Permission[]
  /** Where each object was written, for messages. Keyed by the object itself. */
  readonly places: ReadonlyMap<object, ErrorPlace>
}

/** Any object that a repository can define. */
export type Definition =
  | Project
  | Entity
  | DataSource
  | FeatureView
  | StreamFeatureView
  | OnDemandFeatureView
  | LabelView
  | FeatureService
  | Permission
