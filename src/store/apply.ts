import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { collectDefinitions } from '../define/collect-definitions.ts'
import type { Definition, Definitions } from '../model/definitions.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import type { OnlineStore, OnlineTable } from '../plugin/online-store.ts'
import type { RegistrySnapshot } from '../plugin/registry-store.ts'
import { type Plan, refuseStalePlan } from '../registry/plan.ts'
import type { ObjectChange, Reconciled } from '../registry/reconcile.ts'
import { projectTables } from './online-tables.ts'
import { onlineStoreOf, type PlanOptions, plan, reconcileProject } from './plan.ts'
import { droppedTables, withInfrastructure } from './project-infrastructure.ts'
import { readSettings } from './read-settings.ts'
import type { StoreContext } from './store-context.ts'

/**
 * Brings registry and infrastructure to the definitions, or carries out a plan, and returns what was done.
 *
 * Tables are made before the registry names them and dropped after it has forgotten them, and what waits to be dropped
 * stays in the registry's record: after a crash at any point the same call completes the work. The registry is written
 * once, and once more when tables were dropped; when nothing changes it is not written at all. Definitions are applied
 * to whatever the registry holds at the commit, so that what others wrote meanwhile stays; what is removed is what the
 * plan showed and nothing else.
 * @throws FTS3201 when the registry is not the one that a given plan was made against; all that {@link plan} throws.
 */
export async function apply(context: StoreContext, work: Definitions | Plan, options: PlanOptions = {}): Promise<Plan> {
  if ('desired' in work) return carryOut(context, work, { strict: true })
  return carryOut(context, await plan(context, work, options), { strict: false })
}

/**
 * {@link apply} for some objects and what they were made from. Nothing is removed, and names that they refer to may
 * stand in the registry only.
 */
export async function applyObjects(
  context: StoreContext,
  objects: Iterable<Definition>,
  options: Omit<PlanOptions, 'partial'> = {},
): Promise<Plan> {
  const collected = [...objects].map((definition) => ({ definition }))
  return apply(context, collectDefinitions(collected, { partial: true }), { ...options, partial: true })
}

async function carryOut(context: StoreContext, made: Plan, mode: { readonly strict: boolean }): Promise<Plan> {
  refuseOtherProject(context, made)
  const { location } = context.registry
  const snapshot = await context.registry.load()
  if (mode.strict) refuseStalePlan(made, snapshot.revision, location)
  const store = await onlineStoreOf(context)
  const work = new Apply(context, made, store)
  await work.makeTables(snapshot.contents)
  const done = await work.commit(mode.strict)
  await work.dropTables()
  return done
}

function refuseOtherProject(context: StoreContext, made: Plan): void {
  if (made.project === context.project) return
  throw new FeatureStoreError('FTS3204', {
    message: `The plan is for project "${made.project}", and the configuration names project "${context.project}".`,
    field: 'project',
  })
}

/** One plan on its way; the steps run in the order in which they are written. */
class Apply {
  readonly #context: StoreContext
  readonly #plan: Plan
  readonly #store: OnlineStore | null
  readonly #versioned: boolean
  readonly #removals: ReadonlySet<string>
  #dropped: readonly OnlineTable[] = []

  constructor(context: StoreContext, made: Plan, store: OnlineStore | null) {
    this.#context = context
    this.#plan = made
    this.#store = store
    this.#versioned = readSettings(context.config).versions
    const removed = made.registry.filter((change) => change.change === 'deleted')
    this.#removals = new Set(removed.map((change) => `${change.kind} ${change.name}`))
  }

  /** Makes every table that the registry is about to name. */
  async makeTables(current: RegistryContents): Promise<void> {
    const { contents } = this.#reconcile(current)
    await this.#store?.update({ keep: this.#kept(contents), drop: [] })
  }

  async commit(strict: boolean): Promise<Plan> {
    let changes: readonly ObjectChange[] = []
    let revision = this.#plan.revision
    const snapshot = await this.#context.registry.transact((current: RegistrySnapshot) => {
      if (strict) refuseStalePlan(this.#plan, current.revision, this.#context.registry.location)
      const reconciled = this.#reconcile(current.contents)
      changes = reconciled.changes
      revision = current.revision
      return this.#recorded(current.contents, reconciled.contents)
    })
    this.#context.remember(snapshot.contents)
    return { ...this.#plan, registry: changes, revision }
  }

  /** Drops what the commit left without a view, and takes it out of the record. */
  async dropTables(): Promise<void> {
    const store = this.#store
    if (store === null || this.#dropped.length === 0) return
    const { contents } = await this.#context.registry.load()
    await store.update({ keep: this.#kept(contents), drop: this.#dropped })
    const snapshot = await this.#context.registry.transact((current) =>
      withInfrastructure(current.contents, store, this.#tables(current.contents).recorded, this.#plan.project),
    )
    this.#context.remember(snapshot.contents)
  }

  #reconcile(contents: RegistryContents): Reconciled {
    return reconcileProject(this.#context, contents, this.#plan.desired, {
      noPromote: this.#plan.noPromote,
      removes: (kind, name) => this.#removals.has(`${kind} ${name}`),
    })
  }

  #recorded(before: RegistryContents, after: RegistryContents): RegistryContents {
    const store = this.#store
    if (store === null) return after
    this.#dropped = droppedTables(store, { before, after }, this.#plan.project, this.#versioned)
    const tables = [...this.#tables(after).recorded, ...this.#dropped]
    return withInfrastructure(after, store, tables, this.#plan.project)
  }

  #tables(contents: RegistryContents): ReturnType<typeof projectTables> {
    return projectTables(contents, this.#plan.project, this.#versioned)
  }

  #kept(contents: RegistryContents): readonly OnlineTable[] {
    return this.#tables(contents).kept
  }
}
