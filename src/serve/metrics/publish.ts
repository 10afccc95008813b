import type { Registry } from 'prom-client'
import { statusNames } from '../../store/feature-status.ts'
import type { ServingContext } from '../serving-context.ts'
import { counter, gauge, histogram, type LabelledValue, type PublishedMetric } from './published-metric.ts'
import type { ServingMetrics } from './serving-metrics.ts'

/** What this process has counted, under the names that operators know; with Feast's own too when they are wanted. */
export function publishedMetrics(context: ServingContext): readonly PublishedMetric[] {
  const { metrics } = context
  return [
    ...requestMetrics(metrics),
    ...viewMetrics(metrics),
    ...stateMetrics(context),
    ...(metrics.likeFeast ? feastMetrics(metrics, context.store.project) : []),
  ]
}

function requestMetrics({ endpoints, materializations }: ServingMetrics): readonly PublishedMetric[] {
  return [
    histogram(
      'feast_online_request_latency',
      'Seconds from the first byte of a request to the last one of its answer, by route or method',
      [...endpoints].flatMap(([endpoint, { latency, statuses }]) =>
        statuses.size === 0 ? [] : [[{ endpoint }, latency] as const],
      ),
    ),
    counter(
      'feast_online_request_total',
      'Requests by route or method and by status: of HTTP, or the number of a gRPC status',
      statusValues(endpoints),
    ),
    histogram(
      'feast_materialization_duration',
      'Seconds that materializations took, by feature view',
      [...materializations].map(([view, { seconds }]) => [{ feature_view: view }, seconds]),
    ),
  ]
}

function statusValues(endpoints: ServingMetrics['endpoints']): readonly LabelledValue[] {
  return [...endpoints].flatMap(([endpoint, { statuses }]) =>
    [...statuses].map(([status, count]) => [{ endpoint, status }, count] as const),
  )
}

function viewMetrics({ views }: ServingMetrics): readonly PublishedMetric[] {
  const all = [...views].map(([name, view]) => [{ feature_view: name }, view] as const)
  return [
    counter(
      'feast_feature_request_count',
      'Feature values that were asked for, by feature view',
      all.map(([labels, { requested }]) => [labels, requested]),
    ),
    counter(
      'feast_feature_not_found_count',
      'Feature values that were asked for and are not stored, by feature view',
      all.map(([labels, { notFound }]) => [labels, notFound]),
    ),
    histogram(
      'feast_feature_staleness',
      'Seconds between the event behind a served row and the time of its answer, by feature view',
      all.map(([labels, { staleness }]) => [labels, staleness]),
    ),
  ]
}

function stateMetrics({ gate, store, clock, metrics }: ServingContext): readonly PublishedMetric[] {
  const { readAt, fault } = store.registryStatus()
  const age = readAt === null ? [] : [[{}, Number(clock.now().epochMicros - readAt.epochMicros) / 1e6] as const]
  return [
    gauge('feast_requests_in_flight', 'Requests that are being worked on', [[{}, gate.inFlight]]),
    counter('feast_registry_refresh_failures_total', 'Times that the registry could not be read again', [
      [{}, metrics.registryRefreshFailures],
    ]),
    gauge('feast_registry_stale', '1 while the registry cannot be read again', [[{}, fault === null ? 0 : 1]], 'max'),
    gauge('feast_registry_age_seconds', 'Seconds since the registry was read', age, 'max'),
  ]
}

/** The names of the feature server of Feast 0.67. */
function feastMetrics(metrics: ServingMetrics, project: string): readonly PublishedMetric[] {
  const { endpoints, shapes, views, pushes, materializations, rows, storeReads } = metrics
  const answered = endpoints.get('/get-online-features')
  return [
    counter('feast_feature_server_request_total', 'Requests by endpoint and status', statusValues(endpoints)),
    histogram(
      'feast_feature_server_request_latency_seconds',
      'Seconds that requests took',
      [...shapes.values()].map(({ endpoint, featureCount, viewCount, latency }) => [
        { endpoint, feature_count: featureCount, feature_view_count: viewCount },
        latency,
      ]),
    ),
    counter('feast_online_features_request_total', 'Requests for online features', [
      [{}, answered?.latency.count ?? 0],
    ]),
    histogram('feast_online_features_entity_count', 'Entity rows of requests for online features', [[{}, rows]]),
    counter(
      'feast_online_features_status_total',
      'Served feature values by feature view and status',
      [...views].flatMap(([name, { statuses }]) =>
        statusNames.flatMap((status, number) => {
          const count = statuses[number] ?? 0
          return count === 0 ? [] : [[{ feature_view: name, status: status.toLowerCase() }, count] as const]
        }),
      ),
    ),
    histogram(
      'feast_feature_server_online_store_read_duration_seconds',
      'Seconds that reads of the online store took',
      [[{}, storeReads]],
    ),
    counter(
      'feast_push_request_total',
      'Pushes by source and mode',
      [...pushes].map(([key, count]) => {
        const [source = '', mode = ''] = key.split('\n')
        return [{ push_source: source, mode }, count]
      }),
    ),
    histogram(
      'feast_materialization_duration_seconds',
      'Seconds that materializations took, by feature view',
      [...materializations].map(([view, { seconds }]) => [{ feature_view: view }, seconds]),
    ),
    counter(
      'feast_materialization_result_total',
      'Materializations by feature view and result',
      [...materializations].flatMap(([view, { succeeded, failed }]) => [
        [{ feature_view: view, status: 'success' }, succeeded] as const,
        [{ feature_view: view, status: 'failure' }, failed] as const,
      ]),
    ),
    gauge(
      'feast_feature_freshness_seconds',
      'Age of the newest served event, by feature view',
      [...views].flatMap(([name, { newestAge }]) =>
        newestAge === null ? [] : [[{ feature_view: name, project }, newestAge] as const],
      ),
      'max',
    ),
  ]
}

let processRegistry: Registry | undefined

/** Memory, cpu and event loop of this process, as prom-client names them. Counted from the first call on. */
export async function processMetrics(): Promise<readonly PublishedMetric[]> {
  const { collectDefaultMetrics, Registry } = await import('prom-client')
  if (processRegistry === undefined) {
    processRegistry = new Registry()
    collectDefaultMetrics({ register: processRegistry })
  }
  return (await processRegistry.getMetricsAsJSON()) as readonly PublishedMetric[]
}

/** Metrics of several processes as those of one. */
export async function addedUp(processes: readonly (readonly PublishedMetric[])[]): Promise<readonly PublishedMetric[]> {
  const { AggregatorRegistry } = await import('prom-client')
  const sum = await AggregatorRegistry.aggregate([...processes]).getMetricsAsJSON()
  return sum as readonly PublishedMetric[]
}

/** Metrics of one process, or of several added up, as Prometheus reads them. */
export async function metricsText(
  processes: readonly (readonly PublishedMetric[])[],
): Promise<{ readonly text: string; readonly contentType: string }> {
  const { AggregatorRegistry, Registry } = await import('prom-client')
  const [only] = processes
  if (processes.length > 1 || only === undefined) {
    const registry = AggregatorRegistry.aggregate([...processes])
    return { text: await registry.metrics(), contentType: registry.contentType }
  }
  const registry = new Registry()
  for (const metric of only) registry.registerMetric({ ...metric, get: async () => metric } as never)
  return { text: await registry.metrics(), contentType: registry.contentType }
}
