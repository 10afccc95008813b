import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OnlineResponse } from '../../store/online-response.ts'
import { ReadTimings } from '../../store/read-timings.ts'
import { featureRequest, inTermsOf, readFeatures, rowCount } from '../feature-request.ts'
import { refuseManyRows } from '../row-limit.ts'
import type { ServingContext } from '../serving-context.ts'
import { encodeOnlineFeatures, giveBackAnswer } from './encode-online-features.ts'
import { jsonBody } from './json-body.ts'
import { onlineFeaturesSchema } from './schemas.ts'

const path = '/get-online-features'

/** A client that sends this header, with any value, is told in `server-timing` where the time of its request went. */
const explainHeader = 'x-feast-explain'

/** POST /get-online-features: the latest features of entity rows. */
export function getOnlineFeaturesRoute(app: FastifyInstance, context: ServingContext): void {
  const { gate, explain, metrics } = context
  app.post(path, { schema: onlineFeaturesSchema }, (request, reply) => {
    const explained = explain || request.headers[explainHeader] !== undefined
    const timings = explained || metrics.likeFeast ? new ReadTimings() : undefined
    gate
      .run((signal) => answer(context, request, signal, timings))
      .then(
        (body) => {
          if (explained && timings !== undefined) reply.header('server-timing', timings.serverTiming())
          sendJson(reply, body)
        },
        (error: unknown) => {
          reply.send(error)
        },
      )
  })
}

async function answer(
  { store, gate, metrics, clock }: ServingContext,
  request: FastifyRequest,
  signal: AbortSignal,
  timings: ReadTimings | undefined,
): Promise<Buffer> {
  const wanted = featureRequest(jsonBody(request.body))
  refuseManyRows('entities', rowCount(wanted), gate.limits)
  timings?.lap('parse')
  let response: OnlineResponse
  try {
    response = await readFeatures(store, wanted, signal, timings)
  } catch (error) {
    throw inTermsOf(wanted, error)
  }
  metrics.served(response, Number(clock.now().epochMicros) / 1e6)
  const body = encodeOnlineFeatures(response, { viewMetadata: wanted.viewMetadata, lend: true })
  timings?.lap('encode')
  if (timings !== undefined) metrics.timed(path, response, timings)
  return body
}

/** Sends what is JSON already. The type is Feast's, without a character set, which JSON does not have. */
function sendJson(reply: FastifyReply, body: Buffer): void {
  // All of it was handed to the system then. When the client went away there is no such event, and the bytes are lost.
  reply.raw.once('finish', () => giveBackAnswer(body))
  reply.header('content-type', 'application/json').send(body)
}
