import type { FastifyInstance, FastifySchema } from 'fastify'
import { readiness } from '../readiness.ts'
import type { ServingContext } from '../serving-context.ts'
import { errorAnswer, loggedError } from './http-answer.ts'
import { errors, object, text } from './schemas.ts'

const health: FastifySchema = {
  summary: 'The process lives and knows a registry',
  tags: ['state'],
  response: { 200: { description: 'it does', type: 'null' }, ...errors(503) },
}

const check = object({ ok: { type: 'boolean' }, error: text('why it is not') }, ['ok'])
const readyState = object({ ready: { type: 'boolean' }, checks: object({ registry: check, online_store: check }) }, [
  'ready',
  'checks',
])

const ready: FastifySchema = {
  summary: 'Requests for features can be answered',
  tags: ['state'],
  response: {
    200: { description: 'they can; `checks.registry.stale` is true on an old registry', ...readyState },
    503: { description: 'they cannot, and why', ...readyState },
  },
}

/** GET /health, whether the process lives, and GET /ready, whether registry and online store answer. */
export function healthRoutes(app: FastifyInstance, context: ServingContext): void {
  app.get('/health', { schema: health }, async (_request, reply) => {
    try {
      await context.store.contents()
      return reply.code(200).send()
    } catch (error) {
      return reply
        .code(503)
        .type('application/json')
        .send(errorAnswer(loggedError(error, context.logger), context.store.repoPath).body)
    }
  })
  app.get('/ready', { schema: ready }, async (_request, reply) => {
    const state = await readiness(context)
    return reply.code(state.ready ? 200 : 503).send(state)
  })
}
