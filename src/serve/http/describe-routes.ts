import type { FastifyInstance } from 'fastify'
import { packageVersion } from '../../base/package-version.ts'
import { dummyEntityName, type Entity } from '../../model/entity.ts'
import type { FeatureService } from '../../model/feature-service.ts'
import type { AnyFeatureView } from '../../model/feature-view.ts'
import { projectedName } from '../../model/feature-view-projection.ts'
import type { Field } from '../../model/field.ts'
import type { Registered } from '../../model/registered.ts'
import type { RegistryContents } from '../../model/registry-contents.ts'
import { joinKeyFields } from '../../registry/join-keys.ts'
import { formatDataType } from '../../types/data-type.ts'
import type { ServingContext } from '../serving-context.ts'
import { errors, list, object, text } from './schemas.ts'

const field = object({ name: text('of the column'), type: text('such as Int64') }, ['name', 'type'])
const fields = list(field)
const about = { name: text('unique in the project'), description: text(''), owner: text(''), tags: object({}) }

const viewSchema = object({
  ...about,
  kind: { enum: ['featureView', 'streamFeatureView', 'onDemandFeatureView', 'labelView'] },
  entities: list({ type: 'string' }),
  join_keys: fields,
  request_fields: list(field, 'of on-demand views: values that come with the request'),
  features: fields,
  ttl_seconds: { type: ['number', 'null'], description: 'how old a value may be; null for any age' },
  online: { type: 'boolean', description: 'whether values are kept in the online store' },
  enabled: { type: 'boolean' },
})

const serviceSchema = object({
  ...about,
  features: list(object({ feature_view: text(''), name: text('as in a reference'), type: text('') })),
})

const entitySchema = object({ ...about, join_key: text(''), type: text('of the join key') })

const schemas = {
  overview: {
    summary: 'What is served here',
    tags: ['registry'],
    response: { 200: { description: 'project, version and paths', ...object({ project: text('') }) } },
  },
  ...described('Feature views of every kind', 'views', viewSchema),
  ...described('Feature services', 'services', serviceSchema),
  ...described('Entities', 'entities', entitySchema),
}

/** GET routes that list and describe what is served, as the registry has it. */
export function describeRoutes(app: FastifyInstance, { store }: ServingContext): void {
  app.get('/', { schema: schemas.overview }, async () => ({
    project: store.project,
    version: await packageVersion(),
    paths: ['/get-online-features', '/feature-views', '/feature-services', '/entities', '/ready', '/metrics', '/docs'],
  }))
  app.get('/feature-views', { schema: schemas.views }, async () => {
    const contents = await store.contents()
    return (await store.listAllFeatureViews()).map((view) => describeView(view, contents))
  })
  app.get<ByName>('/feature-views/:name', { schema: schemas.oneOfViews }, async ({ params }) =>
    describeView(await store.getAnyFeatureView(params.name), await store.contents()),
  )
  app.get('/feature-services', { schema: schemas.services }, async () =>
    (await store.listFeatureServices()).map(describeService),
  )
  app.get<ByName>('/feature-services/:name', { schema: schemas.oneOfServices }, async ({ params }) =>
    describeService(await store.getFeatureService(params.name)),
  )
  app.get('/entities', { schema: schemas.entities }, async () => (await store.listEntities()).map(describeEntity))
  app.get<ByName>('/entities/:name', { schema: schemas.oneOfEntities }, async ({ params }) =>
    describeEntity(await store.getEntity(params.name)),
  )
}

interface ByName {
  readonly Params: { readonly name: string }
}

/** The schemas of a list of objects and of one of them by name. */
function described<Name extends string>(
  summary: string,
  name: Name,
  item: object,
): Readonly<Record<Name | `oneOf${Capitalize<Name>}`, object>> {
  const one = `oneOf${name.charAt(0).toUpperCase()}${name.slice(1)}`
  return {
    [name]: { summary, tags: ['registry'], response: { 200: { description: 'all of them', ...list(item as never) } } },
    [one]: {
      summary: `${summary}: one of them`,
      tags: ['registry'],
      params: object({ name: text('its name') }, ['name']),
      response: { 200: { description: 'the one of that name', ...item }, ...errors(404) },
    },
  } as Readonly<Record<Name | `oneOf${Capitalize<Name>}`, object>>
}

const plain = ({ name, description, owner, tags }: Registered): object => ({ name, description, owner, tags })

const typed = ({ name, type, description }: Field): object => ({
  name,
  type: formatDataType(type),
  ...(description !== '' && { description }),
})

function describeView(view: AnyFeatureView, contents: RegistryContents): object {
  const requests =
    view.kind === 'onDemandFeatureView'
      ? Object.values(view.sources).flatMap((source) =>
          source.kind === 'request' && source.source.kind === 'request' ? source.source.schema : [],
        )
      : []
  return {
    ...plain(view),
    kind: view.kind,
    entities: view.entities.filter((name) => name !== dummyEntityName),
    join_keys: joinKeyFields(contents, view.project, view).map(typed),
    ...(view.kind === 'onDemandFeatureView' && { request_fields: requests.map(typed) }),
    features: view.features.map(typed),
    ttl_seconds: 'ttl' in view && view.ttl !== null ? Number(view.ttl.micros) / 1e6 || null : null,
    online: view.kind === 'onDemandFeatureView' ? view.writeToOnlineStore : view.online,
    enabled: view.enabled,
  }
}

function describeService(service: FeatureService): object {
  return {
    ...plain(service),
    features: service.projections.flatMap((projection) =>
      projection.features.map(({ name, type }) => ({
        feature_view: projectedName(projection),
        name,
        type: formatDataType(type),
      })),
    ),
  }
}

function describeEntity(entity: Entity): object {
  return { ...plain(entity), join_key: entity.joinKey, type: formatDataType(entity.type) }
}
