import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { MaterializeSummary } from '../../store/materialize.ts'
import type { MaterializationWork } from '../materializations/materialization-jobs.ts'
import type { ServingContext } from '../serving-context.ts'
import {
  flagField,
  namesField,
  optionalText,
  querySwitch,
  type RequestBody,
  refuseUnknownFields,
  timeField,
} from '../write-request.ts'
import { writeServices } from '../write-services.ts'
import { errorAnswer } from './http-answer.ts'
import { jsonBody } from './json-body.ts'
import { materializeIncrementalSchema, materializeSchema } from './write-schemas.ts'

const common = ['feature_views', 'version', 'full_feature_names']

/**
 * POST /materialize and POST /materialize-incremental. They answer 200 with `null` when all is done; with `?async=true`
 * 202 as soon as the views are marked, or 409 with the names of views that somebody is working on, unless
 * `?force=true`.
 */
export function materializeRoute(app: FastifyInstance, context: ServingContext): void {
  app.post('/materialize', { schema: materializeSchema }, (request, reply) =>
    answer(context, request, reply, (body) => {
      refuseUnknownFields(body, ['start_ts', 'end_ts', 'disable_event_timestamp', ...common])
      const disabled = flagField(body, 'disable_event_timestamp', false)
      const [start, end] = disabled ? [] : [timeField(body, 'start_ts'), timeField(body, 'end_ts')]
      const version = optionalText(body, 'version')
      return (views, signal) =>
        context.store.materialize({ start, end, views, version, disableEventTimestamp: disabled, signal })
    }),
  )
  app.post('/materialize-incremental', { schema: materializeIncrementalSchema }, (request, reply) =>
    answer(context, request, reply, (body) => {
      refuseUnknownFields(body, ['end_ts', ...common])
      const end = timeField(body, 'end_ts')
      if (end === undefined) {
        throw new FeatureStoreError('FTS7002', { message: '"end_ts" is missing.', field: 'end_ts' })
      }
      const version = optionalText(body, 'version')
      return (views, signal) => context.store.materializeIncremental({ end, views, version, signal })
    }),
  )
}

async function answer(
  context: ServingContext,
  request: FastifyRequest,
  reply: FastifyReply,
  workOf: (body: RequestBody) => MaterializationWork,
): Promise<FastifyReply> {
  const { gate } = context
  const { jobs } = writeServices(context)
  return gate.runLong(async () => {
    const body = jsonBody(request.body)
    flagField(body, 'full_feature_names', false)
    const work = counted(context, workOf(body))
    const views = namesField(body, 'feature_views')
    const force = querySwitch(request.query, 'force')
    reply.type('application/json')
    if (!querySwitch(request.query, 'async')) {
      await jobs.run(views, work).catch(inFieldsOfRequest)
      return reply.send('null')
    }
    const { kind, views: names } = await jobs.begin({ views, force }, work)
    if (kind === 'taken') return reply.code(409).send(takenAnswer(names))
    return reply.code(202).send(JSON.stringify({ status: 'accepted', feature_views: names }))
  })
}

/** In our form and in Feast's. */
function takenAnswer(names: readonly string[]): string {
  const error = new FeatureStoreError('FTS7011', {
    message: `Somebody is materializing ${names.map((name) => `"${name}"`).join(', ')}.`,
    field: 'feature_views',
    hint: 'when nothing works on them any more: ?force=true',
  })
  const ours = JSON.parse(errorAnswer(error).body) as Readonly<Record<string, unknown>>
  return JSON.stringify({ ...ours, error: error.message, feature_views: names })
}

/** The work, whose views are counted with the time that they took. */
function counted({ metrics }: ServingContext, work: MaterializationWork): MaterializationWork {
  return async (views, signal): Promise<MaterializeSummary> => {
    const started = performance.now()
    const seconds = (): number => (performance.now() - started) / 1000
    try {
      const summary = await work(views, signal)
      for (const { view } of summary.views) metrics.materialized(view, seconds() / summary.views.length, true)
      return summary
    } catch (error) {
      for (const view of views ?? []) metrics.materialized(view, seconds(), false)
      throw error
    }
  }
}

const requestFields: Readonly<Record<string, string>> = { start: 'start_ts', end: 'end_ts', views: 'feature_views' }

function inFieldsOfRequest(error: unknown): never {
  if (!(error instanceof FeatureStoreError) || error.field === undefined) throw error
  throw error.withField(requestFields[error.field] ?? error.field)
}
