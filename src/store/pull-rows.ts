import type { RecordBatch } from 'apache-arrow'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestion, suggestionHint } from '../base/suggest.ts'
import { batchSourceOf, type DataSource } from '../model/data-source.ts'
import { isStoredView } from '../model/feature-view.ts'
import type { OfflineStore, PullRequest } from '../plugin/offline-store.ts'
import { findAnyFeatureView, findObject, listObjects } from '../registry/lookup.ts'
import { type PhysicalSource, physicalSource, physicalSourceOf } from './physical-source.ts'
import { RowBatches } from './row-batches.ts'
import type { StoreContext } from './store-context.ts'
import { type TimeInput, toInstant } from './time-input.ts'

/** Which rows of a source are wanted. Column names are the source's own: before the field mapping. */
export interface PullOptions {
  /** Default: the join keys of the view; none for a data source. */
  readonly joinKeys?: readonly string[] | undefined
  /** Default: the features of the view; every other column of a data source. */
  readonly features?: readonly string[] | undefined
  /** Default: the source's. */
  readonly timestampField?: string | undefined
  /** Default: the source's; null to do without. */
  readonly createdTimestampColumn?: string | null | undefined
  /** Inclusive; without it, unbounded. */
  readonly start?: TimeInput | undefined
  readonly end?: TimeInput | undefined
}

/**
 * Every row of the history of a view or data source in the window, as stored.
 * Columns: keys, features, event time, created time.
 * @throws FTS3104 for an unknown name, FTS4501, FTS4502, FTS4503.
 */
export function pullAll(context: StoreContext, name: string, options: PullOptions = {}): RowBatches {
  return pull(context, name, options, (store, request, signal) => store.pullAll(request, signal))
}

/** The latest row per key in the window: by event time, then created time, then position. See {@link pullAll}. */
export function pullLatest(context: StoreContext, name: string, options: PullOptions = {}): RowBatches {
  return pull(context, name, options, (store, request, signal) =>
    store.pullLatest(request, signal === undefined ? {} : { signal }),
  )
}

type Read = (store: OfflineStore, request: PullRequest, signal: AbortSignal | undefined) => AsyncIterable<RecordBatch>

function pull(context: StoreContext, name: string, options: PullOptions, read: Read): RowBatches {
  const start = options.start === undefined ? null : toInstant(options.start, 'start')
  const end = options.end === undefined ? null : toInstant(options.end, 'end')
  async function* batches(signal?: AbortSignal): AsyncGenerator<RecordBatch> {
    const store = await context.offlineStore()
    const { physical, keys, features } = await pulled(context, store, name)
    const created = options.createdTimestampColumn
    const request: PullRequest = {
      source: physical.source,
      keyColumns: options.joinKeys ?? keys,
      featureColumns: options.features ?? features,
      timestampColumn: options.timestampField ?? physical.timestampColumn,
      createdColumn: created === undefined ? physical.createdColumn : created,
      start,
      end,
    }
    yield* read(store, request, signal)
  }
  return new RowBatches(batches)
}

interface Pulled {
  readonly physical: PhysicalSource
  readonly keys: readonly string[]
  readonly features: readonly string[]
}

/** What a name stands for: a feature view first, then a data source. */
async function pulled(context: StoreContext, store: OfflineStore, name: string): Promise<Pulled> {
  const contents = await context.contents()
  const view = findAnyFeatureView(contents, context.project, name)
  if (view !== undefined && isStoredView(view)) {
    const physical = physicalSourceOf(view)
    return {
      physical,
      keys: view.entityColumns.map((field) => physical.column(field.name)),
      features: view.features.map((field) => physical.column(field.name)),
    }
  }
  const source = findObject(contents, 'dataSources', context.project, name)
  if (source === undefined) {
    const names = (['featureViews', 'streamFeatureViews', 'dataSources'] as const).flatMap((kind) =>
      listObjects(contents, kind, context.project).map((object) => object.name),
    )
    throw new FeatureStoreError('FTS3104', {
      message: `There is no feature view or data source "${name}" in project "${context.project}".${suggestion(name, names)}`,
      hint: suggestionHint(name, names),
      notes: [`project "${context.project}" has: ${names.join(', ')}`],
    })
  }
  const physical = physicalSource(rowsOf(source))
  const taken = new Set([physical.timestampColumn, physical.createdColumn])
  const columns = await store.columns(physical.source)
  const features = columns.map((column) => column.name).filter((column) => !taken.has(column))
  return { physical, keys: [], features }
}

function rowsOf(source: DataSource): DataSource {
  const rows = batchSourceOf(source)
  if (rows !== null && rows.kind !== 'request') return rows
  throw new FeatureStoreError('FTS4501', { message: `The data source "${source.name}" has no stored rows.` })
}
