import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { dummyEntityName } from '../model/entity.ts'
import {
  emptyRegistry,
  isVacant,
  type RegistryContents,
  type RegistryKind,
  registryKinds,
} from '../model/registry-contents.ts'
import { findObject, inProject } from '../registry/lookup.ts'
import { onlineStoreOf } from './plan.ts'
import { droppedTables, recordedInfrastructure } from './project-infrastructure.ts'
import { readSettings } from './read-settings.ts'
import type { StoreContext } from './store-context.ts'

/** The tag of Feast that forbids tearing a project down. */
const protectedTag = 'feast.dev/protected-project'

/** What a teardown removed. */
export interface Teardown {
  readonly project: string
  /** Every object of the project that was in the registry, the entity that Feast keeps for itself left out. */
  readonly objects: readonly { readonly kind: RegistryKind; readonly name: string }[]
  /** Names of the views whose online values were dropped. */
  readonly views: readonly string[]
  /** True when no project was left, so that the registry itself was removed. */
  readonly registryRemoved: boolean
}

/**
 * Removes one project: first its online tables, those that an interrupted apply left among them, then its objects in
 * the registry, so that after a crash the same call still knows what to drop. Other projects in the registry and in the
 * online store stay as they are.
 * @throws FTS3403 when the project is protected.
 */
export async function teardown(context: StoreContext): Promise<Teardown> {
  const { project } = context
  const { contents } = await context.registry.load()
  refuseProtected(contents, project)
  const store = await onlineStoreOf(context)
  const versioned = readSettings(context.config).versions
  const change = { before: contents, after: withoutProject(contents, project) }
  const tables = store === null ? [] : droppedTables(store, change, project, versioned)
  if (tables.length > 0) await store?.teardown(tables)
  const snapshot = await context.registry.transact((current) => withoutProject(current.contents, project))
  const registryRemoved = isVacant(snapshot.contents) && (await context.registry.remove())
  context.remember(registryRemoved ? emptyRegistry : snapshot.contents)
  return {
    project,
    objects: objectsOf(inProject(contents, project)),
    views: [...new Set(tables.map((table) => table.view))],
    registryRemoved,
  }
}

function refuseProtected(contents: RegistryContents, project: string): void {
  const found = findObject(contents, 'projects', project, project)
  const mark = found?.tags[protectedTag]?.toLowerCase()
  if (mark === undefined || mark === 'false') return
  throw new FeatureStoreError('FTS3403', {
    message: `Project "${project}" is protected by its tag ${protectedTag}.`,
  })
}

const kinds = Object.keys(registryKinds) as readonly RegistryKind[]

function objectsOf(contents: RegistryContents): Teardown['objects'] {
  return kinds.flatMap((kind) =>
    contents[kind].filter((object) => object.name !== dummyEntityName).map((object) => ({ kind, name: object.name })),
  )
}

function withoutProject(contents: RegistryContents, project: string): RegistryContents {
  const own = inProject(contents, project)
  const rest = <T>(list: readonly T[], gone: readonly T[]): readonly T[] => {
    const set = new Set(gone)
    return gone.length === 0 ? list : list.filter((each) => !set.has(each))
  }
  const infrastructure = recordedInfrastructure(contents, project)
  const lists = kinds.map((kind) => [kind, rest<unknown>(contents[kind], own[kind])])
  const touched = kinds.some((kind) => own[kind].length > 0)
  if (!touched && infrastructure.length + own.projectMetadata.length + own.versionHistory.length === 0) return contents
  return {
    ...contents,
    ...Object.fromEntries(lists),
    projectMetadata: rest(contents.projectMetadata, own.projectMetadata),
    versionHistory: rest(contents.versionHistory, own.versionHistory),
    infrastructure: rest(contents.infrastructure, infrastructure),
  }
}
