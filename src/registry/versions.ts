import { isDeepStrictEqual } from 'node:util'
import type { Instant } from '../base/instant.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import type { FeatureViewVersion, RegistryContents } from '../model/registry-contents.ts'
import { viewProperties } from './properties.ts'
import { decodeView, encodeView } from './view-bytes.ts'

/** Feast's word for the kind of a view in the version history. */
const historyTypes = {
  featureView: 'feature_view',
  onDemandFeatureView: 'on_demand_feature_view',
  streamFeatureView: 'stream_feature_view',
  labelView: 'label_view',
} as const satisfies Record<AnyFeatureView['kind'], string>

/** What changes the values of a view, so that a change makes a new version; names of {@link viewProperties}. */
const versionedProperties = {
  featureView: ['features', 'entities', 'entity_columns', 'source_views'],
  onDemandFeatureView: ['features', 'feature_transformation', 'mode', 'sources', 'entity_columns', 'aggregations'],
  streamFeatureView: [
    'features',
    'entities',
    'entity_columns',
    'feature_transformation',
    'aggregations',
    'timestamp_field',
    'mode',
  ],
  labelView: ['features', 'entities', 'entity_columns'],
} as const satisfies Record<AnyFeatureView['kind'], readonly string[]>

export function isView<T extends object>(object: T): object is T & AnyFeatureView {
  return 'entityColumns' in object
}

/** True when the two definitions of one view differ in something that changes its values. */
export function schemaChanged(before: AnyFeatureView, after: AnyFeatureView): boolean {
  const [old, next] = [viewProperties(before), viewProperties(after)]
  return versionedProperties[after.kind].some((name) => !isDeepStrictEqual(unordered(name, old), unordered(name, next)))
}

/** Order does not count for entities and columns; a source's place is not part of what a view means. */
function unordered(name: string, all: Readonly<Record<string, unknown>>): unknown {
  const value = all[name]
  if (Array.isArray(value) && name !== 'source_views' && name !== 'aggregations') {
    return value.map((each) => JSON.stringify(each)).sort()
  }
  return name === 'sources' ? withoutPlaces(value) : value
}

function withoutPlaces(sources: unknown): unknown {
  const text = JSON.stringify(sources, (key, value) => (placeKeys.has(key) ? undefined : value))
  return JSON.parse(text)
}

const placeKeys: ReadonlySet<string> = new Set(['batch_source', 'stream_source'])

/** The history of one view, oldest version first. */
export function versionsOf(contents: RegistryContents, project: string, view: string): readonly FeatureViewVersion[] {
  return contents.versionHistory
    .filter((record) => record.project === project && record.viewName === view)
    .sort((a, b) => a.version - b.version)
}

/** What a change of views needs from outside. */
export interface VersionOptions {
  readonly now: Instant
  /** Makes a UUID. */
  readonly newId: () => string
}

/** Adds a record of `view` as its version `version`. */
export function recordVersion(
  contents: RegistryContents,
  view: AnyFeatureView,
  version: number,
  options: VersionOptions,
): RegistryContents {
  const record: FeatureViewVersion = {
    project: view.project,
    viewName: view.name,
    viewType: historyTypes[view.kind],
    version,
    versionId: options.newId(),
    createdAt: options.now,
    description: '',
    definition: encodeView(view),
  }
  return { ...contents, versionHistory: [...contents.versionHistory, record] }
}

/** The number after the newest version of a view; 0 when it has no history. */
export function nextVersion(contents: RegistryContents, project: string, view: string): number {
  const newest = versionsOf(contents, project, view).at(-1)
  return newest === undefined ? 0 : newest.version + 1
}

/** The definition that a record keeps, or undefined when the record is of another kind of view. */
export function restoreVersion(kind: AnyFeatureView['kind'], record: FeatureViewVersion): AnyFeatureView | undefined {
  return record.viewType === historyTypes[kind] ? decodeView(kind, record.definition) : undefined
}

/** Takes the history of a view out; Feast does so when the view is deleted. */
export function forgetVersions(contents: RegistryContents, project: string, view: string): RegistryContents {
  const versionHistory = contents.versionHistory.filter(
    (record) => record.project !== project || record.viewName !== view,
  )
  return versionHistory.length === contents.versionHistory.length ? contents : { ...contents, versionHistory }
}
