import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { ReadTimings } from '../../store/read-timings.ts'
import { refuseManyRows } from '../row-limit.ts'
import type { ServingContext } from '../serving-context.ts'
import type { UnaryMethod } from './grpc-method.ts'
import { writeOnlineAnswer } from './online-answer.ts'
import { type OnlineCall, readOnlineCall, type SentColumn } from './online-request.ts'

/**
 * GetOnlineFeatures of one service: `feast.serving.GetOnlineFeaturesRequest` to `GetOnlineFeaturesResponse`, bytes to
 * bytes. Request values of on-demand views may be in `entities` or in `request_context`.
 */
export function getOnlineFeatures(context: ServingContext, path: string): UnaryMethod {
  return {
    path,
    answer: (request, timings) => context.gate.run((signal) => answer(context, { path, request, signal, timings })),
  }
}

interface Call {
  readonly path: string
  readonly request: Buffer
  readonly signal: AbortSignal
  readonly timings: ReadTimings | undefined
}

async function answer(
  { store, gate, metrics, clock }: ServingContext,
  { path, request, signal, timings }: Call,
): Promise<Buffer> {
  const call = readOnlineCall(request)
  const columns = columnsOf(call)
  const rows = columns.values().next().value?.values.length ?? 0
  refuseManyRows('entities', rows, gate.limits)
  timings?.lap('parse')
  const response = await store.getOnlineFeatures({
    features: call.service === null ? call.features : await store.getFeatureService(call.service),
    entities: Object.fromEntries([...columns].map(([name, { values }]) => [name, values])) as OnlineEntities,
    fullFeatureNames: call.fullFeatureNames,
    signal,
    timings,
  })
  metrics.served(response, Number(clock.now().epochMicros) / 1e6)
  const written = writeOnlineAnswer(response, columns, call.withVersions)
  timings?.lap('encode')
  if (timings !== undefined) metrics.timed(path, response, timings)
  return written
}

/** Values of any type, which the store checks against the types of the columns. */
type OnlineEntities = Readonly<Record<string, readonly never[]>>

function columnsOf({ entities, requestContext }: OnlineCall): ReadonlyMap<string, SentColumn> {
  if (requestContext.size === 0) return entities
  for (const name of requestContext.keys()) {
    if (!entities.has(name)) continue
    throw new FeatureStoreError('FTS5002', {
      message: `The column "${name}" is in entities and in request_context.`,
      field: `request_context.${name}`,
    })
  }
  return new Map([...entities, ...requestContext])
}
