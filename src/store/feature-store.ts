import type { Table } from 'apache-arrow'
import type { FeatureStoreConfig } from '../config/feature-store-config.ts'
import type {
  EntityColumns,
  EntityRow,
  FeatureRequest,
  HistoricalEntityRow,
  HistoricalRow,
  OnlineRow,
} from '../define/request.ts'
import type { Definitions } from '../model/definitions.ts'
import type { FeatureViewState } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import type { SavedDataset } from '../model/saved-dataset.ts'
import type { OnlineWriteSummary } from '../plugin/online-store.ts'
import type { RegistryStatus } from '../registry/cached-registry.ts'
import { getProject } from '../registry/lookup.ts'
import type { Plan } from '../registry/plan.ts'
import type { FeatureRow } from '../types/feature-value.ts'
import { apply } from './apply.ts'
import {
  type ConvertOnlineStoreRequest,
  convertOnlineStore,
  type OnlineStoreConversion,
} from './convert-online-store.ts'
import { type DefinitionsInput, isDefinitions, toDefinitions } from './definitions-input.ts'
import { type DeletedObject, deleteObject } from './delete-object.ts'
import type { EntityCoercion } from './entity-columns.ts'
import type { EntityInput } from './entity-rows.ts'
import { readLoggedFeatures, type WriteLoggedFeaturesRequest, writeLoggedFeatures } from './feature-logs.ts'
import { getHistoricalFeatures, type HistoricalFeaturesRequest } from './get-historical-features.ts'
import { getOnlineFeatures } from './get-online-features.ts'
import {
  type MaterializeIncrementalRequest,
  type MaterializeRequest,
  type MaterializeSummary,
  materialize,
  materializeIncremental,
} from './materialize.ts'
import type { OnlineResponse } from './online-response.ts'
import type { ClosableContext } from './open-context.ts'
import { type PlanOptions, plan } from './plan.ts'
import { type PullOptions, pullAll, pullLatest } from './pull-rows.ts'
import { type PushRequest, type PushSummary, push } from './push.ts'
import { addToHistory, type PushedHistory, pushedHistories } from './pushed-history.ts'
import type { ReadTimings } from './read-timings.ts'
import { RegistryObjects } from './registry-objects.ts'
import {
  type Reservation,
  type ReservationRequest,
  type ReservedView,
  releaseViews,
  reserveViews,
} from './reserve-views.ts'
import type { RetrievalJob } from './retrieval-job.ts'
import type { RowBatches } from './row-batches.ts'
import { createSavedDataset, readSavedDataset, type SavedDatasetRequest } from './saved-datasets.ts'
import type { StoreContext } from './store-context.ts'
import { type Teardown, teardown } from './teardown.ts'
import type { TimeInput } from './time-input.ts'
import { setViewEnabled, setViewState, type ViewChange } from './view-state.ts'
import { type WriteToOfflineStoreRequest, writeToOfflineStore } from './write-to-offline-store.ts'
import { type WriteToOnlineStoreRequest, writeToOnlineStore } from './write-to-online-store.ts'

/** A historical request whose rows the compiler checks against the features. */
export interface TypedHistoricalRequest<F, E, Full extends boolean>
  extends Omit<HistoricalFeaturesRequest, 'features' | 'entities' | 'fullFeatureNames'> {
  readonly features: F
  readonly entities?: readonly E[] | Exclude<EntityInput, readonly unknown[]> | Table | undefined
  readonly fullFeatureNames?: Full | undefined
}

/** An online request whose rows the compiler checks against the features. */
export interface TypedOnlineRequest<F, Full extends boolean> {
  readonly features: F
  /** Objects, or columns of equal length by name. */
  readonly entities: readonly EntityRow<F>[] | EntityColumns<F>
  /** Name columns `view__feature`, not `feature`. Default false. */
  readonly fullFeatureNames?: Full | undefined
  readonly signal?: AbortSignal | undefined
  /** @internal How servers read entity values. */
  readonly coerce?: EntityCoercion | undefined
  /** @internal Where servers take the time. */
  readonly timings?: ReadTimings | undefined
}

