import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { batchSourceOf, type DataSource } from '../model/data-source.ts'
import { type RegistryContents, type RegistryKind, registryKinds } from '../model/registry-contents.ts'
import { findObject, inProject } from '../registry/lookup.ts'
import { removeWithHistory } from '../registry/reconcile.ts'
import { projectTables } from './online-tables.ts'
import { onlineStoreOf } from './plan.ts'
import { droppedTables, withInfrastructure } from './project-infrastructure.ts'
import { readSettings } from './read-settings.ts'
import type { StoreContext } from './store-context.ts'

/** The kinds in which `feast delete` looks for a name, in its order; the first that has it counts. */
const searchOrder = [
  'entities',
  'featureViews',
  'featureServices',
  'dataSources',
  'savedDatasets',
  'validationReferences',
  'streamFeatureViews',
  'onDemandFeatureViews',
  'labelViews',
] as const satisfies readonly RegistryKind[]

export interface DeletedObject {
  readonly kind: RegistryKind
  readonly name: string
}

/**
 * Takes one object out of the registry, with the online values of a view. Null when there is none of that name.
 * @throws FTS3401 when other objects refer to it, unless `force`.
 */
export async function deleteObject(
  context: StoreContext,
  name: string,
  options: { readonly force?: boolean } = {},
): Promise<DeletedObject | null> {
  const { project } = context
  const store = await onlineStoreOf(context)
  const versioned = readSettings(context.config).versions
  let found: DeletedObject | null = null
  let dropped: ReturnType<typeof droppedTables> = []
  const snapshot = await context.registry.transact(({ contents }) => {
    const kind = searchOrder.find((each) => findObject(contents, each, project, name) !== undefined)
    found = kind === undefined ? null : { kind, name }
    if (kind === undefined) return contents
    if (options.force !== true) refuseUsed(inProject(contents, project), kind, name)
    const after = removeWithHistory(contents, kind, project, name)
    if (store === null) return after
    dropped = droppedTables(store, { before: contents, after }, project, versioned)
    const tables = [...projectTables(after, project, versioned).recorded, ...dropped]
    return withInfrastructure(after, store, tables, project)
  })
  context.remember(snapshot.contents)
  if (store !== null && dropped.length > 0) {
    const { kept } = projectTables(snapshot.contents, project, versioned)
    await store.update({ keep: kept, drop: dropped })
    const last = await context.registry.transact(({ contents }) =>
      withInfrastructure(contents, store, projectTables(contents, project, versioned).recorded, project),
    )
    context.remember(last.contents)
  }
  return found
}

function refuseUsed(contents: RegistryContents, kind: RegistryKind, name: string): void {
  const users = usersOf(contents, kind, name)
  if (users.length === 0) return
  throw new FeatureStoreError('FTS3401', {
    message: `The ${registryKinds[kind]} "${name}" is in use: ${users.join(', ')}.`,
    notes: [`delete ${users.length === 1 ? 'it' : 'them'} first, or delete all the same: feast delete ${name} --force`],
  })
}

/** What refers to an object, in words such as `feature view "trips"`. */
function usersOf(contents: RegistryContents, kind: RegistryKind, name: string): readonly string[] {
  const views = [...contents.featureViews, ...contents.streamFeatureViews]
  const named = (word: RegistryKind, list: readonly { readonly name: string }[]): readonly string[] =>
    list.map((each) => `${registryKinds[word]} "${each.name}"`)
  switch (kind) {
    case 'entities':
      return [
        ...named(
          'featureViews',
          [...views, ...contents.labelViews].filter((view) => view.entities.includes(name)),
        ),
      ]
    case 'dataSources':
      return [
        ...named(
          'featureViews',
          views.filter((view) => readsFrom([view.batchSource, view.streamSource], name)),
        ),
        ...named(
          'labelViews',
          contents.labelViews.filter((view) => readsFrom([view.source], name)),
        ),
      ]
    case 'savedDatasets':
      return named(
        'validationReferences',
        contents.validationReferences.filter((each) => each.savedDatasetName === name),
      )
    case 'featureViews':
    case 'streamFeatureViews':
    case 'onDemandFeatureViews':
    case 'labelViews':
      return [
        ...named(
          'featureViews',
          contents.featureViews.filter((view) => view.sourceViews.includes(name)),
        ),
        ...named(
          'onDemandFeatureViews',
          contents.onDemandFeatureViews.filter((view) => takesFrom(view.sources, name)),
        ),
        ...named(
          'featureServices',
          contents.featureServices.filter((service) => service.projections.some((each) => each.viewName === name)),
        ),
      ]
    default:
      return []
  }
}

function readsFrom(sources: readonly (DataSource | null)[], name: string): boolean {
  return sources.some((source) => source !== null && (source.name === name || batchSourceOf(source)?.name === name))
}

function takesFrom(sources: RegistryContents['onDemandFeatureViews'][number]['sources'], name: string): boolean {
  return Object.values(sources).some((source) => source.kind === 'view' && source.projection.viewName === name)
}
