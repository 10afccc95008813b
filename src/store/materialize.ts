import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'
import { isStoredView, type OnDemandFeatureView, type StoredFeatureView } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { versionNumber } from '../model/version-number.ts'
import type { LoadSummary } from '../plugin/compute-engine.ts'
import { putView } from '../registry/change.ts'
import { findAnyFeatureView } from '../registry/lookup.ts'
import { featureViewVersion } from '../registry/view-version.ts'
import { loadOnDemandView, sourceViewsOf } from './load-on-demand-view.ts'
import { loadView } from './load-view.ts'
import { type MaterializableView, viewsToMaterialize } from './materializable-views.ts'
import { type Named, nameOf } from './named.ts'
import { physicalSourceOf } from './physical-source.ts'
import { readSettings } from './read-settings.ts'
import type { StoreContext } from './store-context.ts'
import { type TimeInput, toInstant } from './time-input.ts'
import { ageLimit } from './view-joins.ts'

interface MaterializeOptions {
  /** Views or their names; without it, all that are served online. An empty list means none. */
  readonly views?: readonly Named[] | undefined
  /** `vN` of the one view in `views`, into the table of that version; needs versions to be switched on. */
  readonly version?: string | undefined
  /** Called when a view begins and after every batch. */
  readonly onProgress?: ((progress: MaterializeProgress) => void) | undefined
  /** Stops between batches. Nothing is recorded for the view at hand, and the same call succeeds later. */
  readonly signal?: AbortSignal | undefined
}

export interface MaterializeRequest extends MaterializeOptions {
  /** Start of the window, inclusive. Texts without a zone are UTC. */
  readonly start?: TimeInput | undefined
  /** End of the window, inclusive. */
  readonly end?: TimeInput | undefined
  /** Without a start and an end: all of history, from 1970 to now. */
  readonly disableEventTimestamp?: boolean | undefined
}

export interface MaterializeIncrementalRequest extends MaterializeOptions {
  /** End of the window, inclusive. */
  readonly end: TimeInput
}

export interface MaterializeProgress {
  readonly view: string
  /** The view's number, from 1, of how many. */
  readonly viewNumber: number
  readonly viewCount: number
  readonly start: Instant
  readonly end: Instant
  /** Keys done so far. */
  readonly rowsDone: number
}

/** What became of one view. */
export interface ViewSummary extends LoadSummary {
  readonly view: string
  /** The window, inclusive at both ends. */
  readonly start: Instant
  readonly end: Instant
}

/** In the order in which the views were done. */
export interface MaterializeSummary {
  readonly views: readonly ViewSummary[]
}

/**
 * Copies the latest row per key of a window into the online store, view after view. A view's window is recorded in the
 * registry only after all its rows are written; an error leaves the views before it recorded.
 *
 * Memory: one batch of rows, and what the offline store needs.
 * @throws FTS6001 when the window is reversed, FTS6002 when it is incomplete, FTS3104 for a view that is unknown or was
 * removed meanwhile, FTS6003 for one that is not served online, FTS6004 for one whose values this engine cannot compute,
 * FTS6005 for a value that does not fit its type.
 */
export async function materialize(context: StoreContext, request: MaterializeRequest): Promise<MaterializeSummary> {
  const { start, end } = givenWindow(context, request)
  if (start.compare(end) > 0) {
    throw new FeatureStoreError('FTS6001', {
      message: `The materialization window starts at ${start}, after its end at ${end}.`,
      field: 'start',
    })
  }
  return materializeViews(context, request, async () => ({ start, end }))
}

/**
 * Like {@link materialize}, from where each view's last window ended. The first window of a view begins at `end` less its
 * ttl, or at the oldest row of its source when it has none: what is older would not be served. Feast counts back from the
 * present instead, and a year at most, and so leaves rows out when it is given an older end or an older source.
 */
export async function materializeIncremental(
  context: StoreContext,
  request: MaterializeIncrementalRequest,
): Promise<MaterializeSummary> {
  const end = toInstant(request.end, 'end')
  return materializeViews(context, request, async (view, contents) => ({
    start: await incrementalStart(context, view, contents, end),
    end,
  }))
}

interface Window {
  readonly start: Instant
  readonly end: Instant
}

function givenWindow(context: StoreContext, request: MaterializeRequest): Window {
  const { start, end, disableEventTimestamp } = request
  if (start === undefined && end === undefined && disableEventTimestamp === true) {
    return { start: Instant.fromEpochMicros(0n), end: context.clock.now() }
  }
  if (start === undefined || end === undefined) {
    const missing = start === undefined ? 'start' : 'end'
    throw new FeatureStoreError('FTS6002', { message: `The materialization window has no ${missing}.`, field: missing })
  }
  return { start: toInstant(start, 'start'), end: toInstant(end, 'end') }
}

