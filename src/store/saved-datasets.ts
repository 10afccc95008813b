import type { RecordBatch } from 'apache-arrow'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant, seconds } from '../base/instant.ts'
import { faultOfName } from '../define/validate.ts'
import type { DataSource } from '../model/data-source.ts'
import type { Tags } from '../model/field.ts'
import type { SavedDataset, SavedDatasetStorage } from '../model/saved-dataset.ts'
import type { EntityRowColumns } from '../plugin/offline-store.ts'
import { putObject } from '../registry/change.ts'
import { findObject, getSavedDataset } from '../registry/lookup.ts'
import type { FeatureRow } from '../types/feature-value.ts'
import { eventTimestampColumn } from './entity-rows.ts'
import { type PreparedRetrieval, type RetrievalJob, tap } from './retrieval-job.ts'
import { columnValues, RowBatches } from './row-batches.ts'
import type { StoreContext } from './store-context.ts'

export interface SavedDatasetRequest {
  readonly name: string
  /** What to keep: the job is run once. */
  readonly from: RetrievalJob
  /** Where: a path of a Parquet file or folder, relative to the feature repository, or a storage of another kind. */
  readonly storage: string | SavedDatasetStorage
  readonly tags?: Tags | undefined
  readonly description?: string | undefined
  readonly owner?: string | undefined
  /** Replace what is stored there and what is registered under the name. Default false. */
  readonly overwrite?: boolean | undefined
  /** Ends the run of the job; nothing is stored then. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a job, stores its rows and registers them as a data set, in that order: what cannot be stored is not registered.
 * On-demand outputs are stored like other features.
 * @throws FTS2001 for a name that is none, FTS4514 when the name is taken, FTS4xxx when something is stored there, both unless `overwrite`.
 */
export async function createSavedDataset(context: StoreContext, request: SavedDatasetRequest): Promise<SavedDataset> {
  const overwrite = request.overwrite ?? false
  const fault = faultOfName(request.name)
  if (fault !== undefined) {
    const message = `The name ${JSON.stringify(request.name)} of a saved data set ${fault}.`
    throw new FeatureStoreError('FTS2001', { message, field: 'name' })
  }
  if (!overwrite) refuseTakenName(await context.contents(), context.project, request.name)
  const job = request.from
  const prepared = await job.resolved()
  const entity = await job.entityColumns()
  const storage = storageOf(request.storage)
  const range = new TimeRange()
  const seen = tap(job.batches(request.signal), (batch) => range.see(batch, entity.timestamp))
  await prepared.offlineStore.persist(seen, storage, { overwrite })
  const now = context.clock.now()
  const { contents } = await context.registry.transact(({ contents: current }) => {
    const before = findObject(current, 'savedDatasets', context.project, request.name)
    if (!overwrite) refuseTakenName(current, context.project, request.name)
    const dataset: SavedDataset = {
      ...before,
      kind: 'savedDataset',
      name: request.name,
      project: context.project,
      description: request.description ?? '',
      owner: request.owner ?? '',
      tags: request.tags ?? {},
      features: storedReferences(prepared),
      joinKeys: joinKeyColumns(prepared, entity),
      fullFeatureNames: prepared.fullFeatureNames,
      storage,
      featureServiceName: prepared.serviceName,
      namespace: before?.namespace ?? '',
      collection: before?.collection ?? '',
      minEventTimestamp: range.earliest,
      maxEventTimestamp: range.latest,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    }
    return putObject(current, 'savedDatasets', dataset)
  })
  context.remember(contents)
  return getSavedDataset(contents, context.project, request.name)
}

/**
 * The rows of a saved data set: join keys, features and event time of those whose event time lies in the range that was
 * recorded. Labels and other columns of the entity rows are stored but not returned, as in Feast.
 * @throws FTS3106 for an unknown name, FTS4511 when what is stored has no column of event times.
 */
export function readSavedDataset<Row = FeatureRow>(context: StoreContext, name: string): RowBatches<Row> {
  return new RowBatches<Row>(() => read(context, name))
}

async function* read(context: StoreContext, name: string): AsyncGenerator<RecordBatch> {
  const dataset = getSavedDataset(await context.contents(), context.project, name)
  const offlineStore = await context.offlineStore()
  const features = dataset.features.map((reference) => columnOf(reference, dataset.fullFeatureNames))
  const columns = dataset.storage.kind === 'file' ? await offlineStore.columns(fileOf(dataset.storage)) : []
  const times = columns.filter((column) => column.isTimestamp && !features.includes(column.name))
  const named = columns.length === 0 || columns.some((column) => column.name === eventTimestampColumn)
  const [only, ...others] = times
  const timestampColumn = named ? eventTimestampColumn : others.length === 0 ? only?.name : undefined
  if (timestampColumn === undefined) {
    throw new FeatureStoreError('FTS4511', {
      message: `The saved data set "${name}" has no column event_timestamp and ${times.length} other columns of times.`,
      notes: [`columns of times: ${times.map((column) => column.name).join(', ') || 'none'}`],
    })
  }
  yield* offlineStore.readPersisted(dataset.storage, {
    columns: [...new Set([...dataset.joinKeys, timestampColumn, ...features])],
    timestampColumn,
    start: dataset.minEventTimestamp ?? Instant.fromEpochMicros(0n),
    // Feast adds a second, since some stores cut the largest time to whole seconds.
    end: (dataset.maxEventTimestamp ?? context.clock.now()).plus(seconds(1)),
  })
}

function refuseTakenName(contents: Parameters<typeof findObject>[0], project: string, name: string): void {
  if (findObject(contents, 'savedDatasets', project, name) === undefined) return
  throw new FeatureStoreError('FTS4514', {
    message: `There is a saved data set "${name}" in project "${project}" already.`,
    notes: ['pass overwrite: true to replace it, or choose another name'],
    field: 'name',
  })
}

/** A storage given by its path is a file. */
export function storageOf(storage: string | SavedDatasetStorage): SavedDatasetStorage {
  return typeof storage === 'string' ? { kind: 'file', path: storage, s3EndpointOverride: '' } : storage
}

/** References to what is stored, in column order. */
function storedReferences({ resolved }: PreparedRetrieval): readonly string[] {
  const byOutput = new Map(
    [...resolved.views, ...resolved.onDemandViews].flatMap((view) =>
      view.features.flatMap(({ field, output }) => (output === null ? [] : [[output, `${view.name}:${field.name}`]])),
    ),
  )
  return resolved.outputs.flatMap((output) => byOutput.get(output) ?? [])
}

/** Entity columns that requested views join on; if there are none, all but the times. */
function joinKeyColumns({ resolved }: PreparedRetrieval, entity: EntityRowColumns): readonly string[] {
  const keys = new Set(resolved.views.flatMap((view) => view.joinKeys.map((key) => key.column)))
  const found = entity.names.filter((name) => keys.has(name))
  return found.length > 0 ? found : entity.names.filter((name) => name !== entity.timestamp)
}

function columnOf(reference: string, fullFeatureNames: boolean): string {
  return fullFeatureNames ? reference.replace(':', '__') : reference.slice(reference.indexOf(':') + 1)
}

function fileOf(storage: Extract<SavedDatasetStorage, { kind: 'file' }>): DataSource {
  return {
    kind: 'file',
    name: storage.path,
    project: '',
    description: '',
    tags: {},
    owner: '',
    path: storage.path,
    format: 'parquet',
    s3EndpointOverride: storage.s3EndpointOverride,
    timestampField: eventTimestampColumn,
    createdTimestampColumn: '',
    fieldMapping: {},
    datePartitionColumn: '',
    timestampFieldType: '',
    classType: '',
  }
}

/** The earliest and latest time of a column, batch by batch. */
class TimeRange {
  earliest: Instant | null = null
  latest: Instant | null = null

  see(batch: RecordBatch, column: string): void {
    for (const value of columnValues(batch, column)) {
      const time = typeof value === 'string' ? Instant.parse(value) : value
      if (!(time instanceof Instant)) continue
      if (this.earliest === null || time.compare(this.earliest) < 0) this.earliest = time
      if (this.latest === null || time.compare(this.latest) > 0) this.latest = time
    }
  }
}
