/** Schemas of requests and answers, for the description of the server at GET /openapi.json. */

/**
 * For fastify: schemas check and write nothing, since routes check what they read, with better words. It also keeps
 * fastify from loading its validator and its serializer, which is a fifth of what a server loads.
 */
export const describedOnly = {
  compilersFactory: {
    // Its type asks for the validator's own functions, of which fastify calls none but this.
    buildValidator: (() => () => () => true) as never,
    buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
  },
}

export interface Schema {
  readonly [keyword: string]: unknown
}

export const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
})

export const list = (items: Schema, description?: string): Schema => ({
  type: 'array',
  items,
  ...(description !== undefined && { description }),
})

export const text = (description: string): Schema => ({ type: 'string', description })
export const flag = (description: string): Schema => ({ type: 'boolean', default: false, description })

const errorBody = object(
  {
    code: { type: 'string', pattern: '^FTS[0-9]{4}$', description: 'what went wrong; `feast explain CODE` says more' },
    message: text('what went wrong, for people'),
    field: text('the field of the request that is at fault'),
    hint: text('what may have been meant'),
    notes: list({ type: 'string' }),
  },
  ['code', 'message'],
)

const statuses = {
  400: 'the request cannot be answered as it is',
  404: 'something that the request names does not exist',
  409: 'the state of the store does not allow it now',
  413: 'the body or the number of rows is beyond the limits of the server',
  422: 'a field of the request is missing or of another kind',
  503: 'the server is busy or a store cannot be reached; the header `retry-after` says when to try again',
  504: 'the online store did not answer in time',
} as const

/** Answers that are errors, by status. */
export function errors(...wanted: readonly (keyof typeof statuses)[]): Readonly<Record<number, Schema>> {
  return Object.fromEntries(wanted.map((status) => [status, { description: statuses[status], ...errorBody }]))
}

const scalar: Schema = { type: ['string', 'number', 'boolean', 'null'] }

const entities: Schema = {
  description: 'join keys, and request values of on-demand views: lists of equal length by name, or a list of objects',
  anyOf: [
    { type: 'object', additionalProperties: { type: 'array', items: scalar } },
    { type: 'array', items: { type: 'object', additionalProperties: scalar } },
  ],
}

const column = object(
  {
    values: list({}, 'one per entity row; null where there is none'),
    statuses: list({ enum: ['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE'] }),
    event_timestamps: list({ type: 'string', format: 'date-time' }, 'of the event behind each value'),
  },
  ['values', 'statuses', 'event_timestamps'],
)

export const onlineFeaturesSchema = {
  summary: 'The latest features of entity rows',
  tags: ['features'],
  body: object(
    {
      entities,
      features: list({ type: 'string' }, '`view:feature`, or a view for all its features'),
      feature_service: text('name of a feature service; it wins over `features`'),
      full_feature_names: flag('name columns `view__feature`'),
      include_feature_view_version_metadata: flag('say which versions of views were read'),
    },
    ['entities'],
  ),
  response: {
    200: {
      description: 'one element of `results` per name in `feature_names`, entity columns first',
      ...object(
        { results: list(column), metadata: object({ feature_names: list({ type: 'string' }) }, ['feature_names']) },
        ['results', 'metadata'],
      ),
    },
    ...errors(400, 404, 413, 422, 503, 504),
  },
} as const
