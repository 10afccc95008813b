import { errors, flag, list, object, text } from './schemas.ts'

const frame = {
  type: 'object',
  description:
    'columns by name, each a list with one value per row: join keys, event time, the creation time if the source has one, and every feature',
  additionalProperties: { type: 'array' },
} as const

const onWrite = {
  allow_registry_cache: { type: 'boolean', default: true, description: 'false reads the registry anew first' },
  transform_on_write: { type: 'boolean', default: true, description: 'accepted as Feast does' },
} as const

const nothing = (description: string): object => ({ description, type: 'null' })

export const pushSchema = {
  summary: 'Rows of a push source, to the online store, the offline store or both',
  tags: ['writes'],
  body: object(
    {
      push_source_name: text('name of the push source'),
      df: frame,
      to: { enum: ['online', 'offline', 'online_and_offline'], default: 'online' },
      ...onWrite,
    },
    ['push_source_name', 'df'],
  ),
  response: {
    200: nothing('the rows are there'),
    202: nothing('the rows are on disk and go to the offline store with the next batch'),
    ...errors(400, 413, 422, 503, 504),
  },
}

export const writeToOnlineStoreSchema = {
  summary: 'Rows of one feature view, to the online store',
  tags: ['writes'],
  body: object({ feature_view_name: text('name of the view'), df: frame, ...onWrite }, ['feature_view_name', 'df']),
  response: { 200: nothing('the rows are there'), ...errors(400, 404, 413, 422, 503, 504) },
}

const ofViews = {
  feature_views: list({ type: 'string' }, 'without it all views that are served online'),
  version: text('`vN` of the one view in `feature_views`'),
  full_feature_names: flag('accepted as Feast does'),
} as const

const common = {
  tags: ['writes'],
  querystring: object({
    async: flag('answer as soon as the work has begun'),
    force: flag('with `async`: take over views that are marked as being worked on'),
  }),
  response: {
    200: nothing('the rows are served'),
    202: {
      description: 'the work has begun',
      ...object({ status: { enum: ['accepted'] }, feature_views: list({ type: 'string' }) }),
    },
    ...errors(400, 404, 409, 422, 503),
  },
} as const

export const materializeSchema = {
  ...common,
  summary: 'Loads the latest rows of a window into the online store',
  body: object({
    start_ts: { type: 'string', format: 'date-time', description: 'inclusive; without a zone it is UTC' },
    end_ts: { type: 'string', format: 'date-time', description: 'inclusive' },
    disable_event_timestamp: flag('all of history, in place of start and end'),
    ...ofViews,
  }),
}

export const materializeIncrementalSchema = {
  ...common,
  summary: 'Loads what came since the last window into the online store',
  body: object({ end_ts: { type: 'string', format: 'date-time', description: 'inclusive' }, ...ofViews }, ['end_ts']),
}
