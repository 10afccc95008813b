import type { FastifyInstance } from 'fastify'
import type { ServingContext } from '../serving-context.ts'

const schema = {
  summary: 'What was counted, as Prometheus reads it',
  tags: ['state'],
  response: { 200: { description: 'metrics of all processes that share the port', type: 'string' } },
}

/** GET /metrics, on the server's own port. */
export function metricsRoute(app: FastifyInstance, { collectMetrics }: ServingContext): void {
  app.get('/metrics', { schema }, async (_request, reply) => {
    const { text, contentType } = await collectMetrics()
    return reply.header('content-type', contentType).send(text)
  })
}