/**
 * A feature store: one project of a registry with its online and offline store. Made by `openStore`. Methods may be
 * called at once; stores are opened when they are first needed, and closed by {@link close} or `await using`.
 */
export class FeatureStore extends RegistryObjects implements AsyncDisposable {
  readonly #context: ClosableContext
  readonly #definitions: () => Promise<Definitions | undefined>

  /** @internal */
  constructor(context: ClosableContext, definitions: () => Promise<Definitions | undefined>) {
    super()
    this.#context = context
    this.#definitions = definitions
  }

  /** What the use cases of a store work with: for servers, which call some of them without the checks of this class. */
  static contextOf(store: FeatureStore): StoreContext {
    return store.#context
  }

  get project(): string {
    return this.#context.project
  }

  get config(): FeatureStoreConfig {
    return this.#context.config
  }

  /** Absolute; the base of relative paths in configuration and definitions. */
  get repoPath(): string {
    return this.#context.repoPath
  }

  contents(): Promise<RegistryContents> {
    return this.#context.contents()
  }

  /** Reads the registry now, whatever the age of what is known. */
  refreshRegistry(): Promise<RegistryContents> {
    return this.#context.refresh()
  }

  /** How fresh {@link contents} are, and whether the last try to read them again failed. */
  registryStatus(): RegistryStatus {
    return this.#context.registryStatus()
  }

  /** One cheap round trip to the online store. @throws what a read would throw when the store cannot be reached. */
  async pingOnlineStore(signal?: AbortSignal): Promise<void> {
    const store = await this.#context.onlineStore()
    await store.ping(signal)
  }

