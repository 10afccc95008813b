import type { Field } from '../model/field.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { CellBlock, type OnlineCells } from '../plugin/online-cells.ts'
import type { FeatureSelection, ResolvedView } from '../registry/resolved-features.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'
import { EntityColumns, type OnlineEntityInput } from './entity-columns.ts'
import { type FeaturesInput, givenFeatures } from './feature-selection.ts'
import { computeOnDemand, findOnDemandFunctions } from './on-demand.ts'
import { type OnlineReadPlan, planOnlineRead, type ViewRead } from './online-read-plan.ts'
import { OnlineResponse, type ResponseColumn, type StoredColumn, valuesOf } from './online-response.ts'
import type { StoreContext } from './store-context.ts'

export interface OnlineFeaturesRequest {
  readonly features: FeaturesInput
  /** The rows that features are wanted for: join keys, and request values for on-demand views. */
  readonly entities: OnlineEntityInput
  /** Name columns `view__feature`, not `feature`. Default false. */
  readonly fullFeatureNames?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The latest features of entity rows, from the online store.
 *
 * Shape: one row per entity row, in their order; see {@link OnlineResponse}. Names are looked up once per state of the
 * registry; equal keys are read once; all views are read by one call of the store.
 * @throws FTS5001 for a missing join key, FTS5002 for ragged rows, FTS5003 for a value of another type, FTS5004 for a
 * missing request value; FTS2101 … FTS2108, FTS3104 and FTS3105 for what was asked for; FTS2301 … FTS2308 for on-demand
 * functions.
 */
export async function getOnlineFeatures<Row = FeatureRow>(
  context: StoreContext,
  request: OnlineFeaturesRequest,
): Promise<OnlineResponse<Row>> {
  const given = givenFeatures(request.features)
  const contents = await context.contents()
  const plan = cachedPlan(context, contents, given.selection, request.fullFeatureNames ?? false)
  // First, so that nobody looks for the inputs of a function that cannot be run.
  const functions = await findOnDemandFunctions(context, plan.computed, given.functions)
  const columns = new EntityColumns(request.entities)
  const entityColumns = plan.needs.map((need): ResponseColumn => {
    return { kind: 'values', name: need.column, values: columns.column(need) }
  })
  const stored = await readAll(context, plan, columns, request.signal)
  const computed = computeOnDemand(plan.computed, functions, {
    rowCount: columns.rowCount,
    feature: (view, field) => featureValues(stored, view, field),
    request: (field) => columns.column({ column: field.name, type: field.type, role: 'request', neededBy: '' }),
  })
  const features = new Map<string, ResponseColumn>(
    stored.flatMap(({ outputs }) => outputs.map((each) => [each.name, each])),
  )
  for (const { name, values } of computed) features.set(name, { kind: 'values', name, values })
  const ordered = plan.resolved.outputs.flatMap((name) => features.get(name) ?? [])
  return new OnlineResponse<Row>(columns.rowCount, [...entityColumns, ...ordered])
}

/** The answer for one view: a column for every feature read, and those of them that are columns of the result. */
interface ViewAnswer {
  readonly read: ViewRead
  readonly columns: ReadonlyMap<string, StoredColumn>
  readonly outputs: readonly StoredColumn[]
}

async function readAll(
  context: StoreContext,
  plan: OnlineReadPlan,
  columns: EntityColumns,
  signal: AbortSignal | undefined,
): Promise<readonly ViewAnswer[]> {
  if (plan.reads.length === 0) return []
  const keysBySignature = new Map<string, DistinctKeys>()
  const keys = plan.reads.map((read) => {
    const known = keysBySignature.get(read.keySignature)
    const found = known ?? distinctKeys(read.keys(columns))
    keysBySignature.set(read.keySignature, found)
    return found
  })
  const store = await context.onlineStore()
  const now = context.clock.now()
  const answers = await store.read(
    plan.reads.map((read, index) => ({
      table: read.table,
      features: read.features.map((feature) => feature.field.name),
      entityKeys: keys[index]?.keys ?? [],
    })),
    signal,
  )
  return plan.reads.map((read, index) => {
    const oldestMicros = read.ttl === null ? null : now.minus(read.ttl).epochMicros
    return answerOf(read, answers[index] ?? new CellBlock(0, 0), keys[index]?.slots ?? [], oldestMicros)
  })
}

function answerOf(
  read: ViewRead,
  answer: OnlineCells,
  slots: ArrayLike<number>,
  oldestMicros: bigint | null,
): ViewAnswer {
  const all = read.features.map(({ field, output }, index): readonly [string, StoredColumn, boolean] => [
    field.name,
    {
      kind: 'stored',
      name: output ?? field.name,
      type: field.type,
      cells: answer,
      feature: index,
      slots,
      oldestMicros,
    },
    output !== null,
  ])
  return {
    read,
    columns: new Map(all.map(([name, column]) => [name, column])),
    outputs: all.flatMap(([, column, isOutput]) => (isOutput ? [column] : [])),
  }
}

function featureValues(answers: readonly ViewAnswer[], view: ResolvedView, field: Field): readonly FeatureValue[] {
  const column = answers.find((answer) => answer.read.view === view)?.columns.get(field.name)
  return column === undefined ? [] : valuesOf(column)
}

/** Each key once, and for every row the number of its key. */
interface DistinctKeys {
  readonly keys: readonly Uint8Array[]
  readonly slots: ArrayLike<number>
}

function distinctKeys(all: readonly Uint8Array[]): DistinctKeys {
  if (all.length <= 1) return { keys: all, slots: all.map((_, index) => index) }
  const numbers = new Map<string, number>()
  const keys: Uint8Array[] = []
  const slots = new Uint32Array(all.length)
  for (const [row, key] of all.entries()) {
    const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
    let slot = numbers.get(text)
    if (slot === undefined) {
      slot = keys.push(key) - 1
      numbers.set(text, slot)
    }
    slots[row] = slot
  }
  return { keys, slots }
}

/** Plans of one state of the registry. */
interface PlanCache {
  readonly contents: RegistryContents
  readonly byReferences: Map<string, OnlineReadPlan>
  readonly byService: WeakMap<object, Map<boolean, OnlineReadPlan>>
}

const caches = new WeakMap<StoreContext, PlanCache>()
/** Requests come in a few shapes; a caller that makes up a new one each time must not fill the memory. */
const cachedPlans = 1000

function cachedPlan(
  context: StoreContext,
  contents: RegistryContents,
  selection: FeatureSelection,
  fullFeatureNames: boolean,
): OnlineReadPlan {
  let cache = caches.get(context)
  if (cache?.contents !== contents) {
    cache = { contents, byReferences: new Map(), byService: new WeakMap() }
    caches.set(context, cache)
  }
  const plan = (): OnlineReadPlan =>
    planOnlineRead(contents, context.project, context.config, selection, fullFeatureNames)
  if (selection.kind === 'service') {
    const plans = cache.byService.get(selection.service) ?? new Map<boolean, OnlineReadPlan>()
    cache.byService.set(selection.service, plans)
    return kept(plans, fullFeatureNames, plan)
  }
  const key = `${fullFeatureNames} ${selection.references.map(referenceKey).join('\n')}`
  if (cache.byReferences.size >= cachedPlans) cache.byReferences.clear()
  return kept(cache.byReferences, key, plan)
}

function kept<K>(plans: Map<K, OnlineReadPlan>, key: K, make: () => OnlineReadPlan): OnlineReadPlan {
  const known = plans.get(key)
  if (known !== undefined) return known
  const made = make()
  plans.set(key, made)
  return made
}

function referenceKey(reference: Extract<FeatureSelection, { kind: 'references' }>['references'][number]): string {
  if (typeof reference === 'string') return reference
  const { viewName, alias, features, joinKeyMap, version } = reference
  return JSON.stringify([viewName, alias, features.map((field) => field.name), joinKeyMap, version])
}
