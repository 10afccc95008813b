import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FeatureStore } from '../../store/feature-store.ts'
import { codedError } from '../http/http-answer.ts'
import type { ServingContext } from '../serving-context.ts'
import { type FeastHttpAnswer, fastApiAnswer, feastHttpAnswer } from './feast-errors.ts'
import { type FeastHandler, getOnlineFeatures } from './feast-http.ts'
import { materialize, materializeIncremental, push, writeToOnlineStore } from './feast-write-routes.ts'
import type { RawRequest } from './pydantic-body.ts'

interface FeastRoute {
  readonly handler: FeastHandler
  /** Whether it ends with the time that a request may take. */
  readonly limited: boolean
}

/** The routes of Feast's HTTP server. All other routes are ours, and answer as they do. */
const feastRoutes: Readonly<Record<string, FeastRoute>> = {
  '/get-online-features': { handler: getOnlineFeatures, limited: true },
  '/push': { handler: push, limited: false },
  '/write-to-online-store': { handler: writeToOnlineStore, limited: false },
  '/materialize': { handler: materialize, limited: false },
  '/materialize-incremental': { handler: materializeIncremental, limited: false },
}

/**
 * Answers as Feast's server does, for `compatibility: feast`: its routes in place of ours, whatever goes wrong in its
 * words, and FastAPI's answers to paths and methods that are not there.
 */
export function answerAsFeast(app: FastifyInstance, serving: ServingContext): void {
  const paths = new Set<string>()
  app.addHook('onRoute', ({ url }) => {
    paths.add(url)
  })
  app.addHook('preHandler', async (request, reply) => {
    const route = request.method === 'POST' ? feastRoutes[request.routeOptions.url ?? ''] : undefined
    return route === undefined ? undefined : send(reply, await answerOf(route, request, serving))
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    if (!paths.has(path)) return send(reply, fastApiAnswer(404))
    return send(reply.header('allow', Object.hasOwn(feastRoutes, path) ? 'POST' : 'GET'), fastApiAnswer(405))
  })
  app.setErrorHandler((error, _request, reply) => send(reply, faultAnswer(error, serving)))
}

async function answerOf(
  { handler, limited }: FeastRoute,
  request: FastifyRequest,
  serving: ServingContext,
): Promise<FeastHttpAnswer> {
  const raw = rawRequest(request)
  const context = FeatureStore.contextOf(serving.store)
  try {
    const work = (signal?: AbortSignal): Promise<FeastHttpAnswer> => handler(raw, { context, serving, signal })
    return await (limited ? serving.gate.run(work) : serving.gate.runLong(work))
  } catch (error) {
    return faultAnswer(error, serving)
  }
}

function rawRequest(request: FastifyRequest): RawRequest {
  const { body, headers, query } = request
  const { async: asynchronous, force } = query as Readonly<Record<string, string | undefined>>
  return {
    body: body instanceof Uint8Array ? body : null,
    contentType: headers['content-type'],
    query: { async: asynchronous, force },
  }
}

function faultAnswer(error: unknown, { logger }: ServingContext): FeastHttpAnswer {
  const tooLarge = error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
  if (tooLarge) return fastApiAnswer(413)
  const coded = codedError(error)
  if (coded.code === 'FTS9001') {
    const cause = coded.cause instanceof Error ? (coded.cause.stack ?? coded.cause.message) : String(coded.cause)
    logger.error('A request failed in a way that the server does not expect.', { error: cause })
  }
  return feastHttpAnswer(coded)
}

function send(reply: FastifyReply, { status, body }: FeastHttpAnswer): FastifyReply {
  reply.code(status)
  return body === '' ? reply.send() : reply.type('application/json').send(body)
}
