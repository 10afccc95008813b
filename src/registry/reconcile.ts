import type { Instant } from '../base/instant.ts'
import { dummyEntity, dummyEntityName } from '../model/entity.ts'
import { storedForm } from '../model/registered.ts'
import type { RegistryContents, RegistryKind, RegistryObject } from '../model/registry-contents.ts'
import { invalid } from '../types/data-type.ts'
import { putObject, removeObject } from './change.ts'
import { diffObjects, type PropertyChange } from './diff.ts'
import { type DefinedKind, type DesiredObjects, definedKinds } from './kinds.ts'
import { findObject, listObjects } from './lookup.ts'
import { resolvePin, settleView } from './settle-view.ts'
import { withStoredSources } from './stored-sources.ts'
import { forgetVersions, isView } from './versions.ts'

/** What happens to one object. */
export interface ObjectChange {
  readonly kind: DefinedKind
  readonly name: string
  readonly change: 'created' | 'updated' | 'deleted' | 'unchanged'
  /** What an update changes; empty for the other changes. */
  readonly properties: readonly PropertyChange[]
}

export interface ReconcileOptions {
  readonly project: string
  readonly now: Instant
  /** Makes a UUID. */
  readonly newId: () => string
  /** Whether an object of the project that is not desired goes. */
  readonly removes: (kind: DefinedKind, name: string) => boolean
  /** Record new versions of changed views without making them the active definition. */
  readonly noPromote: boolean
}

export interface Reconciled {
  /** The very object that was given when nothing changes. */
  readonly contents: RegistryContents
  /** In the order of {@link definedKinds}: what is desired in its order, then what goes. */
  readonly changes: readonly ObjectChange[]
}

/**
 * Brings the objects of one project to what is desired. Objects that already say the same stay as they are, byte for
 * byte; changed ones keep what the registry knows about them. Pure: times and identifiers come in through the options.
 */
export function reconcile(contents: RegistryContents, desired: DesiredObjects, options: ReconcileOptions): Reconciled {
  let next = contents
  const removed = new Map<DefinedKind, readonly string[]>()
  for (const kind of definedKinds) {
    const names = surplus(contents, kind, desired, options)
    for (const name of names) next = removeWithHistory(next, kind, options.project, name)
    removed.set(kind, names)
  }
  const changes: ObjectChange[] = []
  for (const kind of definedKinds) {
    const merged = mergeKind(next, kind, desired, options)
    next = merged.contents
    changes.push(...merged.changes)
    for (const name of removed.get(kind) ?? []) changes.push({ kind, name, change: 'deleted', properties: [] })
  }
  return { contents: withBookkeeping(next, options, next !== contents), changes }
}

function surplus(
  contents: RegistryContents,
  kind: DefinedKind,
  desired: DesiredObjects,
  options: ReconcileOptions,
): readonly string[] {
  const wanted = new Set(desired[kind].map((object) => object.name))
  if (kind === 'entities') wanted.add(dummyEntityName)
  return listObjects(contents, kind, options.project)
    .map((object) => object.name)
    .filter((name) => !wanted.has(name) && options.removes(kind, name))
}

/** Takes an object out, and the version history of a view with it. */
export function removeWithHistory(
  contents: RegistryContents,
  kind: RegistryKind,
  project: string,
  name: string,
): RegistryContents {
  const object = findObject(contents, kind, project, name)
  const without = removeObject(contents, kind, project, name)
  return object !== undefined && isView(object) ? forgetVersions(without, project, name) : without
}

function mergeKind<K extends DefinedKind>(
  contents: RegistryContents,
  kind: K,
  desired: DesiredObjects,
  options: ReconcileOptions,
): Reconciled {
  const list: readonly RegistryObject<K>[] = desired[kind]
  let next = contents
  const changes: ObjectChange[] = []
  for (const each of list) {
    const before = findObject(next, kind, options.project, each.name)
    const object = isView(each) ? resolvePin(next, each, options.project) : each
    const properties = before === undefined ? [] : diffObjects(kind, before, object)
    const change = before === undefined ? 'created' : properties.length === 0 ? 'unchanged' : 'updated'
    changes.push({ kind, name: object.name, change, properties })
    if (change !== 'unchanged') next = settle(next, kind, before, object, options)
  }
  return { contents: next, changes }
}

/** Stores a new or changed object with its times, and a new version of a view whose schema changed. */
function settle<K extends DefinedKind>(
  contents: RegistryContents,
  kind: K,
  before: RegistryObject<K> | undefined,
  desired: RegistryObject<K>,
  options: ReconcileOptions,
): RegistryContents {
  const settled: RegistryObject<K> = {
    ...withStoredSources(contents, kind, desired, options.project),
    project: options.project,
    createdAt: before?.createdAt ?? options.now,
    updatedAt: options.now,
    ...(before?.[storedForm] === undefined ? {} : { [storedForm]: before[storedForm] }),
  }
  if (!isView(settled)) return putObject(contents, kind, settled)
  return settleView(contents, before !== undefined && isView(before) ? before : undefined, settled, options)
}

/** The entity of views without entities, and the identifier of a new project; both as Feast records them. */
function withBookkeeping(contents: RegistryContents, options: ReconcileOptions, changed: boolean): RegistryContents {
  let next = contents
  if (findObject(next, 'entities', options.project, dummyEntityName) === undefined) {
    const dummy = { ...dummyEntity(options.project), type: invalid, createdAt: options.now, updatedAt: options.now }
    next = putObject(next, 'entities', dummy)
  }
  const known = next.projectMetadata.some((metadata) => metadata.project === options.project)
  if (known || !changed) return next
  const metadata = { project: options.project, uuid: options.newId() }
  return { ...next, projectMetadata: [...next.projectMetadata, metadata] }
}
