import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { days, type Instant } from '../base/instant.ts'
import type { DataSource } from '../model/data-source.ts'
import type { FeatureService } from '../model/feature-service.ts'
import { projectedName } from '../model/feature-view-projection.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import type { EntityRows } from '../plugin/offline-store.ts'
import { findObject, listObjects } from '../registry/lookup.ts'
import { resolveFeatures } from '../registry/resolve-features.ts'
import type { ResolvedFeatures } from '../registry/resolved-features.ts'
import type { FeatureRow } from '../types/feature-value.ts'
import { type EntityInput, toEntityRows } from './entity-rows.ts'
import { type FeaturesInput, givenFeatures } from './feature-selection.ts'
import { findOnDemandFunctions } from './on-demand.ts'
import { readSettings } from './read-settings.ts'
import { type PreparedRetrieval, RetrievalJob } from './retrieval-job.ts'
import type { StoreContext } from './store-context.ts'
import { type TimeInput, toInstant } from './time-input.ts'
import { ageLimit, viewJoins } from './view-joins.ts'

export interface HistoricalFeaturesRequest {
  readonly features: FeaturesInput
  /** The rows that features are wanted for. Without them: every key with an event from `start` to `end`. */
  readonly entities?: EntityInput | undefined
  /** Name columns `view__feature`, not `feature`. Default false. */
  readonly fullFeatureNames?: boolean | undefined
  /** Hide feature rows that were created after the entity row's time. Default false: the created time only breaks ties. */
  readonly filterByCreatedTimestamp?: boolean | undefined
  /** Start of the range, inclusive. Default: `end` less the longest ttl of the views, or 30 days when none has one. */
  readonly start?: TimeInput | undefined
  /** End of the range, inclusive, and the time as of which features are taken. Default: now. */
  readonly end?: TimeInput | undefined
}

/** How far back a range reaches when no view has a ttl. Source: Feast's default. */
const defaultRange = days(30)

/**
 * Features as of each entity row's time, as a job that has not run yet. What needs no I/O is checked here; names are
 * looked up and columns compared when the job runs.
 *
 * Shape: every entity row comes out once, in input order: its own columns first, then the features, views in order of
 * first mention, then the outputs of on-demand views.
 * @throws FTS2101 and FTS2102 for malformed features, FTS4503 for a time that is none, FTS4506 for entity rows and a
 * range, FTS4509 for a range that ends before it starts.
 */
export function getHistoricalFeatures<Row = FeatureRow>(
  context: StoreContext,
  request: HistoricalFeaturesRequest,
): RetrievalJob<Row> {
  const given = givenFeatures(request.features)
  const fullFeatureNames = request.fullFeatureNames ?? false
  const { entities } = request
  const start = request.start === undefined ? undefined : toInstant(request.start, 'start')
  const end = request.end === undefined ? undefined : toInstant(request.end, 'end')
  if (entities !== undefined && (start ?? end) !== undefined) {
    throw new FeatureStoreError('FTS4506', {
      message: `Entity rows were given, and ${start === undefined ? 'an end' : 'a start'} of a range too.`,
      field: start === undefined ? 'end' : 'start',
    })
  }
  if (start !== undefined && end !== undefined && start.compare(end) > 0) throw reversedRange(start, end)

  const prepare = async (): Promise<PreparedRetrieval> => {
    const contents = await context.contents()
    const options = { ...readSettings(context.config), fullFeatureNames }
    if (given.selection.kind === 'service') warnOfOtherService(context, contents, given.selection.service)
    const resolved = resolveFeatures(contents, context.project, given.selection, options)
    const { joins, column } = viewJoins(resolved)
    const functions = await findOnDemandFunctions(context, resolved, given.functions)
    const entityRows =
      entities === undefined ? rangeOf(context, resolved, start, end) : await toEntityRows(entities, resolved)
    const offlineStore = await context.offlineStore()
    const historical = offlineStore.historical({
      entityRows,
      views: joins,
      filterByCreated: request.filterByCreatedTimestamp ?? false,
      sources: queryableSources(listObjects(contents, 'dataSources', context.project)),
    })
    const serviceName = given.selection.kind === 'service' ? given.selection.service.name : ''
    return { resolved, functions, historical, offlineStore, column, fullFeatureNames, serviceName }
  }
  return new RetrievalJob<Row>(prepare, context.project)
}

/** The registry's copy of a service counts, as in Feast; who passes another one should know. */
function warnOfOtherService(context: StoreContext, contents: RegistryContents, service: FeatureService): void {
  const registered = findObject(contents, 'featureServices', context.project, service.name)
  // A view without a schema has no features before apply has found them; nothing can be compared then.
  const known = service.projections.every((projection) => projection.features.length > 0)
  if (registered === undefined || !known || featuresOf(registered) === featuresOf(service)) return
  context.logger.warn(`The feature service "${service.name}" differs from the applied one, whose features are used.`, {
    applied: featuresOf(registered),
    given: featuresOf(service),
  })
}

function featuresOf(service: FeatureService): string {
  return service.projections
    .flatMap((projection) => projection.features.map((field) => `${projectedName(projection)}:${field.name}`))
    .join(', ')
}

/** Every key with an event in the range, as of its end: what Feast's Spark and BigQuery stores do. */
function rangeOf(
  context: StoreContext,
  resolved: ResolvedFeatures,
  givenStart: Instant | undefined,
  givenEnd: Instant | undefined,
): EntityRows {
  const end = givenEnd ?? context.clock.now()
  const limits = resolved.views.flatMap((view) => ageLimit(view.view) ?? [])
  const longest = limits.reduce((a, b) => (a.micros > b.micros ? a : b), limits[0] ?? defaultRange)
  const start = givenStart ?? end.minus(longest)
  if (start.compare(end) > 0) throw reversedRange(start, end)
  return { kind: 'range', start, end }
}

function reversedRange(start: Instant, end: Instant): FeatureStoreError {
  const message = `The range starts at ${start}, after its end at ${end}.`
  return new FeatureStoreError('FTS4509', { message, field: 'start' })
}

/** Sources that have rows of their own, which an SQL entity query can name. */
function queryableSources(sources: readonly DataSource[]): readonly DataSource[] {
  const without = new Set<DataSource['kind']>(['request', 'push', 'kafka', 'kinesis'])
  return sources.filter((source) => !without.has(source.kind))
}
