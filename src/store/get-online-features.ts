import type { Field } from '../model/field.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { CellBlock } from '../plugin/online-cells.ts'
import type { ResolvedView } from '../registry/resolved-features.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'
import type { DistinctKeys } from './distinct-keys.ts'
import { type EntityCoercion, type EntityColumn, EntityColumns, type OnlineEntityInput } from './entity-columns.ts'
import { type FeaturesInput, type GivenFeatures, givenFeatures } from './feature-selection.ts'
import {
  type FieldStatus,
  fieldStatus,
  type OldestEvent,
  rowStatuses,
  type StatusRules,
  statusRules,
} from './feature-status.ts'
import { computeOnDemand, findOnDemandFunctions, type OnDemandOutput } from './on-demand.ts'
import { type OnlineReadPlan, planOnlineRead, type Ttl } from './online-read-plan.ts'
import { OnlineResponse, type ResponseColumn, type StoredColumn, valuesOf } from './online-response.ts'
import type { ReadTimings } from './read-timings.ts'
import type { StoreContext } from './store-context.ts'

export interface OnlineFeaturesRequest {
  readonly features: FeaturesInput
  /** The rows that features are wanted for: join keys, and request values for on-demand views. */
  readonly entities: OnlineEntityInput
  /** Name columns `view__feature`, not `feature`. Default false. */
  readonly fullFeatureNames?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** How entity values are read, where they do not come from a program: as JSON, or in Feast's lax way. */
  readonly coerce?: EntityCoercion | undefined
  /** Gets the phases `plan`, `keys`, `store` and `compute`. */
  readonly timings?: ReadTimings | undefined
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
  const { timings } = request
  const { plan, functions: given } = plannedRequest(context, await context.contents(), request)
  timings?.lap('plan')
  // Before the rows are looked at, so that nobody looks for the inputs of a function that cannot be run.
  const functions =
    plan.computed.onDemandViews.length === 0 ? given : await findOnDemandFunctions(context, plan.computed, given)
  const rows = new EntityColumns(request.entities, request.coerce)
  const entityColumns = plan.needs.map((need) => rows.column(need))
  const answers = await readAll(context, plan, entityColumns, rows.rowCount, request)
  const computed =
    functions.size === 0
      ? []
      : computeOnDemand(plan.computed, functions, {
          rowCount: rows.rowCount,
          feature: (view, field) => featureValues(plan, answers, view, field),
          request: (field) => entityColumns.find((column) => column.name === field.name)?.values ?? [],
        })
  const response = new OnlineResponse<Row>(
    rows.rowCount,
    plan.layout,
    responseColumns(plan, entityColumns, answers, computed),
  )
  timings?.lap('compute')
  return response
}

/** The answer for one view: what its columns have in common. */
type ViewAnswer = Pick<StoredColumn, 'cells' | 'slots' | 'rowStatuses' | 'rules'>

async function readAll(
  context: StoreContext,
  plan: OnlineReadPlan,
  columns: readonly EntityColumn[],
  rowCount: number,
  { signal, timings }: OnlineFeaturesRequest,
): Promise<readonly ViewAnswer[]> {
  if (plan.reads.length === 0) return []
  const keys = plan.keys.map((each): DistinctKeys => {
    return each.plan.keys(
      each.columns.map((number) => columns[number]?.quick ?? []),
      rowCount,
    )
  })
  const keysOf = (read: { readonly keys: number }): DistinctKeys => keys[read.keys] ?? noKeys
  const store = await context.onlineStore()
  const nowMicros = context.clock.now().epochMicros
  timings?.lap('keys')
  const reads = plan.reads.map((read) => {
    return { table: read.table, features: read.featureNames, entityKeys: keysOf(read).keys }
  })
  const answers = await store.read(reads, signal)
  timings?.lap('store')
  const rules = rulesOf(context, store)
  return plan.reads.map((read, index): ViewAnswer => {
    const cells = answers[index] ?? new CellBlock(0, 0)
    const oldest = read.ttl && oldestEvent(nowMicros, read.ttl)
    return { cells, slots: keysOf(read).slots, rowStatuses: rowStatuses(cells, oldest, rules), rules }
  })
}

const noKeys: DistinctKeys = { keys: [], slots: new Uint32Array(0) }

function oldestEvent(nowMicros: bigint, ttl: Ttl): OldestEvent {
  const now = Number(nowMicros)
  const nowSeconds = Math.floor(now / 1e6)
  const micros = now - nowSeconds * 1e6 - ttl.micros
  return micros < 0
    ? { seconds: nowSeconds - ttl.seconds - 1, micros: micros + 1e6 }
    : { seconds: nowSeconds - ttl.seconds, micros }
}

const rulesOfStore = new WeakMap<object, { readonly context: StoreContext; readonly rules: StatusRules }>()

