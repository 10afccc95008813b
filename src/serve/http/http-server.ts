import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { cannotListen, readTlsFiles } from '../listening.ts'
import { givenRequestId, requestIds } from '../request-ids.ts'
import { type RunningServer, type ServingContext, type ServingOptions, servingContext } from '../serving-context.ts'
import type { TlsFiles } from '../serving-settings.ts'
import { answerErrors } from './answer-errors.ts'
import { drain } from './drain.ts'
import { type AccessLog, observeRequests } from './observe-requests.ts'
import { registerRoutes } from './routes.ts'

export interface HttpServerOptions extends ServingOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** 0, the default, takes any free one. */
  readonly port?: number | undefined
  /** How long an idle connection is kept. Default 30. */
  readonly keepAliveSeconds?: number | undefined
  /** PEM files; null for plain HTTP. */
  readonly tls?: TlsFiles | null | undefined
  /** Told of every request. Default: nobody is. */
  readonly accessLog?: AccessLog | null | undefined
}

/** How long requests may take to end when the server is closed, beyond the time that a request may take. */
const drainMillis = 2000

/**
 * Serves a feature store over HTTP until it is closed.
 * @throws FTS7008 when host and port cannot be had, FTS7009 for the files of a certificate.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 0 } = options
  const context = servingContext(options)
  const app = await makeApp(options, context)
  const server = app.server
  try {
    await listen(server, host, port)
  } catch (cause) {
    await app.close()
    throw cannotListen(host, port, cause)
  }
  const bound = server.address()
  const at = typeof bound === 'object' && bound !== null ? bound : { address: host, port }
  return {
    address: at.address,
    port: at.port,
    close: async () => {
      context.draining = true
      await drain(server, context.gate.limits.requestTimeoutSeconds * 1000 + drainMillis)
      await app.close()
    },
  }
}

/** The server without a port: what programs send requests to with `inject`. */
export function httpApp(options: HttpServerOptions): Promise<FastifyInstance> {
  return makeApp(options, servingContext(options))
}

async function makeApp(
  { tls, keepAliveSeconds = 30, accessLog = null }: HttpServerOptions,
  context: ServingContext,
): Promise<FastifyInstance> {
  const { fastify } = await import('fastify')
  const { limits } = context.gate
  const nextId = requestIds()
  const server = {
    headersTimeout: limits.headerTimeoutSeconds * 1000,
    // Counts from the first byte; a slow body must not hold a connection for ever.
    requestTimeout: (limits.headerTimeoutSeconds + limits.requestTimeoutSeconds) * 1000,
    keepAliveTimeout: keepAliveSeconds * 1000,
    connectionsCheckingInterval: Math.min(1000, limits.headerTimeoutSeconds * 250),
    noDelay: true,
  }
  const app = fastify({
    ...(tls ? { https: { ...(await readTlsFiles(tls)), ...server } } : { http: server }),
    bodyLimit: limits.maxBodyBytes,
    keepAliveTimeout: server.keepAliveTimeout,
    requestTimeout: server.requestTimeout,
    genReqId: (request) => givenRequestId(request.headers['x-request-id']) ?? nextId(),
    // While it ends, requests of open connections are answered as always.
    return503OnClosing: false,
    exposeHeadRoutes: false,
  }) as unknown as FastifyInstance
  // Bodies come to the routes as bytes: what they hold is each route's business, whatever the content type says.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  // Schemas of routes are for the description only; the routes check what they read, with better words.
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  observeRequests(app, context, accessLog)
  if (context.store.config.compatibility === 'feast') {
    const { answerAsFeast } = await import('../feast-answers/feast-routes.ts')
    answerAsFeast(app, context)
  } else answerErrors(app, context)
  registerRoutes(app, context)
  await app.ready()
  return app
}

/** Listens on one address. Of a name's addresses that is the first of IPv4, which clients of `localhost` try too. */
async function listen(server: Server, host: string, port: number): Promise<void> {
  const { address } = await lookup(host, { order: 'ipv4first' })
  const listening = once(server, 'listening')
  server.listen({ host: address, port })
  await listening
}
