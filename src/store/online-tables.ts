import { dummyJoinKey } from '../model/entity.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import type { OnlineTable } from '../plugin/online-store.ts'
import { listObjects } from '../registry/lookup.ts'
import { versionsOf } from '../registry/versions.ts'
import { compareCodePoints } from '../types/entity-key.ts'

/** The table that holds a view's current values. Versions have tables of their own only when the registry says so. */
export function onlineTable(view: AnyFeatureView, project: string, versioned: boolean): OnlineTable {
  return tableOfVersion(view, project, versioned ? (view.currentVersion ?? 0) : 0)
}

function tableOfVersion(view: AnyFeatureView, project: string, version: number): OnlineTable {
  const keys = view.entityColumns.map((field) => field.name)
  return {
    project,
    view: view.name,
    version: version > 0 ? version : null,
    joinKeys: keys.length === 0 ? [dummyJoinKey] : keys.sort(compareCodePoints),
    features: view.features,
    tags: view.tags,
  }
}

export interface ProjectTables {
  /** What Feast records as infrastructure: the current tables of stored views and of label views that are online. */
  readonly recorded: readonly OnlineTable[]
  /** All tables that must stay: those, the tables of earlier versions, and those that on-demand views write to. */
  readonly kept: readonly OnlineTable[]
}

/** The online tables of a project. */
export function projectTables(contents: RegistryContents, project: string, versioned: boolean): ProjectTables {
  const recordedViews: readonly AnyFeatureView[] = [
    ...listObjects(contents, 'featureViews', project),
    ...listObjects(contents, 'streamFeatureViews', project),
    ...listObjects(contents, 'labelViews', project).filter((view) => view.online),
  ]
  const written = listObjects(contents, 'onDemandFeatureViews', project).filter((view) => view.writeToOnlineStore)
  const recorded = recordedViews.map((view) => onlineTable(view, project, versioned))
  const earlier = versioned ? recordedViews.flatMap((view) => earlierTables(contents, view, project)) : []
  const onDemand = written.map((view) => onlineTable(view, project, versioned))
  return { recorded, kept: [...recorded, ...earlier, ...onDemand] }
}

function earlierTables(contents: RegistryContents, view: AnyFeatureView, project: string): readonly OnlineTable[] {
  return versionsOf(contents, project, view.name)
    .filter((record) => record.version !== (view.currentVersion ?? 0))
    .map((record) => tableOfVersion(view, project, record.version))
}

/** The tables of `list` that are not among `others`. */
export function tablesBeside(list: readonly OnlineTable[], others: readonly OnlineTable[]): readonly OnlineTable[] {
  const key = (table: OnlineTable): string => JSON.stringify([table.project, table.view, table.version])
  const known = new Set(others.map(key))
  return list.filter((table) => !known.has(key(table)))
}
