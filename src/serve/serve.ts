import { once } from 'node:events'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import { startHttpServer } from './http/http-server.ts'
import { RequestGate } from './limits.ts'
import type { RunningServer } from './serving-context.ts'
import type { ServingSettings } from './serving-settings.ts'

export interface ServeOptions {
  /** Opened; closed by whoever opened it. */
  readonly store: FeatureStore
  readonly settings: ServingSettings
  readonly logger: Logger
  readonly clock: Clock
  /** Ends serving, as SIGTERM does. */
  readonly signal: AbortSignal
  /** Told when everything listens, line by line. */
  readonly announce: (line: string) => void
}

/** Serves until SIGTERM or the signal, then finishes what is being worked on. */
export async function serve(options: ServeOptions): Promise<void> {
  const { store, settings, logger, clock } = options
  const ended = untilEnd(options.signal)
  await store.contents()
  const { host, port, grpcPort, keepAliveSeconds, tls, limits, explain } = settings
  const gate = new RequestGate(limits)
  const shared = { store, host, tls, limits, gate, logger, clock }
  const servers: RunningServer[] = []
  try {
    if (port !== null) {
      const server = await startHttpServer({ ...shared, port, keepAliveSeconds, explain })
      servers.push(server)
      options.announce(`Serving ${store.project} on http${tls ? 's' : ''}://${server.address}:${server.port}`)
    }
    if (grpcPort !== null) {
      const { startGrpcServer } = await import('./grpc/grpc-server.ts')
      const server = await startGrpcServer({ ...shared, port: grpcPort })
      servers.push(server)
      options.announce(
        `Serving ${store.project} over gRPC${tls ? ' with TLS' : ''} on ${server.address}:${server.port}`,
      )
    }
    await ended
  } finally {
    await Promise.all(servers.map((server) => server.close()))
  }
}

async function untilEnd(signal: AbortSignal): Promise<void> {
  const terminated = once(process, 'SIGTERM')
  const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort')
  await Promise.race([terminated, aborted])
}
