import type { FastifyInstance, FastifyReply } from 'fastify'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { ServingContext } from '../serving-context.ts'
import { allowedMethods } from './allowed-methods.ts'
import { errorAnswer, loggedError } from './http-answer.ts'
import { noteFault } from './observe-requests.ts'

/** Gives every failed request its answer: errors of routes, faults of HTTP, and paths that do not exist. */
export function answerErrors(app: FastifyInstance, context: ServingContext): void {
  const allowedOf = allowedMethods(app)
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = allowedOf(path)
    if (allowed.length > 0) reply.header('allow', allowed.join(', '))
    return send(reply, allowed.length > 0 ? notAllowed(request.method, path, allowed) : noRoute(path), context)
  })
  app.setErrorHandler((error, _request, reply) =>
    send(reply, faultOfHttp(error, context) ?? loggedError(error, context.logger), context),
  )
}

function send(reply: FastifyReply, error: FeatureStoreError, { store }: ServingContext): FastifyReply {
  noteFault(reply.request, error)
  if (error.entry.http === 503) reply.header('retry-after', '1')
  const { status, body } = errorAnswer(error, store.repoPath)
  return reply.code(status).type('application/json').send(body)
}

/** Answers a request whose URL has no meaning, which fastify gives to no route and no error handler. */
export function answerBadUrl(reply: FastifyReply, url: string): FastifyReply {
  const error = new FeatureStoreError('FTS7001', {
    message: `"${url}" is not a URL: it has an escape that stands for nothing.`,
  })
  const { status, body } = errorAnswer(error)
  return reply.code(status).type('application/json').send(body)
}

/** What fastify finds wrong with a request before a route sees it; undefined for errors of routes. */
function faultOfHttp(error: unknown, { gate }: ServingContext): FeatureStoreError | undefined {
  if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('FST_ERR_')) return undefined
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new FeatureStoreError('FTS7005', {
      message: `The body of the request has more than ${gate.limits.maxBodyBytes} bytes.`,
      notes: ['serving.limits.max_body_bytes in feature_store.yaml is the limit'],
      cause: error,
    })
  }
  const status = 'statusCode' in error ? Number(error.statusCode) : 500
  return status < 500 ? new FeatureStoreError('FTS7001', { message: `${error.message}.`, cause: error }) : undefined
}

const noRoute = (path: string): FeatureStoreError =>
  new FeatureStoreError('FTS7003', { message: `There is nothing at ${path}.`, notes: ['GET /docs lists all paths'] })

const notAllowed = (method: string, path: string, allowed: readonly string[]): FeatureStoreError =>
  new FeatureStoreError('FTS7004', { message: `${path} takes ${allowed.join(' and ')}, not ${method}.` })
