import type { Instant } from '../base/instant.ts'
import type { DataSource } from './data-source.ts'
import type { Entity } from './entity.ts'
import type { FeatureService } from './feature-service.ts'
import type { AnyFeatureView, FeatureView, LabelView, OnDemandFeatureView, StreamFeatureView } from './feature-view.ts'
import type { Permission } from './permission.ts'
import type { Project } from './project.ts'
import type { storedForm } from './registered.ts'
import type { SavedDataset, ValidationReference } from './saved-dataset.ts'

/**
 * All objects of a registry, of every project in it, each list in stored order. A change is a new object; what a change
 * does not touch keeps its identity, so comparing two states is cheap.
 */
export interface RegistryContents {
  readonly projects: readonly Project[]
  readonly entities: readonly Entity[]
  readonly dataSources: readonly DataSource[]
  readonly featureViews: readonly FeatureView[]
  readonly streamFeatureViews: readonly StreamFeatureView[]
  readonly onDemandFeatureViews: readonly OnDemandFeatureView[]
  readonly labelViews: readonly LabelView[]
  readonly featureServices: readonly FeatureService[]
  readonly savedDatasets: readonly SavedDataset[]
  readonly validationReferences: readonly ValidationReference[]
  readonly permissions: readonly Permission[]
  /** What the stores were told to make, for plan. */
  readonly infrastructure: readonly InfrastructureObject[]
  readonly projectMetadata: readonly { readonly project: string; readonly uuid: string }[]
  readonly versionHistory: readonly FeatureViewVersion[]
  /** Changes with every commit. */
  readonly versionId: string
  readonly lastUpdated: Instant | null
  readonly [storedForm]?: unknown
}

/** The lists of a registry that hold named objects, with the word that Feast prints for one of them. */
export const registryKinds = {
  projects: 'project',
  entities: 'entity',
  dataSources: 'data source',
  featureViews: 'feature view',
  streamFeatureViews: 'stream feature view',
  onDemandFeatureViews: 'on demand feature view',
  labelViews: 'label view',
  featureServices: 'feature service',
  savedDatasets: 'saved dataset',
  validationReferences: 'validation reference',
  permissions: 'permission',
} as const satisfies Partial<Record<keyof RegistryContents, string>>

export type RegistryKind = keyof typeof registryKinds
export type RegistryObject<K extends RegistryKind = RegistryKind> = RegistryContents[K][number]

/** Feast's Python class of the objects of each list. */
export const registryClasses: Readonly<Record<RegistryKind, string>> = {
  projects: 'Project',
  entities: 'Entity',
  dataSources: 'DataSource',
  featureViews: 'FeatureView',
  streamFeatureViews: 'StreamFeatureView',
  onDemandFeatureViews: 'OnDemandFeatureView',
  labelViews: 'LabelView',
  featureServices: 'FeatureService',
  savedDatasets: 'SavedDataset',
  validationReferences: 'ValidationReference',
  permissions: 'Permission',
}

/** The list that holds the views of each kind, in the order in which Feast looks for a name. */
export const viewLists = {
  featureView: 'featureViews',
  onDemandFeatureView: 'onDemandFeatureViews',
  streamFeatureView: 'streamFeatureViews',
  labelView: 'labelViews',
} as const satisfies Record<AnyFeatureView['kind'], RegistryKind>

/** The lists whose objects share one name space. */
export const viewKinds: readonly (typeof viewLists)[AnyFeatureView['kind']][] = Object.values(viewLists)

/** Something that a store made, such as a table. Feast knows SQLite tables; others keep their bytes. */
export interface InfrastructureObject {
  /** Full Python class name that Feast stores. */
  readonly classType: string
  readonly name: string
  /** Where it is: the database file of a SQLite table. */
  readonly location: string
  readonly [storedForm]?: unknown
}

/** A former definition of a view. */
export interface FeatureViewVersion {
  readonly project: string
  readonly viewName: string
  readonly viewType: string
  readonly version: number
  readonly versionId: string
  readonly createdAt: Instant | null
  readonly description: string
  /** The serialised view. */
  readonly definition: Uint8Array
  readonly [storedForm]?: unknown
}

export const emptyRegistry: RegistryContents = {
  projects: [],
  entities: [],
  dataSources: [],
  featureViews: [],
  streamFeatureViews: [],
  onDemandFeatureViews: [],
  labelViews: [],
  featureServices: [],
  savedDatasets: [],
  validationReferences: [],
  permissions: [],
  infrastructure: [],
  projectMetadata: [],
  versionHistory: [],
  versionId: '',
  lastUpdated: null,
}

/** True when no object of any project is left. */
export function isVacant(contents: RegistryContents): boolean {
  return Object.keys(registryKinds).every((kind) => contents[kind as RegistryKind].length === 0)
}
