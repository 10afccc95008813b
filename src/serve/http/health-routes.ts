import type { FastifyInstance } from 'fastify'
import type { ServingContext } from '../serving-context.ts'

/** GET /health: the process lives and knows a registry. */
export function healthRoutes(app: FastifyInstance, { store }: ServingContext): void {
  app.get('/health', async (_request, reply) => {
    await store.contents()
    return reply.code(200).send()
  })
}
