import type { FastifyInstance } from 'fastify'
import { packageVersion } from '../../base/package-version.ts'
import type { ServingContext } from '../serving-context.ts'
import { describedOnly } from './schemas.ts'

/** Registers the routes that are to be described. */
type RegisterRoutes = (app: FastifyInstance, context: ServingContext) => void

/**
 * GET /openapi.json, the description of the server made from the schemas of its routes, and GET /docs, a page to read
 * it. The description is made when it is first asked for.
 */
export function openApiRoutes(app: FastifyInstance, context: ServingContext, register: RegisterRoutes): void {
  let made: Promise<object> | undefined
  const document = (): Promise<object> => {
    made ??= openApiDocument(context, register)
    return made
  }
  const schema = {
    summary: 'This description',
    tags: ['description'],
    response: { 200: { description: 'OpenAPI 3.1', type: 'object' } },
  }
  app.get('/openapi.json', { schema }, document)
  const page = {
    summary: 'A page to read the description',
    tags: ['description'],
    response: { 200: { description: 'HTML', content: { 'text/html': { schema: { type: 'string' } } } } },
  }
  app.get('/docs', { schema: page }, async (_request, reply) => {
    const { documentPage } = await import('./document-page.ts')
    return reply.type('text/html; charset=utf-8').send(documentPage(await document()))
  })
}

/** The routes on a server of their own that never listens, described by fastify's plug-in. */
async function openApiDocument(context: ServingContext, register: RegisterRoutes): Promise<object> {
  const [{ fastify }, { default: swagger }] = await Promise.all([import('fastify'), import('@fastify/swagger')])
  const app = fastify({ schemaController: describedOnly }) as unknown as FastifyInstance
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: `Feature server of ${context.store.project}`,
        description: 'The latest values of features, from the online store of a feature store.',
        version: await packageVersion(),
      },
      tags: [
        { name: 'features', description: 'Reading features' },
        { name: 'writing', description: 'Writing features' },
        { name: 'registry', description: 'What is served' },
        { name: 'state', description: 'How the server is' },
        { name: 'description', description: 'This description' },
      ],
    },
  })
  // Inside a plug-in of its own, so that the routes come after the one that describes them.
  await app.register((scope, _options, done) => {
    register(scope, context)
    done()
  })
  await app.ready()
  // Not closed: that would end what the routes of the real server share with these.
  return app.swagger()
}