function rulesOf(context: StoreContext, store: Awaited<ReturnType<StoreContext['onlineStore']>>): StatusRules {
  const known = rulesOfStore.get(store)
  if (known?.context === context) return known.rules
  const rules = statusRules(context.config, store.capabilities)
  rulesOfStore.set(store, { context, rules })
  return rules
}

function responseColumns(
  plan: OnlineReadPlan,
  entityColumns: readonly EntityColumn[],
  answers: readonly ViewAnswer[],
  computed: readonly OnDemandOutput[],
): readonly ResponseColumn[] {
  const ofNull = answers[0]?.rules.ofNull ?? fieldStatus.NULL_VALUE
  const columns: ResponseColumn[] = []
  for (let index = 0; index < plan.sources.length; index++) {
    const source = plan.sources[index]
    const name = plan.layout.names[index] ?? ''
    const column =
      source?.kind === 'stored'
        ? storedColumn(name, source, answers[source.read])
        : source?.kind === 'entity'
          ? entityColumns[source.column]
          : computedColumn(name, computed, ofNull)
    if (column !== undefined) columns.push(column)
  }
  return columns
}

function storedColumn(
  name: string,
  { feature, field }: { readonly feature: number; readonly field: Field },
  answer: ViewAnswer | undefined,
): StoredColumn | undefined {
  if (answer === undefined) return undefined
  const { cells, slots, rowStatuses: statuses, rules } = answer
  return { kind: 'stored', name, type: field.type, cells, feature, slots, rowStatuses: statuses, rules }
}

function computedColumn(
  name: string,
  computed: readonly OnDemandOutput[],
  ofNull: FieldStatus,
): ResponseColumn | undefined {
  const output = computed.find((each) => each.name === name)
  if (output === undefined) return undefined
  const { field, values } = output
  return { kind: 'values', name, type: field.type, values, quick: values, ofNull }
}

function featureValues(
  plan: OnlineReadPlan,
  answers: readonly ViewAnswer[],
  view: ResolvedView,
  field: Field,
): readonly FeatureValue[] {
  const number = plan.reads.findIndex((read) => read.view === view)
  const feature = plan.reads[number]?.featureNames.indexOf(field.name) ?? -1
  const column = feature < 0 ? undefined : storedColumn(field.name, { feature, field }, answers[number])
  return column === undefined ? [] : valuesOf(column)
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

interface PlannedRequest {
  readonly plan: OnlineReadPlan
  readonly functions: GivenFeatures['functions']
}

function plannedRequest(
  context: StoreContext,
  contents: RegistryContents,
  { features, fullFeatureNames = false }: OnlineFeaturesRequest,
): PlannedRequest {
  const cache = cacheOf(context, contents)
  // References that have a plan were checked when it was made.
  const texts = textsOf(features)
  const known = texts && cache.byReferences.get(planKey(fullFeatureNames, texts))
  if (known !== undefined) return { plan: known, functions: noFunctions }
  const { selection, functions } = givenFeatures(features)
  const plan = (): OnlineReadPlan =>
    planOnlineRead(contents, context.project, context.config, selection, fullFeatureNames)
  if (selection.kind === 'service') {
    const plans = cache.byService.get(selection.service) ?? new Map<boolean, OnlineReadPlan>()
    cache.byService.set(selection.service, plans)
    return { plan: kept(plans, fullFeatureNames, plan), functions }
  }
  const key = planKey(fullFeatureNames, selection.references.map(referencePart))
  if (cache.byReferences.size >= cachedPlans) cache.byReferences.clear()
  return { plan: kept(cache.byReferences, key, plan), functions }
}

const noFunctions: GivenFeatures['functions'] = new Map()

function cacheOf(context: StoreContext, contents: RegistryContents): PlanCache {
  const known = caches.get(context)
  if (known?.contents === contents) return known
  const made = { contents, byReferences: new Map(), byService: new WeakMap() }
  caches.set(context, made)
  return made
}

function kept<K>(plans: Map<K, OnlineReadPlan>, key: K, make: () => OnlineReadPlan): OnlineReadPlan {
  const known = plans.get(key)
  if (known !== undefined) return known
  const made = make()
  plans.set(key, made)
  return made
}

type References = Extract<GivenFeatures['selection'], { kind: 'references' }>['references']

/** Features that are all references by name. */
function textsOf(features: FeaturesInput): readonly string[] | undefined {
  if (!Array.isArray(features) || features.length === 0) return undefined
  for (const each of features) if (typeof each !== 'string') return undefined
  return features
}

/** A key that no other list of references has: JSON tells texts from projections, and where each of them ends. */
function planKey(fullFeatureNames: boolean, parts: readonly (string | readonly unknown[])[]): string {
  return JSON.stringify(parts) + (fullFeatureNames ? ' full' : '')
}

function referencePart(reference: References[number]): string | readonly unknown[] {
  if (typeof reference === 'string') return reference
  const { viewName, alias, features, joinKeyMap, version } = reference
  return [viewName, alias, features.map((field) => field.name), joinKeyMap, version]
}
