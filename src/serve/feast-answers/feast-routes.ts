import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FeatureStore } from '../../store/feature-store.ts'
import { allowedMethods } from '../http/allowed-methods.ts'
import { loggedError, withoutFolder } from '../http/http-answer.ts'
import { noteFault } from '../http/observe-requests.ts'
import type { ServingContext } from '../serving-context.ts'
import { type FeastHttpAnswer, fastApiAnswer, feastHttpAnswer } from './feast-errors.ts'
import { type FeastHandler, getOnlineFeatures } from './feast-http.ts'
import { getVectorStore, listVectorStores, search, searchVectorStore } from './feast-search.ts'
import { materialize, materializeIncremental, push, writeToOnlineStore } from './feast-write-routes.ts'
import type { RawRequest } from './pydantic-body.ts'

interface FeastRoute {
  readonly handler: FeastHandler
  /** Whether it ends with the time that a request may take. */
  readonly limited: boolean
}

/** Routes of Feast's HTTP server that have the path of one of ours, and answer in its place. */
const feastRoutes: Readonly<Record<string, FeastRoute>> = {
  '/get-online-features': { handler: getOnlineFeatures, limited: true },
  '/push': { handler: push, limited: false },
  '/write-to-online-store': { handler: writeToOnlineStore, limited: false },
  '/materialize': { handler: materialize, limited: false },
  '/materialize-incremental': { handler: materializeIncremental, limited: false },
}

/** Routes that only Feast has. */
const moreRoutes: readonly (FeastRoute & { readonly method: 'GET' | 'POST'; readonly url: string })[] = [
  { method: 'POST', url: '/search', handler: search, limited: true },
  { method: 'POST', url: '/retrieve-online-documents', handler: search, limited: true },
  { method: 'GET', url: '/v1/vector_stores', handler: listVectorStores, limited: true },
  { method: 'GET', url: '/v1/vector_stores/:id', handler: getVectorStore, limited: true },
  { method: 'POST', url: '/v1/vector_stores/:id/search', handler: searchVectorStore, limited: true },
]

/**
 * Answers as Feast's server does, for `compatibility: feast`: its routes in place of ours, whatever goes wrong in its
 * words, and FastAPI's answers to paths and methods that are not there.
 */
export function answerAsFeast(app: FastifyInstance, serving: ServingContext): void {
  const allowedOf = allowedMethods(app)
  app.addHook('preHandler', async (request, reply) => {
    const route = request.method === 'POST' ? feastRoutes[request.routeOptions.url ?? ''] : undefined
    return route === undefined ? undefined : send(reply, await answerOf(route, request, serving))
  })
  for (const { method, url, ...route } of moreRoutes) {
    app.route({ method, url, handler: async (request, reply) => send(reply, await answerOf(route, request, serving)) })
  }
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = allowedOf(path)
    if (allowed.length === 0) return send(reply, fastApiAnswer(404))
    return send(reply.header('allow', allowed.join(', ')), fastApiAnswer(405))
  })
  app.setErrorHandler((error, request, reply) => send(reply, faultAnswer(error, request, serving)))
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
    return faultAnswer(error, request, serving)
  }
}

function rawRequest(request: FastifyRequest): RawRequest {
  const { body, headers, query } = request
  const { async: asynchronous, force } = query as Readonly<Record<string, string | undefined>>
  const { id } = request.params as { readonly id?: string }
  return {
    body: body instanceof Uint8Array ? body : null,
    contentType: headers['content-type'],
    query: { async: asynchronous, force },
    id,
  }
}

function faultAnswer(error: unknown, request: FastifyRequest, { logger, store }: ServingContext): FeastHttpAnswer {
  const tooLarge = error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
  if (tooLarge) return fastApiAnswer(413)
  const coded = loggedError(error, logger)
  noteFault(request, coded)
  const { status, body } = feastHttpAnswer(coded)
  return { status, body: withoutFolder(body, store.repoPath) }
}

function send(reply: FastifyReply, { status, body }: FeastHttpAnswer): FastifyReply {
  reply.code(status)
  // As bytes, to which fastify adds no charset: Feast's media type has none.
  return body === '' ? reply.send() : reply.header('content-type', 'application/json').send(Buffer.from(body))
}
