import { type Clock, systemClock } from '../base/clock.ts'
import { type Logger, silentLogger } from '../base/logger.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import { RequestGate } from './limits.ts'
import { ServingMetrics } from './metrics/serving-metrics.ts'
import { type ServingLimits, servingLimits } from './serving-settings.ts'

/** What a server is given. HTTP and gRPC of one process share gate and metrics. */
export interface ServingOptions {
  /** Opened; whoever opened it closes it after the server. */
  readonly store: FeatureStore
  /** Default: those of the store's configuration. */
  readonly limits?: ServingLimits | undefined
  readonly gate?: RequestGate | undefined
  readonly metrics?: ServingMetrics | undefined
  /** Default: nothing is logged. */
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  readonly explain?: boolean | undefined
  /** Metrics of every process that shares the port. Default: of this one. */
  readonly collectMetrics?: MetricsCollector | undefined
  /** All of the above, made already: shared by the servers of one process. */
  readonly context?: ServingContext | undefined
}

/** Makes the text that Prometheus reads. */
export type MetricsCollector = () => Promise<{ readonly text: string; readonly contentType: string }>

/** What routes and methods of a server work with. */
export interface ServingContext {
  readonly store: FeatureStore
  readonly gate: RequestGate
  readonly metrics: ServingMetrics
  readonly logger: Logger
  readonly clock: Clock
  /** Every answer says where its time went. */
  readonly explain: boolean
  readonly collectMetrics: MetricsCollector
  /** True from the moment on that the servers end. */
  draining: boolean
}

/** @throws FTS1005 for limits in the configuration that are none. */
export function servingContext(options: ServingOptions): ServingContext {
  if (options.context !== undefined) return options.context
  const context: ServingContext = {
    store: options.store,
    gate: options.gate ?? new RequestGate(options.limits ?? servingLimits(options.store.config)),
    metrics: options.metrics ?? new ServingMetrics(),
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
    explain: options.explain ?? false,
    draining: false,
    collectMetrics: options.collectMetrics ?? (() => ownMetrics(context)),
  }
  return context
}

async function ownMetrics(context: ServingContext): ReturnType<MetricsCollector> {
  const { metricsText, processMetrics, publishedMetrics } = await import('./metrics/publish.ts')
  return metricsText([[...publishedMetrics(context), ...(await processMetrics())]])
}

/** A server that runs. */
export interface RunningServer {
  /** Such as `127.0.0.1`. */
  readonly address: string
  readonly port: number
  /** Takes no new connections, finishes what is being worked on, and ends. */
  close(): Promise<void>
}
