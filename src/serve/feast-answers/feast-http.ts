import { Instant } from '../../base/instant.ts'
import type { StoreContext } from '../../store/store-context.ts'
import type { ServingContext } from '../serving-context.ts'
import type { FeastHttpAnswer } from './feast-errors.ts'
import { type FeastAnswer, type FeastColumn, readAsFeast } from './feast-read.ts'
import { valueJson } from './proto-values.ts'
import { type RawRequest, readBody } from './pydantic-body.ts'
import type { PythonValue } from './python-json.ts'

/** What a handler works with. */
export interface FeastHandlerContext {
  readonly context: StoreContext
  readonly serving: ServingContext
  readonly signal: AbortSignal | undefined
}

export type FeastHandler = (request: RawRequest, context: FeastHandlerContext) => Promise<FeastHttpAnswer>

/** POST /get-online-features */
export async function getOnlineFeatures(
  request: RawRequest,
  { context, signal }: FeastHandlerContext,
): Promise<FeastHttpAnswer> {
  const read = readBody('getOnlineFeatures', request)
  if ('answer' in read) return read.answer
  const { body } = read
  const service = body.feature_service
  const answer = await readAsFeast(
    context,
    {
      selection:
        typeof service === 'string' && service !== ''
          ? { service }
          : { references: body.features as readonly string[] },
      entities: { python: body.entities as unknown as ReadonlyMap<string, readonly PythonValue[]> },
      fullFeatureNames: body.full_feature_names === true,
    },
    signal,
  )
  return { status: 200, body: answerJson(answer, body.include_feature_view_version_metadata === true) }
}

function answerJson({ columns, views }: FeastAnswer, withVersions: boolean): string {
  const results = columns.map(columnJson)
  const names = JSON.stringify(columns.map((column) => column.name))
  const versions = views.map(({ name, version }) => ({ ...(name !== '' && { name }), ...(version > 0 && { version }) }))
  const metadata = withVersions && versions.length > 0 ? `,"feature_view_metadata":${JSON.stringify(versions)}` : ''
  return `{"results":[${results}],"metadata":{"feature_names":${names}${metadata}}}`
}

function columnJson({ values, found, eventMicros }: FeastColumn): string {
  const statuses = found.map((isFound) => (isFound ? '"PRESENT"' : '"NOT_FOUND"'))
  const times = eventMicros.map((micros) => `"${Instant.fromEpochMicros(micros)}"`)
  return `{"values":[${values.map(valueJson)}],"statuses":[${statuses}],"event_timestamps":[${times}]}`
}
