import type { FastifyInstance } from 'fastify'
import { type Clock, systemClock } from '../../base/clock.ts'
import { type Logger, silentLogger } from '../../base/logger.ts'
import type { FeatureStore } from '../../store/feature-store.ts'
import { RequestGate } from '../limits.ts'
import { cannotListen, readTlsFiles } from '../listening.ts'
import type { RunningServer, ServingContext } from '../serving-context.ts'
import { defaultLimits, type ServingLimits, type TlsFiles } from '../serving-settings.ts'
import { answerErrors } from './answer-errors.ts'
import { registerRoutes } from './routes.ts'

export interface HttpServerOptions {
  /** Opened; whoever opened it closes it after the server. */
  readonly store: FeatureStore
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** 0, the default, takes any free one. */
  readonly port?: number | undefined
  /** How long an idle connection is kept. Default 30. */
  readonly keepAliveSeconds?: number | undefined
  /** PEM files; null for plain HTTP. */
  readonly tls?: TlsFiles | null | undefined
  readonly limits?: ServingLimits | undefined
  /** What may be shared with a gRPC server of the same process. Default: one of its own. */
  readonly gate?: RequestGate | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  readonly explain?: boolean | undefined
}

/**
 * Serves a feature store over HTTP until it is closed.
 * @throws FTS7008 when host and port cannot be had, FTS7009 for the files of a certificate.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 0 } = options
  const app = await httpApp(options)
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await app.close()
    throw cannotListen(host, port, cause)
  }
  const bound = app.server.address()
  const at = typeof bound === 'object' && bound !== null ? bound : { address: host, port }
  return { address: at.address, port: at.port, close: () => app.close() }
}

/** The server before it listens. Tests send requests to it with `inject`. */
export async function httpApp(options: HttpServerOptions): Promise<FastifyInstance> {
  const { fastify } = await import('fastify')
  const limits = options.limits ?? defaultLimits
  const { tls, keepAliveSeconds = 30, logger = silentLogger } = options
  const context: ServingContext = {
    store: options.store,
    gate: options.gate ?? new RequestGate(limits),
    logger,
    clock: options.clock ?? systemClock,
    explain: options.explain ?? false,
  }
  const app = fastify({
    ...(tls && { https: await readTlsFiles(tls) }),
    bodyLimit: limits.maxBodyBytes,
    keepAliveTimeout: keepAliveSeconds * 1000,
    forceCloseConnections: 'idle',
    http: { headersTimeout: limits.headerTimeoutSeconds * 1000 },
  }) as unknown as FastifyInstance
  // Bodies come to the routes as bytes: what they hold is each route's business, whatever the content type says.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  // Schemas of routes are for the description only; the routes check what they read, with better words.
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  answerErrors(app, context)
  registerRoutes(app, context)
  await app.ready()
  return app
}
