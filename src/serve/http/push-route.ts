import type { FastifyInstance } from 'fastify'
import { viewsFedBy } from '../../store/push.ts'
import { writtenColumns } from '../../store/written-columns.ts'
import { frameOf, frameRows, inFrameTerms } from '../frame-request.ts'
import { pushRows } from '../push-rows.ts'
import { refuseManyRows } from '../row-limit.ts'
import type { ServingContext } from '../serving-context.ts'
import { flagField, refuseUnknownFields, targetField, textField } from '../write-request.ts'
import { holdWriteServices } from '../write-services.ts'
import { jsonBody } from './json-body.ts'
import { pushSchema } from './write-schemas.ts'

const fields = ['push_source_name', 'df', 'to', 'allow_registry_cache', 'transform_on_write']

/**
 * POST /push: rows of a push source, to the online store, the offline store or both. 200 without a body when they are
 * there; 202 when they are on disk and go to the offline store with the next batch.
 */
export function pushRoute(app: FastifyInstance, context: ServingContext): void {
  const { store, gate, metrics } = context
  const services = holdWriteServices(context)
  app.addHook('onClose', () => services.close())
  app.post('/push', { schema: pushSchema }, async (request, reply) => {
    const body = jsonBody(request.body)
    refuseUnknownFields(body, fields)
    const source = textField(body, 'push_source_name')
    const to = targetField(body)
    const frame = frameOf(body.df)
    refuseManyRows('df', frame.rowCount, gate.limits)
    flagField(body, 'transform_on_write', true)
    const cached = flagField(body, 'allow_registry_cache', true)
    const work = async (signal?: AbortSignal): Promise<boolean> => {
      const contents = await (cached ? store.contents() : store.refreshRegistry())
      const views = viewsFedBy(contents, store.project, source)
      const rows = frameRows(frame, writtenColumns(contents, store.project, views))
      return pushRows(context, { source, rows, to, signal })
    }
    try {
      // An answer "too late" to a write that cannot be taken back would make a client write it twice.
      const queued = await (to === 'online' ? gate.run(work) : gate.runLong(work))
      metrics.pushed(source, String(body.to ?? 'online'))
      return reply.code(queued ? 202 : 200).send()
    } catch (error) {
      throw inFrameTerms(error)
    }
  })
}
