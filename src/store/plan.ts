import { randomUUID } from 'node:crypto'
import type { Definitions } from '../model/definitions.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import type { OnlineStore } from '../plugin/online-store.ts'
import type { RegistrySnapshot } from '../plugin/registry-store.ts'
import { diffInfrastructure, type InfrastructureChange } from '../registry/infrastructure.ts'
import type { DefinedKind, DesiredObjects } from '../registry/kinds.ts'
import type { Plan } from '../registry/plan.ts'
import { type Reconciled, reconcile } from '../registry/reconcile.ts'
import { completeDefinitions } from './complete-definitions.ts'
import { missingSources } from './missing-sources.ts'
import { projectTables } from './online-tables.ts'
import { recordedInfrastructure } from './project-infrastructure.ts'
import { readSettings } from './read-settings.ts'
import { refuseEmptyDefinitions } from './refuse-empty.ts'
import type { StoreContext } from './store-context.ts'

export interface PlanOptions {
  /** Leave objects of the project alone that the definitions do not mention. Default false. */
  readonly partial?: boolean
  /** Record new versions of changed views without making them the active definition. Default false. */
  readonly noPromote?: boolean
  /** Do not look whether the files of sources exist. Default false. */
  readonly skipSourceValidation?: boolean
}

/**
 * What applying the definitions would do to registry and infrastructure. Reads the registry as it is now, and sources
 * only where a definition leaves something out. Writes nothing.
 * @throws FTS3404 for a full plan without definitions, FTS33xx for definitions that do not fit together or leave out what a source does not tell, FTS3001, FTS4xxx.
 */
export async function plan(context: StoreContext, definitions: Definitions, options: PlanOptions = {}): Promise<Plan> {
  const snapshot = await context.registry.load()
  if (options.partial !== true) refuseEmptyDefinitions(definitions, snapshot.contents, context.project)
  const desired = await completeDefinitions(definitions, {
    project: context.project,
    projectDescription: context.config.projectDescription,
    partial: options.partial === true,
    registered: snapshot.contents,
    columns: async (source) => (await context.offlineStore()).columns(source),
  })
  const warnings = options.skipSourceValidation === true ? [] : await missingSources(desired, context.repoPath)
  return planObjects(context, snapshot, desired, { ...options, warnings })
}

/** The plan for objects that are complete. */
export async function planObjects(
  context: StoreContext,
  snapshot: RegistrySnapshot,
  desired: DesiredObjects,
  options: PlanOptions & { readonly warnings: readonly string[] },
): Promise<Plan> {
  const partial = options.partial === true
  const noPromote = options.noPromote === true
  const { contents, changes } = reconcileProject(context, snapshot.contents, desired, {
    noPromote,
    removes: () => !partial,
  })
  const store = await onlineStoreOf(context)
  return {
    project: context.project,
    revision: snapshot.revision,
    partial,
    noPromote,
    registry: changes,
    infrastructure: store === null ? [] : infrastructureChanges(context, store, snapshot.contents, contents),
    warnings: options.warnings,
    desired,
  }
}

/** {@link reconcile} for the project of a store, at its time. */
export function reconcileProject(
  context: StoreContext,
  contents: RegistryContents,
  desired: DesiredObjects,
  options: { readonly noPromote: boolean; readonly removes: (kind: DefinedKind, name: string) => boolean },
): Reconciled {
  return reconcile(contents, desired, {
    project: context.project,
    now: context.clock.now(),
    newId: randomUUID,
    ...options,
  })
}

/** The online store; null when the configuration says that nothing is served. */
export async function onlineStoreOf(context: StoreContext): Promise<OnlineStore | null> {
  return context.config.onlineStore === null ? null : context.onlineStore()
}

function infrastructureChanges(
  context: StoreContext,
  store: OnlineStore,
  before: RegistryContents,
  after: RegistryContents,
): readonly InfrastructureChange[] {
  const tables = projectTables(after, context.project, readSettings(context.config).versions)
  const kept = new Set(store.infrastructure(tables.kept).map((object) => object.name))
  const changes = diffInfrastructure(
    recordedInfrastructure(before, context.project),
    store.infrastructure(tables.recorded),
  )
  return changes.filter((change) => change.change !== 'deleted' || !kept.has(change.name))
}
