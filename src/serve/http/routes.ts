import type { FastifyInstance } from 'fastify'
import type { ServingContext } from '../serving-context.ts'
import { describeRoutes } from './describe-routes.ts'
import { getOnlineFeaturesRoute } from './get-online-features-route.ts'
import { healthRoutes } from './health-routes.ts'
import { materializeRoute } from './materialize-route.ts'
import { metricsRoute } from './metrics-route.ts'
import { openApiRoutes } from './openapi-routes.ts'
import { pushRoute } from './push-route.ts'
import { writeToOnlineStoreRoute } from './write-to-online-store-route.ts'

/** Every route of the server; a file for each concern. */
const routes: readonly ((app: FastifyInstance, context: ServingContext) => void)[] = [
  getOnlineFeaturesRoute,
  pushRoute,
  writeToOnlineStoreRoute,
  materializeRoute,
  describeRoutes,
  healthRoutes,
  metricsRoute,
  (app, context) => openApiRoutes(app, context, registerRoutes),
]

export function registerRoutes(app: FastifyInstance, context: ServingContext): void {
  for (const register of routes) register(app, context)
}
