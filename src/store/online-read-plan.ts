import type { FeatureStoreConfig } from '../config/feature-store-config.ts'
import type { OnDemandFeatureView } from '../model/feature-view.ts'
import type { Field } from '../model/field.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import type { OnlineTable } from '../plugin/online-store.ts'
import { joinKeyFields } from '../registry/join-keys.ts'
import { resolveFeatures } from '../registry/resolve-features.ts'
import type {
  FeatureSelection,
  ResolvedFeature,
  ResolvedFeatures,
  ResolvedOnDemandView,
  ResolvedView,
} from '../registry/resolved-features.ts'
import { formatDataType } from '../types/data-type.ts'
import type { EntityKeyVersion } from '../types/entity-key.ts'
import { type KeyPlan, keyPlan } from './distinct-keys.ts'
import type { ColumnNeed } from './entity-columns.ts'
import { onDemandOutputs } from './on-demand.ts'
import type { ResponseLayout, ServedView } from './online-response.ts'
import { onlineTable } from './online-tables.ts'
import { readSettings } from './read-settings.ts'
import { ageLimit } from './view-joins.ts'

/** What one request reads from one table. */
export interface ViewRead {
  /** The view in {@link OnlineReadPlan.resolved}; null for an on-demand view whose outputs are stored. */
  readonly view: ResolvedView | null
  readonly table: OnlineTable
  /** In the order of the cells that the store answers with. */
  readonly features: readonly ResolvedFeature[]
  readonly featureNames: readonly string[]
  /** Number of the keys in {@link OnlineReadPlan.keys}. */
  readonly keys: number
  readonly ttl: Ttl | null
}

/** A ttl in whole seconds and the microseconds beyond them. */
export interface Ttl {
  readonly seconds: number
  readonly micros: number
}

/** Where a column of the response comes from. */
export type ColumnSource =
  | { readonly kind: 'entity'; readonly column: number }
  | { readonly kind: 'stored'; readonly read: number; readonly feature: number; readonly field: Field }
  | { readonly kind: 'computed'; readonly field: Field }

/** All that a request needs to know of the registry, found once per state of it. */
export interface OnlineReadPlan {
  readonly resolved: ResolvedFeatures
  /** In column order. */
  readonly reads: readonly ViewRead[]
  /** The different keys that the reads use, with the entity columns that each is made of. */
  readonly keys: readonly { readonly plan: KeyPlan; readonly columns: readonly number[] }[]
  /** Entity columns by type: first those of the result, join keys before request values. */
  readonly needs: readonly ColumnNeed[]
  readonly layout: ResponseLayout
  /** One per name of the layout. */
  readonly sources: readonly ColumnSource[]
  /** On-demand views to run, with what they need; their outputs follow the stored columns. */
  readonly computed: ResolvedFeatures
}

/** @throws FTS2101 … FTS2108, FTS3104, FTS3105: see {@link resolveFeatures}. */
export function planOnlineRead(
  contents: RegistryContents,
  project: string,
  config: FeatureStoreConfig,
  selection: FeatureSelection,
  fullFeatureNames: boolean,
): OnlineReadPlan {
  const settings = readSettings(config)
  const resolved = resolveFeatures(contents, project, selection, { ...settings, fullFeatureNames })
  const stored = resolved.onDemandViews.filter((view) => readsStored(view, resolved))
  const computed = withoutViews(resolved, stored)
  const version = config.entityKeySerializationVersion
  const reads = [
    ...computed.views.map((view) => storedRead(view, project, settings.versions, version)),
    ...stored.map((view) => onDemandRead(view, contents, project, settings.versions, version)),
  ]
  const requestNeeds = computed.requestFields.map((field): ColumnNeed => {
    const user = computed.onDemandViews.find((view) => needsRequest(view, field.name))
    return {
      column: field.name,
      type: field.type,
      role: 'request',
      neededBy: `on-demand feature view "${user?.name ?? ''}"`,
    }
  })
  const allNeeds = [...reads.flatMap((read) => read.keys.needs), ...requestNeeds]
  const shown = distinct(allNeeds, (need) => need.column)
  // A column that is needed in two types is read in both, and shown in the first.
  const needs = distinct([...shown, ...allNeeds], typedName)
  const keys = distinct(
    reads.map((read) => read.keys),
    (plan) => plan.signature,
  )
  const viewReads = reads.map((read): ViewRead => {
    const features = read.read.features.map((feature) => feature.field.name)
    const number = keys.findIndex((plan) => plan.signature === read.keys.signature)
    return { ...read.read, featureNames: features, keys: number }
  })
  const sources = columnSources(shown, viewReads, computed, resolved.outputs)
  return {
    resolved,
    reads: viewReads,
    keys: keys.map((plan) => ({ plan, columns: plan.needs.map((need) => positionOf(need, needs)) })),
    needs,
    layout: {
      names: [...sources.keys()],
      storedFor: Array.from(sources.values(), (source) =>
        source.kind === 'stored' ? (viewReads[source.read]?.table.view ?? null) : null,
      ),
      views: servedViews(resolved),
    },
    sources: [...sources.values()],
    computed,
  }
}