  /**
   * What {@link apply} would do; writes nothing. Without definitions: those that the store was opened with, else those
   * of the repository's files. Single objects leave the rest of the project alone, as in Feast, unless
   * `partial: false`.
   */
  async plan(definitions?: DefinitionsInput, options: PlanOptions = {}): Promise<Plan> {
    const work = await this.#work(definitions, options)
    return plan(this.#context, work.definitions, work.options)
  }

  /** Brings registry and infrastructure to the definitions, or carries a plan out. See {@link plan}. */
  async apply(work?: DefinitionsInput | Plan, options: PlanOptions = {}): Promise<Plan> {
    if (work !== undefined && 'desired' in work) return apply(this.#context, work, options)
    const { definitions, options: effective } = await this.#work(work, options)
    return apply(this.#context, definitions, effective)
  }

  /** Removes the project from registry and online store. */
  teardown(): Promise<Teardown> {
    return teardown(this.#context)
  }

  /** Takes one object out of the registry; null when there is none of that name. */
  delete(name: string, options: { readonly force?: boolean } = {}): Promise<DeletedObject | null> {
    return deleteObject(this.#context, name, options)
  }

  /** Lets a view serve and be materialized, or stops both, until the next apply. */
  setViewEnabled(name: string, enabled: boolean): Promise<ViewChange> {
    return setViewEnabled(this.#context, name, enabled)
  }

  /** Moves a view to a state. See {@link setViewState}. */
  setViewState(name: string, state: FeatureViewState): Promise<ViewChange> {
    return setViewState(this.#context, name, state)
  }

  /** Removes another project from registry and online store, or this one. */
  async deleteProject(name: string): Promise<Teardown> {
    getProject(await this.contents(), name)
    return teardown({ ...this.#context, project: name })
  }

  /** Features as of each entity row's time: a training set, as a lazy job. See {@link getHistoricalFeatures}. */
  getHistoricalFeatures<
    const F extends FeatureRequest,
    const E extends HistoricalEntityRow<F> = HistoricalEntityRow<F>,
    const Full extends boolean = false,
  >(request: TypedHistoricalRequest<F, E, Full>): RetrievalJob<HistoricalRow<F, E, Full>> {
    return getHistoricalFeatures<HistoricalRow<F, E, Full>>(this.#context, request)
  }

  /** The latest features of entity rows, from the online store. See {@link getOnlineFeatures}. */
  getOnlineFeatures<const F extends FeatureRequest, const Full extends boolean = false>(
    request: TypedOnlineRequest<F, Full>,
  ): Promise<OnlineResponse<OnlineRow<F, Full>>> {
    return getOnlineFeatures<OnlineRow<F, Full>>(this.#context, request)
  }

  /** Loads the latest rows of a window into the online store. */
  materialize(request: MaterializeRequest): Promise<MaterializeSummary> {
    return materialize(this.#context, request)
  }

  /** Loads what came since the last window, up to `end`. */
  materializeIncremental(request: MaterializeIncrementalRequest): Promise<MaterializeSummary> {
    return materializeIncremental(this.#context, request)
  }

  /** Marks views in the registry as being materialized, unless they are. See {@link reserveViews}. */
  reserveViews(request: ReservationRequest): Promise<Reservation> {
    return reserveViews(this.#context, request)
  }

  /** Takes that mark off the views that still have it. */
  releaseViews(views: readonly ReservedView[], options: { readonly ownMarks?: boolean } = {}): Promise<void> {
    return releaseViews(this.#context, views, options)
  }

  /** Brings online values to the layout of the configuration, in place. See {@link convertOnlineStore}. */
  convertOnlineStore(request: ConvertOnlineStoreRequest = {}): Promise<OnlineStoreConversion> {
    return convertOnlineStore(this.#context, request)
  }

  /** Writes rows of a push source to the online store, the offline store or both. */
  push(request: PushRequest): Promise<PushSummary> {
    return push(this.#context, request)
  }

  /** Where rows of a push source go offline, to check them now and add them later with {@link addToHistory}. */
  pushedHistories(pushSource: string): Promise<readonly PushedHistory[]> {
    return pushedHistories(this.#context, pushSource)
  }

  /** Adds rows that a {@link PushedHistory} has checked to its source, once, however often it is called for a batch. */
  addToHistory(request: Parameters<typeof addToHistory>[1]): Promise<void> {
    return addToHistory(this.#context, request)
  }

  /** Writes rows of one view to the online store. */
  writeToOnlineStore(request: WriteToOnlineStoreRequest): Promise<OnlineWriteSummary> {
    return writeToOnlineStore(this.#context, request)
  }

  /** Adds rows to the batch source of a view; returns how many. */
  writeToOfflineStore(request: WriteToOfflineStoreRequest): Promise<number> {
    return writeToOfflineStore(this.#context, request)
  }

  /** Runs a job, stores its rows and registers them as a data set. */
  createSavedDataset(request: SavedDatasetRequest): Promise<SavedDataset> {
    return createSavedDataset(this.#context, request)
  }

  /** The rows of a saved data set: join keys, event time and features. */
  readSavedDataset<Row = FeatureRow>(name: string): RowBatches<Row> {
    return readSavedDataset<Row>(this.#context, name)
  }

  /** Adds served features to the log of a feature service; returns how many rows. */
  writeLoggedFeatures(request: WriteLoggedFeaturesRequest): Promise<number> {
    return writeLoggedFeatures(this.#context, request)
  }

  /** The logged rows of a feature service in a window, inclusive at both ends. */
  readLoggedFeatures<Row = FeatureRow>(request: {
    readonly service: string
    readonly start: TimeInput
    readonly end: TimeInput
  }): RowBatches<Row> {
    return readLoggedFeatures<Row>(this.#context, request)
  }

  /** Every row of the history of a view or data source in a window. */
  pullAll(name: string, options?: PullOptions): RowBatches {
    return pullAll(this.#context, name, options)
  }

  /** The latest row per key of a view or data source in a window. */
  pullLatest(name: string, options?: PullOptions): RowBatches {
    return pullLatest(this.#context, name, options)
  }

  /** Closes every store that was opened. */
  close(): Promise<void> {
    return this.#context.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #work(
    given: DefinitionsInput | undefined,
    options: PlanOptions,
  ): Promise<{ readonly definitions: Definitions; readonly options: PlanOptions }> {
    if (given !== undefined) {
      const partial = options.partial ?? !isDefinitions(given)
      return { definitions: toDefinitions(given, { partial }), options: { ...options, partial } }
    }
    return { definitions: (await this.#definitions()) ?? toDefinitions([]), options }
  }
}
