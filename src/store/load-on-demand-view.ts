import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Instant } from '../base/instant.ts'
import type { OnDemandFeatureView, StoredFeatureView } from '../model/feature-view.ts'
import type { Field } from '../model/field.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import type { LoadSummary } from '../plugin/compute-engine.ts'
import { joinKeyFields } from '../registry/join-keys.ts'
import { resolveFeatures } from '../registry/resolve-features.ts'
import type { ResolvedFeatures } from '../registry/resolved-features.ts'
import { loadArrow, rowsFromBatch } from '../types/arrow.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'
import { type EncodingTarget, encodeRows } from './encode-rows.ts'
import { eventTimestampColumn } from './entity-rows.ts'
import { getHistoricalFeatures } from './get-historical-features.ts'
import type { LoadOptions } from './load-view.ts'
import { onlineTable } from './online-tables.ts'
import { physicalSourceOf } from './physical-source.ts'
import { readSettings } from './read-settings.ts'
import type { StoreContext } from './store-context.ts'

/** The stored views that an on-demand view reads from, directly or through other on-demand views. */
export function sourceViewsOf(
  context: StoreContext,
  contents: RegistryContents,
  view: OnDemandFeatureView,
): readonly StoredFeatureView[] {
  return resolve(context, contents, view).views.map((each) => each.view)
}

/**
 * Computes an on-demand view for every key of its source views with an event in the window, as of that key's latest
 * event, and writes the outputs. The time of the run is the event time of what is written, as in Feast; the time of the
 * source's event stands as its creation, so that of several source views the latest one counts.
 */
export async function loadOnDemandView(
  context: StoreContext,
  contents: RegistryContents,
  view: OnDemandFeatureView,
  window: { readonly start: Instant; readonly end: Instant },
  options: LoadOptions,
): Promise<LoadSummary> {
  const resolved = resolve(context, contents, view)
  const keys = joinKeyFields(contents, context.project, view)
  const target = targetOf(context, view, keys)
  const online = await context.onlineStore()
  const runAt = context.clock.now()
  const totals = { written: 0, stale: 0, nullKeys: 0 }
  const countNullKeys = (rows: number): void => {
    totals.nullKeys += rows
  }
  for (const source of resolved.views) {
    refuseOtherKeys(
      view,
      keys,
      source.view,
      source.joinKeys.map(({ key }) => key),
    )
    for await (const entities of latestEntities(context, source.view, keys, window, countNullKeys, options.signal)) {
      const references = computedFeatures(view, keys).map((field) => `${view.name}:${field.name}`)
      const job = getHistoricalFeatures(context, { features: references, entities })
      for await (const batch of job.batches(options.signal)) {
        const rows = rowsFromBatch(batch).map((row) => ({ ...row, [runColumn]: runAt }))
        const summary = await online.write(encodeRows(target, rows), options.signal)
        totals.written += summary.written
        totals.stale += summary.stale
        options.onRows(totals.written + totals.stale)
      }
    }
  }
  return totals
}

/** Not a name that a feature can have: names of Feast do not hold blanks at their ends. */
const runColumn = ' run '

function resolve(context: StoreContext, contents: RegistryContents, view: OnDemandFeatureView): ResolvedFeatures {
  const keys = joinKeyFields(contents, context.project, view)
  const references = computedFeatures(view, keys).map((field) => `${view.name}:${field.name}`)
  const settings = { ...readSettings(context.config), fullFeatureNames: false }
  const resolved = resolveFeatures(contents, context.project, { kind: 'references', references }, settings)
  if (resolved.requestFields.length === 0) return resolved
  throw new FeatureStoreError('FTS6004', {
    message: `The on-demand view "${view.name}" needs values that come with a request: ${resolved.requestFields.map((field) => field.name).join(', ')}.`,
    notes: ['such a view cannot be computed ahead of requests; leave out writeToOnlineStore'],
  })
}

/** Feast also keeps join keys that are part of the view's schema. */
function computedFeatures(view: OnDemandFeatureView, keys: readonly Field[]): readonly Field[] {
  return view.features.filter((field) => !keys.some((key) => key.name === field.name))
}

function targetOf(context: StoreContext, view: OnDemandFeatureView, keys: readonly Field[]): EncodingTarget {
  return {
    description: `on-demand feature view "${view.name}"`,
    table: onlineTable(view, context.project, readSettings(context.config).versions),
    keys,
    keyVersion: context.config.entityKeySerializationVersion,
    timestampField: runColumn,
    createdField: eventTimestampColumn,
    otherName: (column) => column,
  }
}

function refuseOtherKeys(
  view: OnDemandFeatureView,
  keys: readonly Field[],
  source: StoredFeatureView,
  sourceKeys: readonly string[],
): void {
  const missing = keys.filter((key) => !sourceKeys.includes(key.name)).map((key) => key.name)
  const extra = sourceKeys.filter((name) => !keys.some((key) => key.name === name))
  if (missing.length === 0 && extra.length === 0) return
  throw new FeatureStoreError('FTS6004', {
    message: `The on-demand view "${view.name}" has other join keys than its source view "${source.name}".`,
    notes: [`${view.name}: ${keys.map((key) => key.name).join(', ')}`, `${source.name}: ${sourceKeys.join(', ')}`],
  })
}

/** The keys with an event in the window, each with the time of its latest, a batch at a time. */
async function* latestEntities(
  context: StoreContext,
  view: StoredFeatureView,
  keys: readonly Field[],
  window: { readonly start: Instant; readonly end: Instant },
  onNullKeys: (rows: number) => void,
  signal: AbortSignal | undefined,
): AsyncIterable<readonly FeatureRow[]> {
  await loadArrow()
  const { source, timestampColumn, column } = physicalSourceOf(view)
  const offline = await context.offlineStore()
  const batches = offline.pullLatest(
    {
      source,
      keyColumns: keys.map((key) => column(key.name)),
      featureColumns: [],
      timestampColumn,
      createdColumn: null,
      ...window,
    },
    { onNullKeys, ...(signal === undefined ? {} : { signal }) },
  )
  for await (const batch of batches) {
    yield rowsFromBatch(batch).map((row) => {
      const renamed = keys.map((key): [string, FeatureValue] => [key.name, row[column(key.name)] ?? null])
      return { ...Object.fromEntries(renamed), [eventTimestampColumn]: row[timestampColumn] ?? null }
    })
  }
}
