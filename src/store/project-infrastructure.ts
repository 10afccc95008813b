import type { InfrastructureObject, RegistryContents } from '../model/registry-contents.ts'
import type { OnlineStore, OnlineTable } from '../plugin/online-store.ts'
import { ownInfrastructure } from '../registry/infrastructure.ts'
import { projectTables, tablesBeside } from './online-tables.ts'

/** What the registry says that the stores made for a project. */
export function recordedInfrastructure(contents: RegistryContents, project: string): readonly InfrastructureObject[] {
  return ownInfrastructure(
    contents.infrastructure,
    project,
    contents.projects.map((each) => each.name),
  )
}

/** What Feast's stores record a table as. */
function nameOf({ project, view, version }: OnlineTable): string {
  return `${project}_${view}${version === null ? '' : `_v${version}`}`
}

/**
 * The tables that nothing needs any more once the registry holds `after`: those of views that went, and those that an
 * interrupted apply left in the record.
 */
export function droppedTables(
  store: OnlineStore,
  change: { readonly before: RegistryContents; readonly after: RegistryContents },
  project: string,
  versioned: boolean,
): readonly OnlineTable[] {
  const kept = projectTables(change.after, project, versioned).kept
  const gone = tablesBeside(projectTables(change.before, project, versioned).kept, kept)
  // A store that records nothing may come after one that did: what is kept counts by its name as well.
  const known = new Set([...store.infrastructure([...kept, ...gone]).map((object) => object.name), ...kept.map(nameOf)])
  const left = recordedInfrastructure(change.before, project)
    .filter((object) => !known.has(object.name))
    .map((object): OnlineTable => {
      const view = object.name.slice(project.length + 1)
      return { project, view, version: null, joinKeys: [], features: [] }
    })
  return [...gone, ...left]
}

/**
 * The registry with the record of a project's infrastructure: the tables of its views and, until they are dropped,
 * those that wait for it. Returns `contents` itself when the record says so already.
 */
export function withInfrastructure(
  contents: RegistryContents,
  store: OnlineStore,
  tables: readonly OnlineTable[],
  project: string,
): RegistryContents {
  const own = new Map(recordedInfrastructure(contents, project).map((object) => [object.name, object]))
  const wanted = new Map(store.infrastructure(tables).map((object) => [object.name, object]))
  const same = (object: InfrastructureObject): boolean => own.get(object.name)?.location === object.location
  if (own.size === wanted.size && [...wanted.values()].every(same)) return contents
  const others = contents.infrastructure.filter((object) => !own.has(object.name) && !wanted.has(object.name))
  const recorded = [...wanted.values()].map((object) => (same(object) ? (own.get(object.name) ?? object) : object))
  return { ...contents, infrastructure: [...others, ...recorded] }
}
