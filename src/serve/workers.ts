import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Logger } from '../base/logger.ts'
import type { ServedAddresses } from './announcement.ts'
import { startMetricsServer } from './http/metrics-server.ts'
import { listenOn } from './listening.ts'
import type { RunningServer } from './serving-context.ts'
import type { ServingSettings } from './serving-settings.ts'
import { SharedPort } from './shared-port.ts'
import type { FromPrimary, FromWorker } from './worker-messages.ts'
import { WorkerMetrics } from './worker-metrics.ts'

export interface SuperviseOptions {
  readonly settings: ServingSettings
  readonly logger: Logger
  /** Ends serving, as SIGTERM does. */
  readonly signal: AbortSignal
  /** Told when all workers listen. */
  readonly announce: (addresses: ServedAddresses) => void
}

/** How long to wait before a worker that died is replaced: doubled each time, until one has lived for a while. */
const firstWaitMillis = 200
const longestWaitMillis = 30_000
const healthyMillis = 60_000

/** How long workers may take to end beyond the time that a request may take. */
const endMillis = 10_000

/**
 * Runs this program once per worker; they share the ports. One that dies is replaced, at growing intervals. Returns when
 * all have ended after SIGTERM or the signal.
 * @throws FTS7008 when a port cannot be had, FTS7012 when a worker cannot start.
 */
export async function superviseWorkers(options: SuperviseOptions): Promise<void> {
  const { settings, signal } = options
  await tryGrpcPort(settings)
  const supervisor = await Supervisor.open(options)
  let metrics: RunningServer | undefined
  const terminated = once(process, 'SIGTERM')
  const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort')
  const ended = Promise.race([terminated, aborted])
  try {
    const addresses = await Promise.race([supervisor.start(), ended.then(() => null)])
    if (addresses === null) return
    if (settings.metrics) {
      const { metricsHost: host, metricsPort: port } = settings
      const collect = () => supervisor.metrics.collect()
      metrics = await startMetricsServer({ host, port, collect, logger: options.logger })
    }
    const where = metrics === undefined ? null : `http://${metrics.address}:${metrics.port}/metrics`
    options.announce({ ...addresses, metrics: where })
    await ended
  } finally {
    await supervisor.stop(settings.limits.requestTimeoutSeconds * 1000 + endMillis)
    await metrics?.close()
  }
}

/** Says once, and before any worker is started, that the port of gRPC cannot be had; workers share it by themselves. */
async function tryGrpcPort({ host, grpcPort }: ServingSettings): Promise<void> {
  if (grpcPort === null || grpcPort === 0) return
  const server = createServer()
  await listenOn(server, host, grpcPort)
  const closed = once(server, 'close')
  server.close()
  await closed
}

class Supervisor {
  readonly metrics = new WorkerMetrics(() => [...this.#ready.keys()])
  readonly #options: SuperviseOptions
  #port: SharedPort | null = null
  readonly #workers = new Set<Worker>()
  readonly #ready = new Map<Worker, ServedAddresses>()
  /** Whether all workers listened at some time. */
  #complete = false
  readonly #replacements = new Set<NodeJS.Timeout>()
  #ending = false
  #waitMillis = firstWaitMillis
  #announced: ((addresses: ServedAddresses) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  private constructor(options: SuperviseOptions) {
    this.#options = options
  }

  /** @throws FTS7008 when the port cannot be had. */
  static async open(options: SuperviseOptions): Promise<Supervisor> {
    const supervisor = new Supervisor(options)
    const { host, port } = options.settings
    if (port !== null) supervisor.#port = await SharedPort.listen(host, port, () => [...supervisor.#ready.keys()])
    return supervisor
  }

  /** Starts the workers; the addresses that they share. */
  start(): Promise<ServedAddresses> {
    return new Promise((resolve, reject) => {
      this.#announced = resolve
      this.#failed = reject
      for (let count = 0; count < this.#options.settings.workers; count++) this.#fork()
    })
  }

  /** Lets the workers finish what they work on. */
  async stop(atMostMillis: number): Promise<void> {
    this.#ending = true
    // They would keep the process alive for half a minute.
    for (const replacement of this.#replacements) clearTimeout(replacement)
    await this.#port?.close()
    const living = [...this.#workers]
    const ends = living.map((worker) => once(worker, 'exit'))
    // Not a signal, which could overtake the connections that were handed over before it.
    const message: FromPrimary = { kind: 'end' }
    for (const worker of living) {
      if (this.#ready.has(worker)) worker.send(message, () => {})
      // One that still starts has no connections, and nobody in it listens yet.
      else worker.process.kill('SIGKILL')
    }
    const timer = setTimeout(() => {
      for (const worker of this.#workers) worker.process.kill('SIGKILL')
    }, atMostMillis)
    await Promise.all(ends)
    clearTimeout(timer)
  }

  #fork(): void {
    const worker = cluster.fork()
    const started = performance.now()
    this.#workers.add(worker)
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') this.#isReady(worker, message.addresses)
      else this.metrics.receive(worker, message)
    })
    worker.on('exit', (code, signal) => {
      this.#workers.delete(worker)
      this.metrics.departed(worker)
      if (!this.#ending) this.#replace(worker, { code, signal, livedMillis: performance.now() - started })
      this.#ready.delete(worker)
    })
  }

  #isReady(worker: Worker, addresses: ServedAddresses): void {
    this.#ready.set(worker, addresses)
    this.#port?.workerIsReady()
    if (this.#complete || this.#ready.size < this.#options.settings.workers) return
    this.#complete = true
    this.#announced?.({ ...addresses, http: this.#url() })
  }

  #url(): string | null {
    const scheme = this.#options.settings.tls === null ? 'http' : 'https'
    return this.#port === null ? null : `${scheme}://${this.#port.address}`
  }

  #replace(
    worker: Worker,
    end: { readonly code: number; readonly signal: string; readonly livedMillis: number },
  ): void {
    const { code, signal, livedMillis } = end
    if (!this.#complete && !this.#ready.has(worker)) {
      // Before everything listens for the first time the reason lies in the configuration; trying again is no use.
      this.#failed?.(
        new FeatureStoreError('FTS7012', { message: `A worker process could not start; it ended with ${code}.` }),
      )
      return
    }
    if (livedMillis > healthyMillis) this.#waitMillis = firstWaitMillis
    const waitMillis = this.#waitMillis
    this.#waitMillis = Math.min(longestWaitMillis, waitMillis * 2)
    const { logger } = this.#options
    logger.error('A worker process ended; another one takes its place.', { code, signal, wait_ms: waitMillis })
    const replacement = setTimeout(() => {
      this.#replacements.delete(replacement)
      this.#fork()
    }, waitMillis)
    this.#replacements.add(replacement)
  }
}
