import { randomUUID } from 'node:crypto'
import { rename, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { RecordBatch } from 'apache-arrow'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { once } from '../base/once.ts'
import type { SavedDatasetStorage } from '../model/saved-dataset.ts'
import type { EntityRowColumns, HistoricalJob, OfflineStore } from '../plugin/offline-store.ts'
import type { ResolvedFeatures, ResolvedView } from '../registry/resolved-features.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'
import { renaming } from './entity-columns.ts'
import { computeOnDemand, type OnDemandFunctions } from './on-demand.ts'
import { columnValues, RowBatches, rebuildBatch } from './row-batches.ts'

/** A request with its names looked up. */
export interface PreparedRetrieval {
  readonly resolved: ResolvedFeatures
  readonly functions: OnDemandFunctions
  readonly historical: HistoricalJob
  readonly offlineStore: OfflineStore
  /** The column of the join's result that holds a feature. */
  readonly column: (view: ResolvedView, feature: string) => string
  readonly fullFeatureNames: boolean
  /** The feature service that was asked for, or the empty string. */
  readonly serviceName: string
}

/**
 * Historical features that have not been read yet. Each method that delivers reads them anew; none changes the job.
 *
 * Shape: every entity row once, in input order: its own columns first, then the features in request order. Types are
 * those of the sources; times are in UTC with microseconds. On-demand outputs have their declared types.
 * @throws FTS2103 … FTS2105, FTS3104 for names that do not resolve, FTS2301 and FTS2302 for on-demand functions,
 * FTS4001 for a missing join key column, FTS4504 for a missing request column, FTS4505 for an entity column that is
 * named like a feature.
 */
export class RetrievalJob<Row = FeatureRow> extends RowBatches<Row> {
  readonly #resolved: () => Promise<PreparedRetrieval>
  /** The project whose features these are. */
  readonly project: string

  constructor(prepare: () => Promise<PreparedRetrieval>, project: string) {
    super((signal) => this.#run(signal))
    this.#resolved = once(prepare)
    this.project = project
  }

  /**
   * Writes all rows to one Parquet file, which is replaced. Relative paths start at the working directory.
   * Memory: one batch.
   * @throws FTS4019 when a folder is there.
   */
  async toParquet(path: string, signal?: AbortSignal): Promise<{ readonly rows: number }> {
    const file = resolve(path)
    const found = await stat(file).catch(() => undefined)
    if (found?.isDirectory() === true) {
      throw new FeatureStoreError('FTS4019', { message: `"${path}" is a folder, and the rows go to one file.` })
    }
    const prepared = await this.resolved()
    await checkColumns(prepared)
    if (prepared.resolved.onDemandViews.length === 0) return prepared.historical.toParquet(file, signal)
    let rows = 0
    const counted = tap(this.batches(signal), (batch) => {
      rows += batch.numRows
    })
    // A path with another ending would become a folder.
    const written = file.endsWith('.parquet') ? file : `${file}.${randomUUID()}.parquet`
    const storage: SavedDatasetStorage = { kind: 'file', path: written, s3EndpointOverride: '' }
    await prepared.offlineStore.persist(counted, storage, { overwrite: true })
    if (written !== file) await rename(written, file)
    return { rows }
  }

  /** The text of the query that the offline store runs, for reading. On-demand outputs are computed after it. */
  async toSql(): Promise<string> {
    return (await this.resolved()).historical.toSql()
  }

  /** In words: how each view is joined and why so, then what is computed afterwards. */
  async explain(): Promise<string> {
    const { historical, resolved } = await this.resolved()
    const computed = resolved.onDemandViews.map((view) => {
      const outputs = view.features.map((feature) => feature.field.name).join(', ')
      return `${view.name}: on-demand view, computed in this process per batch: ${outputs}`
    })
    return [await historical.explain(), ...computed].join('\n')
  }

  /**
   * Stores all rows where `storage` says; a relative path starts at the feature repository.
   * @throws FTS4xxx when something is there and `overwrite` is not true.
   */
  async persist(
    storage: SavedDatasetStorage,
    options: { readonly overwrite?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const { offlineStore } = await this.resolved()
    await offlineStore.persist(this.batches(options.signal), storage, { overwrite: options.overwrite ?? false })
  }

  /** What the request means, with every name looked up. Done once per job, or again after a failure. */
  resolved(): Promise<PreparedRetrieval> {
    return this.#resolved()
  }

  /** The columns of the entity rows, read from their schema. */
  async entityColumns(): Promise<EntityRowColumns> {
    return (await this.resolved()).historical.entityColumns()
  }

  async *#run(signal?: AbortSignal): AsyncGenerator<RecordBatch> {
    const prepared = await this.resolved()
    const entity = await checkColumns(prepared)
    for await (const batch of prepared.historical.batches(signal)) {
      yield prepared.resolved.onDemandViews.length === 0 ? batch : await withOnDemand(prepared, entity, batch)
    }
  }
}

/** Adds the on-demand outputs, and takes out what only they needed. */
async function withOnDemand(
  prepared: PreparedRetrieval,
  entity: EntityRowColumns,
  batch: RecordBatch,
): Promise<RecordBatch> {
  const { resolved, functions, column } = prepared
  const read = new Map<string, readonly FeatureValue[]>()
  // Several on-demand views often need the same column.
  const values = (name: string): readonly FeatureValue[] => {
    const known = read.get(name) ?? columnValues(batch, name)
    read.set(name, known)
    return known
  }
  const computed = computeOnDemand(resolved, functions, {
    rowCount: batch.numRows,
    feature: (view, field) => values(column(view, field.name)),
    request: (field) => values(field.name),
  })
  const onDemand = new Set(computed.map((output) => output.name))
  const stored = resolved.outputs.filter((name) => !onDemand.has(name))
  return rebuildBatch(batch, [...entity.names, ...stored], computed)
}

/** Compares the columns of the entity rows with what the request needs. */
async function checkColumns({ historical, resolved }: PreparedRetrieval): Promise<EntityRowColumns> {
  const entity = await historical.entityColumns()
  const names = new Set(entity.names)
  const had = `the entity rows have: ${entity.names.join(', ')}`
  const missingKeys = resolved.views.flatMap((view) =>
    view.joinKeys.filter((key) => !names.has(key.column)).map((key) => ({ view: view.name, column: key.column })),
  )
  const [key] = missingKeys
  if (key !== undefined) {
    throw new FeatureStoreError('FTS4001', {
      message: `The entity rows have no column "${key.column}", which the view "${key.view}" joins on.${renaming(key.column, [...names])}`,
      notes: [had, ...missingKeys.slice(1).map(({ view, column }) => `"${column}" of "${view}" is missing too`)],
      field: key.column,
    })
  }
  const missing = resolved.requestFields.filter((field) => !names.has(field.name)).map((field) => field.name)
  if (missing[0] !== undefined) {
    const views = resolved.onDemandViews.map((view) => view.name).join(', ')
    throw new FeatureStoreError('FTS4504', {
      message: `The entity rows have no column "${missing.join('", "')}", which on-demand views (${views}) compute with.${renaming(missing[0], [...names])}`,
      notes: [had],
      field: missing[0],
    })
  }
  const taken = resolved.outputs.filter((name) => names.has(name))
  if (taken[0] !== undefined) {
    throw new FeatureStoreError('FTS4505', {
      message: `The entity rows have a column "${taken.join('", "')}", and a feature of that name is requested.`,
      notes: ['rename the column of the entity rows, or set fullFeatureNames: true'],
      field: taken[0],
    })
  }
  return entity
}

/** The same batches, each shown to `see` on its way. */
export async function* tap(
  batches: AsyncIterable<RecordBatch>,
  see: (batch: RecordBatch) => void,
): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) {
    see(batch)
    yield batch
  }
}
