import cluster from 'node:cluster'
import { once } from 'node:events'
import type { Clock } from '../base/clock.ts'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Logger } from '../base/logger.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import { hostAndPort, type ServedAddresses } from './announcement.ts'
import { type HttpServerOptions, startHttpServer } from './http/http-server.ts'
import { startMetricsServer } from './http/metrics-server.ts'
import type { AccessLog } from './http/observe-requests.ts'
import { ServingMetrics } from './metrics/serving-metrics.ts'
import { RegistryRefresh } from './registry-refresh.ts'
import { type MetricsCollector, type RunningServer, type ServingContext, servingContext } from './serving-context.ts'
import type { ServingSettings } from './serving-settings.ts'
import { answerPrimary, askPrimaryForMetrics, endWanted, takeConnections, tellPrimary } from './worker-messages.ts'

export interface ServeOptions {
  /** Opened; closed by whoever opened it. */
  readonly store: FeatureStore
  readonly settings: ServingSettings
  readonly logger: Logger
  /** Told of every HTTP request. */
  readonly accessLog: AccessLog | null
  readonly clock: Clock
  /** Ends serving, as SIGTERM does. */
  readonly signal: AbortSignal
  /** Told when everything listens. */
  readonly announce: (addresses: ServedAddresses) => void
}

/**
 * Serves in this process until SIGTERM or the signal, then finishes what is being worked on. In a worker, metrics are
 * those of all workers, and their port is the primary's.
 * @throws FTS3xxx when there is no registry, FTS8xxx when the package of the online store is missing, FTS7008 when a port cannot be had, FTS7009 for the files of a certificate.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { store, settings, logger } = options
  const ended = untilEnd(options.signal)
  await store.contents()
  await openOnlineStore(store, logger)
  const metrics = new ServingMetrics({ likeFeast: settings.metrics })
  const { limits, explain } = settings
  const collectMetrics: MetricsCollector | undefined = cluster.isWorker ? askPrimaryForMetrics : undefined
  const context = servingContext({ store, limits, metrics, logger, clock: options.clock, explain, collectMetrics })
  if (cluster.isWorker) answerPrimary(() => ownMetrics(context))
  using _refresh = new RegistryRefresh({ store, everySeconds: settings.registryTtlSeconds, metrics, logger })
  const servers: RunningServer[] = []
  try {
    const addresses = await startServers(options, context, servers)
    options.announce(addresses)
    tellPrimary({ kind: 'ready', addresses })
    await ended
  } finally {
    await Promise.all(servers.map((server) => server.close()))
    // The channel to the primary would keep a worker alive that has nothing left to do.
    cluster.worker?.disconnect()
  }
}

async function startServers(
  { store, settings, logger, accessLog }: ServeOptions,
  context: ServingContext,
  servers: RunningServer[],
): Promise<ServedAddresses> {
  const { host, port, grpcPort, keepAliveSeconds, tls } = settings
  const start = async (starting: Promise<RunningServer>): Promise<string> => {
    const server = await starting
    servers.push(server)
    return hostAndPort(server)
  }
  const shared = { store, host, tls, context }
  const http = port === null ? null : await start(startHttp({ ...shared, port, keepAliveSeconds, accessLog }))
  const grpc = grpcPort === null ? null : await start(startGrpc({ ...shared, port: grpcPort, accessLog }))
  const metrics =
    settings.metrics && !cluster.isWorker
      ? await start(
          startMetricsServer({
            host: settings.metricsHost,
            port: settings.metricsPort,
            collect: context.collectMetrics,
            logger,
          }),
        )
      : null
  return {
    project: store.project,
    http: http === null ? null : `http${tls === null ? '' : 's'}://${http}`,
    grpc,
    metrics: metrics === null ? null : `http://${metrics}/metrics`,
  }
}

/** In a worker the primary has the port, and hands out its connections. */
async function startHttp(options: HttpServerOptions): Promise<RunningServer> {
  const server = await startHttpServer({ ...options, listens: !cluster.isWorker })
  if (cluster.isWorker) takeConnections(server.accept)
  return server
}

async function startGrpc(options: Parameters<typeof import('./grpc/grpc-server.ts').startGrpcServer>[0]) {
  const { startGrpcServer } = await import('./grpc/grpc-server.ts')
  return startGrpcServer(options)
}

/**
 * Opens the online store before the first request needs it. One that is not there yet may come later.
 * @throws FTS1xxx, FTS8xxx for a store that cannot come: of a wrong configuration, or without its package.
 */
async function openOnlineStore(store: FeatureStore, logger: Logger): Promise<void> {
  try {
    await store.pingOnlineStore(AbortSignal.timeout(2000))
  } catch (error) {
    if (error instanceof FeatureStoreError && /^FTS[18]/.test(error.code)) throw error
    const message = error instanceof Error ? error.message : String(error)
    logger.warn('The online store does not answer; requests fail until it does.', { message })
  }
}

async function ownMetrics(context: ServingContext) {
  const { processMetrics, publishedMetrics } = await import('./metrics/publish.ts')
  return [...publishedMetrics(context), ...(await processMetrics())]
}

/** Signals are for the primary, which also gets those of its workers' terminal; it tells them in time. */
async function untilEnd(signal: AbortSignal): Promise<void> {
  if (cluster.isWorker) {
    for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => {})
    return endWanted()
  }
  const terminated = once(process, 'SIGTERM')
  const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort')
  await Promise.race([terminated, aborted])
}
