import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestion } from '../base/suggest.ts'
import { batchSourceOf, type DataSource } from '../model/data-source.ts'
import type { StoredFeatureView } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { listObjects } from '../registry/lookup.ts'
import { type Named, nameOf } from './named.ts'
import { objectsOf, type RowsInput, requireRows } from './offline-rows.ts'
import type { StoreContext } from './store-context.ts'
import { prepareAppend } from './write-to-offline-store.ts'
import { prepareOnline } from './write-to-online-store.ts'

const pushTargets = ['online', 'offline', 'onlineAndOffline'] as const

/** Where pushed rows go. */
export type PushTarget = (typeof pushTargets)[number]

export interface PushRequest {
  /** The push source or its name. */
  readonly source: Named
  /**
   * Rows with the columns of the batch source: by logical name, or by their own names before the field mapping. Online
   * only needs those that a view has.
   */
  readonly rows: RowsInput
  /** Default `online`. */
  readonly to?: PushTarget | undefined
  readonly signal?: AbortSignal | undefined
}

export interface PushSummary {
  /** Per view: keys written to the online store, and keys that hold something newer. Empty when only offline. */
  readonly online: readonly { readonly view: string; readonly written: number; readonly stale: number }[]
  /** Per batch source: rows added. Empty when only online. */
  readonly offline: readonly { readonly source: string; readonly rows: number }[]
}

/**
 * Writes rows of a push source to every view that has it as its source: online, then offline, after a look at whether
 * they fit every view and the history. A batch source of several views receives the rows once.
 * @throws FTS5020 for an unknown source, FTS5021 and FTS5022 for rows that do not fit a view, FTS4510 for columns that
 * are not the batch source's, FTS4516 for what is no rows, FTS4517 for another target.
 */
export async function push(context: StoreContext, request: PushRequest): Promise<PushSummary> {
  const to = request.to ?? 'online'
  if (!pushTargets.includes(to)) {
    throw new FeatureStoreError('FTS4517', {
      message: `Rows cannot be pushed to ${JSON.stringify(to)}.${suggestion(String(to), pushTargets)}`,
      field: 'to',
    })
  }
  const contents = await context.contents()
  const views = viewsFedBy(contents, context.project, nameOf(request.source))
  const given = requireRows(request.rows)
  const appends = to === 'online' ? [] : await preparedAppends(context, views, given)
  const rows = objectsOf(given)
  const fed = to === 'offline' ? [] : views
  const writes = fed.map((view) => ({ view: view.name, write: prepareOnline(context, contents, view, rows) }))
  const online: { view: string; written: number; stale: number }[] = []
  for (const { view, write } of writes) online.push({ view, ...(await write(request.signal)) })
  const offline: { source: string; rows: number }[] = []
  for (const { source, append } of appends) offline.push({ source, rows: await append() })
  return { online, offline }
}

async function preparedAppends(
  context: StoreContext,
  views: readonly StoredFeatureView[],
  rows: RowsInput,
): Promise<readonly { readonly source: string; readonly append: () => Promise<number> }[]> {
  const prepared = historiesOf(views).map(async (source) => {
    return { source: source.name, append: await prepareAppend(context, source, rows, { reorder: true }) }
  })
  return Promise.all(prepared)
}

/** The views that a push source feeds. @throws FTS5020 when there are none. */
export function viewsFedBy(contents: RegistryContents, project: string, name: string): readonly StoredFeatureView[] {
  const views: readonly StoredFeatureView[] = [
    ...listObjects(contents, 'featureViews', project),
    ...listObjects(contents, 'streamFeatureViews', project),
  ]
  const fed = views.filter(({ streamSource }) => streamSource?.kind === 'push' && streamSource.name === name)
  if (fed.length > 0) return fed
  const known = new Set(views.flatMap(({ streamSource }) => (streamSource?.kind === 'push' ? [streamSource.name] : [])))
  throw new FeatureStoreError('FTS5020', {
    message: `No feature view of project "${project}" is fed by a push source "${name}".${suggestion(name, known)}`,
    field: 'source',
    notes: [known.size === 0 ? 'no view has a push source' : `push sources: ${[...known].sort().join(', ')}`],
  })
}

/** Where rows for some views go offline. @throws FTS4501 when there is no such place, and they would be lost. */
export function historiesOf(views: readonly StoredFeatureView[]): readonly DataSource[] {
  const sources = batchSources(views)
  if (sources.length > 0) return sources
  throw new FeatureStoreError('FTS4501', {
    message: `No batch source keeps the history of ${views.map(({ name }) => `"${name}"`).join(', ')}; pushed rows can only go online.`,
    field: 'to',
  })
}

/** Where the history of some views is kept, each source once. */
export function batchSources(views: readonly StoredFeatureView[]): readonly DataSource[] {
  const sources = views.flatMap((view) => (view.batchSource === null ? [] : (batchSourceOf(view.batchSource) ?? [])))
  return [...new Map(sources.map((source) => [source.name, source])).values()]
}
