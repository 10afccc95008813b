import type { Table } from 'apache-arrow'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { DataSource } from '../model/data-source.ts'
import type { BatchMark } from '../plugin/offline-store.ts'
import { listObjects } from '../registry/lookup.ts'
import type { RowsInput } from './offline-rows.ts'
import { batchSources, historiesOf, viewsFedBy } from './push.ts'
import type { StoreContext } from './store-context.ts'
import { tableForSource } from './write-to-offline-store.ts'

/** Where rows of a push source go offline, with the columns that the source had when it was looked at. */
export interface PushedHistory {
  /** Name of the batch source. */
  readonly source: string
  /** Rows as a table with the source's columns. @throws FTS4510 and FTS4508 for rows that do not fit. */
  fit(rows: RowsInput): Promise<Table>
}

/** The batch sources behind a push source, each once. @throws FTS5020 for an unknown push source, FTS4501 without any. */
export async function pushedHistories(context: StoreContext, pushSource: string): Promise<readonly PushedHistory[]> {
  const views = viewsFedBy(await context.contents(), context.project, pushSource)
  const offlineStore = await context.offlineStore()
  return Promise.all(
    historiesOf(views).map(async (source) => {
      const columns = await offlineStore.columns(source)
      return { source: source.name, fit: (rows) => tableForSource(source, columns, rows, { reorder: true }) }
    }),
  )
}

/**
 * Adds rows that {@link PushedHistory.fit} gave to their batch source, unless the source knows their batch already.
 * @throws FTS4515 when no view has that source any more, FTS4510 when its columns are others by now.
 */
export async function addToHistory(
  context: StoreContext,
  request: { readonly source: string; readonly rows: Table; readonly once: BatchMark },
): Promise<void> {
  const source = await batchSourceNamed(context, request.source)
  await (await context.offlineStore()).append(source, request.rows, { reorder: true, once: request.once })
}

async function batchSourceNamed(context: StoreContext, name: string): Promise<DataSource> {
  const contents = await context.contents()
  const views = [
    ...listObjects(contents, 'featureViews', context.project),
    ...listObjects(contents, 'streamFeatureViews', context.project),
  ]
  const source = batchSources(views).find((each) => each.name === name)
  if (source !== undefined) return source
  throw new FeatureStoreError('FTS4515', {
    message: `No feature view of project "${context.project}" has the batch source "${name}" that rows were pushed for.`,
  })
}
