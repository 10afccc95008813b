import type { InfrastructureObject } from '../model/registry-contents.ts'

/** What happens to one thing that a store keeps. */
export interface InfrastructureChange {
  /** Feast's word for it, such as `sqlite table`. */
  readonly type: string
  readonly name: string
  readonly change: 'created' | 'updated' | 'deleted' | 'unchanged'
  /** Where it is, and where it was when that changes. */
  readonly before: string | null
  readonly after: string | null
}

const typeWords: Readonly<Record<string, string>> = {
  'feast.infra.online_stores.sqlite.SqliteTable': 'sqlite table',
  'feast.infra.online_stores.datastore.DatastoreTable': 'datastore table',
}

/** What the recorded objects of a project would have to become, by name: what is new or moved, then what goes. */
export function diffInfrastructure(
  recorded: readonly InfrastructureObject[],
  desired: readonly InfrastructureObject[],
): readonly InfrastructureChange[] {
  const before = new Map(recorded.map((object) => [object.name, object]))
  const names = new Set(desired.map((object) => object.name))
  const kept = desired.map((object): InfrastructureChange => {
    const old = before.get(object.name)
    const change = old === undefined ? 'created' : old.location === object.location ? 'unchanged' : 'updated'
    return { ...named(object), change, before: old?.location ?? null, after: object.location }
  })
  const gone = recorded
    .filter((object) => !names.has(object.name))
    .map(
      (object): InfrastructureChange => ({
        ...named(object),
        change: 'deleted',
        before: object.location,
        after: null,
      }),
    )
  return [...kept, ...gone]
}

function named(object: InfrastructureObject): { readonly type: string; readonly name: string } {
  return { type: typeWords[object.classType] ?? object.classType, name: object.name }
}

/**
 * The recorded objects of one project. Feast records no project with them; their names begin with it. A name that also
 * begins with a longer project's name is that project's.
 */
export function ownInfrastructure(
  recorded: readonly InfrastructureObject[],
  project: string,
  projects: readonly string[],
): readonly InfrastructureObject[] {
  const longer = projects.filter((other) => other.startsWith(`${project}_`))
  return recorded.filter(
    (object) => object.name.startsWith(`${project}_`) && !longer.some((other) => object.name.startsWith(`${other}_`)),
  )
}
