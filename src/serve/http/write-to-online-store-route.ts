import type { FastifyInstance } from 'fastify'
import { getAnyFeatureView } from '../../registry/lookup.ts'
import { writtenColumns } from '../../store/written-columns.ts'
import { frameOf, frameRows, inFrameTerms } from '../frame-request.ts'
import { refuseManyRows } from '../row-limit.ts'
import type { ServingContext } from '../serving-context.ts'
import { flagField, refuseUnknownFields, textField } from '../write-request.ts'
import { jsonBody } from './json-body.ts'
import { writeToOnlineStoreSchema } from './write-schemas.ts'

const fields = ['feature_view_name', 'df', 'allow_registry_cache', 'transform_on_write']

/** POST /write-to-online-store: rows of one view. 200 with `null` when they are there. */
export function writeToOnlineStoreRoute(app: FastifyInstance, { store, gate }: ServingContext): void {
  app.post('/write-to-online-store', { schema: writeToOnlineStoreSchema }, (request, reply) =>
    gate.run(async (signal) => {
      const body = jsonBody(request.body)
      refuseUnknownFields(body, fields)
      const name = textField(body, 'feature_view_name')
      const frame = frameOf(body.df)
      refuseManyRows('df', frame.rowCount, gate.limits)
      flagField(body, 'transform_on_write', true)
      const cached = flagField(body, 'allow_registry_cache', true)
      const contents = await (cached ? store.contents() : store.refreshRegistry())
      const view = getAnyFeatureView(contents, store.project, name)
      const stored = view.kind === 'featureView' || view.kind === 'streamFeatureView' ? [view] : []
      try {
        const rows = frameRows(frame, writtenColumns(contents, store.project, stored))
        await store.writeToOnlineStore({ view: name, rows, signal })
      } catch (error) {
        throw inFrameTerms(error)
      }
      return reply.type('application/json').send('null')
    }),
  )
}