async function materializeViews(
  context: StoreContext,
  options: MaterializeOptions,
  windowOf: (view: MaterializableView, contents: RegistryContents) => Promise<Window>,
): Promise<MaterializeSummary> {
  // Windows of other processes count, so the registry is read anew.
  const { contents } = await context.registry.load(options.signal)
  context.remember(contents)
  const named = viewsToMaterialize(contents, context.project, options.views?.map(nameOf))
  const views = inVersion(context, contents, named, options)
  const summaries: ViewSummary[] = []
  for (const [index, view] of views.entries()) {
    options.signal?.throwIfAborted()
    const window = await windowOf(view, contents)
    const progress = (rowsDone: number): void =>
      options.onProgress?.({ view: view.name, viewNumber: index + 1, viewCount: views.length, ...window, rowsDone })
    progress(0)
    const summary = await loadWindow(context, contents, view, window, { onRows: progress, signal: options.signal })
    options.signal?.throwIfAborted()
    // Windows are kept of the version in use; those of another one would make it skip rows.
    if (views === named) await recordWindow(context, view, window)
    summaries.push({ view: view.name, ...window, ...summary })
  }
  return { views: summaries }
}

/** The views themselves without a version or with the one in use; else the one view as it was in that version. */
function inVersion(
  context: StoreContext,
  contents: RegistryContents,
  views: readonly MaterializableView[],
  { version, views: names }: MaterializeOptions,
): readonly MaterializableView[] {
  if (version === undefined) return views
  const number = versionNumber(version)
  const [view] = views
  if (view === undefined || names?.length !== 1 || number === undefined) {
    throw new FeatureStoreError('FTS6006', {
      message:
        number === undefined
          ? `The version "${version}" is neither "latest" nor a number such as "v2".`
          : `The version "${version}" belongs to one feature view, and ${names?.length ?? 0} are named.`,
      notes: ['name one view and its version, such as: --views driver_hourly_stats --version v2'],
      field: 'version',
    })
  }
  const { versions } = readSettings(context.config)
  if (number === null && versions) return views
  const wanted = number ?? view.currentVersion ?? 0
  const versioned = featureViewVersion(contents, context.project, view.name, wanted, versions)
  if (wanted === (view.currentVersion ?? 0)) return views
  return [versioned].filter((each): each is MaterializableView => each.kind === view.kind)
}

/** A reversed window, which an incremental run to an earlier end makes, holds no rows. */
function loadWindow(
  context: StoreContext,
  contents: RegistryContents,
  view: MaterializableView,
  window: Window,
  options: { readonly onRows: (rowsDone: number) => void; readonly signal: AbortSignal | undefined },
): Promise<LoadSummary> {
  if (window.start.compare(window.end) > 0) return Promise.resolve({ written: 0, stale: 0, nullKeys: 0 })
  return view.kind === 'onDemandFeatureView'
    ? loadOnDemandView(context, contents, view, window, options)
    : loadView(context, contents, view, window, options)
}

/** One change of the registry. The view may have been changed while it was loaded; if it was removed that is an error. */
async function recordWindow(context: StoreContext, view: MaterializableView, window: Window): Promise<void> {
  const snapshot = await context.registry.transact(({ contents }) => {
    const current = findAnyFeatureView(contents, context.project, view.name)
    if (current === undefined) throw removedMeanwhile(context, view)
    if (!isStoredView(current)) return contents
    return putView(contents, {
      ...current,
      intervals: [...current.intervals, window],
      state: 'AVAILABLE_ONLINE',
      updatedAt: context.clock.now(),
    })
  })
  context.remember(snapshot.contents)
}

function removedMeanwhile({ project }: StoreContext, { name }: MaterializableView): FeatureStoreError {
  return new FeatureStoreError('FTS3104', {
    message: `The feature view "${name}" was removed from project "${project}" while it was materialized.`,
    notes: ['its rows are written, and nothing is recorded of them'],
  })
}

async function incrementalStart(
  context: StoreContext,
  view: MaterializableView,
  contents: RegistryContents,
  end: Instant,
): Promise<Instant> {
  if (view.kind === 'onDemandFeatureView') return onDemandStart(context, view, contents, end)
  const ends = view.intervals.map((interval) => interval.end)
  if (ends.length > 0) return ends.reduce((latest, each) => (each.compare(latest) > 0 ? each : latest))
  const limit = ageLimit(view)
  return limit === null ? oldestRow(context, view, end) : end.minus(limit)
}

/** No windows are kept of an on-demand view: each run covers all that its source views may still serve. */
async function onDemandStart(
  context: StoreContext,
  view: OnDemandFeatureView,
  contents: RegistryContents,
  end: Instant,
): Promise<Instant> {
  const starts = sourceViewsOf(context, contents, view).map((source) => {
    const limit = ageLimit(source)
    return limit === null ? oldestRow(context, source, end) : end.minus(limit)
  })
  return (await Promise.all(starts)).reduce((first, each) => (each.compare(first) < 0 ? each : first), end)
}

async function oldestRow(context: StoreContext, view: StoredFeatureView, end: Instant): Promise<Instant> {
  const { source, timestampColumn } = physicalSourceOf(view)
  const oldest = await (await context.offlineStore()).oldestEvent(source, timestampColumn)
  return oldest === null || oldest.compare(end) > 0 ? end : oldest
}
