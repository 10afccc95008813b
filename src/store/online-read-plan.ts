import type { Duration } from '../base/instant.ts'
import type { FeatureStoreConfig } from '../config/feature-store-config.ts'
import { dummyEntityValue, dummyJoinKey } from '../model/entity.ts'
import type { OnDemandFeatureView } from '../model/feature-view.ts'
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
import { type EntityKeyVersion, entityKeySerializer, entityKeyValue } from '../types/entity-key.ts'
import type { ColumnNeed, EntityColumns } from './entity-columns.ts'
import { onDemandOutputs } from './on-demand.ts'
import { onlineTable } from './online-tables.ts'
import { readSettings } from './read-settings.ts'
import { ageLimit } from './view-joins.ts'

/** What one request reads from one table. */
export interface ViewRead {
  /** The view in {@link OnlineReadPlan.resolved}; null for an on-demand view whose outputs are stored. */
  readonly view: ResolvedView | null
  readonly table: OnlineTable
  readonly features: readonly ResolvedFeature[]
  /** Keys of reads with one signature are the same bytes. */
  readonly keySignature: string
  /** The serialised key of every entity row. */
  readonly keys: (columns: EntityColumns) => readonly Uint8Array[]
  readonly ttl: Duration | null
}

/** All that a request needs to know of the registry, found once per state of it. */
export interface OnlineReadPlan {
  readonly resolved: ResolvedFeatures
  /** In column order. */
  readonly reads: readonly ViewRead[]
  /** Entity columns of the result, in order: join keys, then request values. */
  readonly needs: readonly ColumnNeed[]
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
    ...computed.views.map((view) => storedRead(view, project, settings.versions === true, version)),
    ...stored.map((view) => onDemandRead(view, contents, project, settings.versions === true, version)),
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
  return {
    resolved,
    reads: reads.map((read) => read.read),
    needs: distinct([...reads.flatMap((read) => read.needs), ...requestNeeds]),
    computed,
  }
}

interface PlannedRead {
  readonly read: ViewRead
  readonly needs: readonly ColumnNeed[]
}

function storedRead(view: ResolvedView, project: string, versioned: boolean, version: EntityKeyVersion): PlannedRead {
  const table = onlineTable(view.view, project, versioned)
  const needs = view.joinKeys.map(({ column, field }): ColumnNeed => {
    return { column, type: field.type, role: 'joinKey', neededBy: `feature view "${view.name}"` }
  })
  const { keySignature, keys } = keyPlan(
    view.joinKeys.map(({ key }) => key),
    needs,
    version,
  )
  return {
    needs,
    read: {
      view,
      table: view.version === null ? table : { ...table, version: view.version > 0 ? view.version : null },
      features: view.features,
      keySignature,
      keys,
      ttl: ageLimit(view.view),
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
  const { keySignature, keys } = keyPlan(
    fields.map((field) => field.name),
    needs,
    version,
  )
  const table = onlineTable(view, project, versioned)
  return { needs, read: { view: null, table, features: resolved.features, keySignature, keys, ttl: null } }
}

function keyPlan(
  joinKeys: readonly string[],
  needs: readonly ColumnNeed[],
  version: EntityKeyVersion,
): Pick<ViewRead, 'keySignature' | 'keys'> {
  if (joinKeys.length === 0) {
    const key = entityKeySerializer([dummyJoinKey], version)([{ kind: 'string', value: dummyEntityValue }])
    return { keySignature: '', keys: (columns) => new Array<Uint8Array>(columns.rowCount).fill(key) }
  }
  const serialize = entityKeySerializer(joinKeys, version)
  const keys = (columns: EntityColumns): readonly Uint8Array[] => {
    const values = needs.map((need) => columns.column(need))
    return Array.from({ length: columns.rowCount }, (_, row) =>
      serialize(needs.map((need, index) => entityKeyValue(values[index]?.[row] ?? null, need.type))),
    )
  }
  return { keySignature: JSON.stringify([joinKeys, needs.map(({ column, type }) => [column, type])]), keys }
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

function distinct(needs: readonly ColumnNeed[]): readonly ColumnNeed[] {
  return [...new Map(needs.toReversed().map((need) => [need.column, need])).values()].toReversed()
}