const typedName = (need: ColumnNeed): string => `${need.role} ${formatDataType(need.type)} ${need.column}`

function positionOf(need: ColumnNeed, needs: readonly ColumnNeed[]): number {
  return needs.findIndex((each) => typedName(each) === typedName(need))
}

function columnSources(
  shown: readonly ColumnNeed[],
  reads: readonly ViewRead[],
  computed: ResolvedFeatures,
  outputs: readonly string[],
): ReadonlyMap<string, ColumnSource> {
  const features = new Map<string, ColumnSource>(
    reads.flatMap(({ features: list }, read) =>
      list.flatMap(({ field, output }, feature) =>
        output === null ? [] : [[output, { kind: 'stored', read, feature, field }] as const],
      ),
    ),
  )
  for (const { name, field } of onDemandOutputs(computed)) features.set(name, { kind: 'computed', field })
  const sources = new Map<string, ColumnSource>()
  for (const [column, need] of shown.entries()) sources.set(need.column, { kind: 'entity', column })
  for (const name of outputs) {
    const source = features.get(name)
    if (source !== undefined) sources.set(name, source)
  }
  return sources
}

/** Views in order of first mention, those that only on-demand views need included, as Feast lists them. */
function servedViews(resolved: ResolvedFeatures): readonly ServedView[] {
  const views = resolved.views.map(({ name, version, view }): ServedView => {
    return { name: name.replace(/@v\d+$/, ''), version: version ?? view.currentVersion ?? 0 }
  })
  return distinct(views, (view) => view.name)
}

interface PlannedRead {
  readonly read: Pick<ViewRead, 'view' | 'table' | 'features' | 'ttl'>
  readonly keys: KeyPlan
}

function storedRead(view: ResolvedView, project: string, versioned: boolean, version: EntityKeyVersion): PlannedRead {
  const table = onlineTable(view.view, project, versioned)
  const needs = view.joinKeys.map(({ column, field }): ColumnNeed => {
    return { column, type: field.type, role: 'joinKey', neededBy: `feature view "${view.name}"` }
  })
  const joinKeys = view.joinKeys.map(({ key }) => key)
  const ttl = ageLimit(view.view)
  return {
    keys: keyPlan(joinKeys, needs, version),
    read: {
      view,
      table: view.version === null ? table : { ...table, version: view.version > 0 ? view.version : null },
      features: view.features,
      ttl: ttl && { seconds: Number(ttl.micros / 1_000_000n), micros: Number(ttl.micros % 1_000_000n) },
    },
  }
}

function onDemandRead(
  resolved: ResolvedOnDemandView,
  contents: RegistryContents,
  project: string,
  versioned: boolean,
  version: EntityKeyVersion,
): PlannedRead {
  const { view } = resolved
  const fields = joinKeyFields(contents, project, view)
  const needs = fields.map((field): ColumnNeed => {
    return { column: field.name, type: field.type, role: 'joinKey', neededBy: `on-demand feature view "${view.name}"` }
  })
  const joinKeys = fields.map((field) => field.name)
  return {
    keys: keyPlan(joinKeys, needs, version),
    read: { view: null, table: onlineTable(view, project, versioned), features: resolved.features, ttl: null },
  }
}

/**
 * On-demand views that are written to the online store are read from it, as in Feast. One that another on-demand view
 * needs is computed after all, since that one runs on fresh inputs.
 */
function readsStored({ view }: ResolvedOnDemandView, resolved: ResolvedFeatures): boolean {
  return view.writeToOnlineStore && !resolved.onDemandViews.some((other) => usesOnDemand(other, view))
}

function usesOnDemand(user: ResolvedOnDemandView, view: OnDemandFeatureView): boolean {
  return Object.values(user.sources).some((source) => source.kind === 'onDemand' && source.view.view === view)
}

/** The request without some on-demand views and without what only they need. */
function withoutViews(resolved: ResolvedFeatures, left: readonly ResolvedOnDemandView[]): ResolvedFeatures {
  if (left.length === 0) return resolved
  const onDemandViews = resolved.onDemandViews.filter((view) => !left.includes(view))
  const sources = onDemandViews.flatMap((view) => Object.values(view.sources))
  const names = new Set(onDemandOutputs({ ...resolved, onDemandViews: left }).map((output) => output.name))
  return {
    onDemandViews,
    views: resolved.views.filter(
      (view) =>
        view.features.some((feature) => feature.output !== null) ||
        sources.some((source) => source.kind === 'view' && source.view === view),
    ),
    requestFields: resolved.requestFields.filter((field) =>
      onDemandViews.some((view) => needsRequest(view, field.name)),
    ),
    outputs: resolved.outputs.filter((name) => !names.has(name)),
  }
}

function needsRequest(view: ResolvedOnDemandView, name: string): boolean {
  return Object.values(view.sources).some(
    (source) => source.kind === 'request' && source.fields.some((field) => field.name === name),
  )
}

/** The first of those with one key, in order of first mention. */
function distinct<T>(list: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const first = new Map<string, T>()
  for (const item of list) if (!first.has(keyOf(item))) first.set(keyOf(item), item)
  return [...first.values()]
}
