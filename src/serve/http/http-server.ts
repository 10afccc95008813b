import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compatibilityRules } from '../../config/compatibility.ts'
import { listenOn, readTlsFiles } from '../listening.ts'
import { givenRequestId, requestIds } from '../request-ids.ts'
import { type RunningServer, type ServingContext, type ServingOptions, servingContext } from '../serving-context.ts'
import type { TlsFiles } from '../serving-settings.ts'
import { answerBadUrl, answerErrors } from './answer-errors.ts'
import { answerClientError } from './client-errors.ts'
import { connectionsOf, drain, stopListening } from './drain.ts'
import { type AccessLog, observeRequests } from './observe-requests.ts'
import { registerRoutes } from './routes.ts'
import { describedOnly } from './schemas.ts'

export interface HttpServerOptions extends ServingOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** 0, the default, takes any free one. */
  readonly port?: number | undefined
  /** How long an idle connection is kept. Default 30. */
  readonly keepAliveSeconds?: number | undefined
  /** PEM files; null for plain HTTP. */
  readonly tls?: TlsFiles | null | undefined
  /** False for a server whose connections come from elsewhere, by `accept`. */
  readonly listens?: boolean | undefined
  /** Told of every request. Default: nobody is. */
  readonly accessLog?: AccessLog | null | undefined
}

/** A server that also takes connections which another process has accepted. */
export interface RunningHttpServer extends RunningServer {
  accept(socket: Socket): void
}

/** How long requests may take to end when the server is closed, beyond the time that a request may take. */
const drainMillis = 2000

/**
 * Serves a feature store over HTTP until it is closed.
 * @throws FTS7008 when host and port cannot be had, FTS7009 for the files of a certificate.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningHttpServer> {
  const { host = '127.0.0.1', port = 0 } = options
  const context = servingContext(options)
  const app = await makeApp(options, context)
  const { server } = app
  const open = connectionsOf(server)
  const close = async (): Promise<void> => {
    await stopListening(server)
    // Not before: clients that are told to close come back at once, and must not find the port just closing.
    context.draining = true
    await drain(server, open, context.gate.limits.requestTimeoutSeconds * 1000 + drainMillis)
    await app.close()
  }
  const accept = (socket: Socket): void => {
    server.emit('connection', socket)
    socket.resume()
  }
  if (options.listens === false) {
    // Only then does Node look after the connections of a server: their time-outs, and which of them are idle.
    server.emit('listening')
    return { address: host, port, close, accept }
  }
  try {
    const bound = await listenOn(server, host, port)
    return { ...bound, close, accept }
  } catch (error) {
    await app.close()
    throw error
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
    schemaController: describedOnly,
    clientErrorHandler: answerClientError,
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      reply.header('x-request-id', request.id)
      answerBadUrl(reply, request.url)
    },
  }) as unknown as FastifyInstance
  // Bodies come to the routes as bytes: what they hold is each route's business, whatever the content type says.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  observeRequests(app, context, accessLog)
  if (compatibilityRules(context.store.config).errorsAreOfFeast) {
    const { answerAsFeast } = await import('../feast-answers/feast-routes.ts')
    answerAsFeast(app, context)
  } else answerErrors(app, context)
  registerRoutes(app, context)
  await app.ready()
  return app
}
