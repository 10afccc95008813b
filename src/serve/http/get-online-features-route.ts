import type { FastifyInstance } from 'fastify'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { featureRequest, readFeatures, rowCount } from '../feature-request.ts'
import type { ServingContext } from '../serving-context.ts'
import { encodeOnlineFeatures } from './encode-online-features.ts'
import { jsonBody } from './json-body.ts'

/** POST /get-online-features: the latest features of entity rows. */
export function getOnlineFeaturesRoute(app: FastifyInstance, { store, gate }: ServingContext): void {
  app.post('/get-online-features', (request, reply) =>
    gate.run(async (signal) => {
      const wanted = featureRequest(jsonBody(request.body))
      const rows = rowCount(wanted)
      if (rows > gate.limits.maxRows) throw tooManyRows(rows, gate.limits.maxRows)
      const response = await readFeatures(store, wanted, signal)
      return reply.type('application/json').send(encodeOnlineFeatures(response))
    }),
  )
}

function tooManyRows(rows: number, most: number): FeatureStoreError {
  return new FeatureStoreError('FTS7005', {
    message: `The request has ${rows} entity rows; the server answers for at most ${most} at a time.`,
    field: 'entities',
    notes: ['serving.limits.max_rows in feature_store.yaml is the limit'],
  })
}
