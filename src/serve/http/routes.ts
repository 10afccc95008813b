import type { FastifyInstance } from 'fastify'
import type { ServingContext } from '../serving-context.ts'
import { getOnlineFeaturesRoute } from './get-online-features-route.ts'
import { healthRoutes } from './health-routes.ts'

/** Every route of the server; a file for each concern. */
const routes: readonly ((app: FastifyInstance, context: ServingContext) => void)[] = [
  getOnlineFeaturesRoute,
  healthRoutes,
]

export function registerRoutes(app: FastifyInstance, context: ServingContext): void {
  for (const register of routes) register(app, context)
}
