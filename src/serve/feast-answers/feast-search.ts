import { createHash } from 'node:crypto'
import type { FeatureView } from '../../model/feature-view.ts'
import { listObjects } from '../../registry/lookup.ts'
import type { StoreContext } from '../../store/store-context.ts'
import { type FeastHttpAnswer, plainError } from './feast-errors.ts'
import type { FeastHandler } from './feast-http.ts'
import { findView, planFeastRead, viewNotFound } from './feast-read-plan.ts'
import { readBody } from './pydantic-body.ts'

/** POST /search and /retrieve-online-documents. None of the stores searches vectors, which is what Feast answers then. */
export const search: FeastHandler = async (request, { context }) => {
  const read = readBody('search', request)
  if ('answer' in read) return read.answer
  const { feature_service: service, features } = read.body
  const contents = await context.contents()
  if (typeof service === 'string' && service !== '') {
    planFeastRead(contents, context.project, context.config, { service }, false)
  }
  const view = String((features as readonly string[])[0] ?? '').split(':', 1)[0] ?? ''
  if (view !== '' && findView(contents, context.project, view) === undefined) throw viewNotFound(view, context.project)
  throw plainError('FTS7002', 'The online store does not search vectors.')
}

/** GET /v1/vector_stores */
export const listVectorStores: FeastHandler = async (_request, { context }) => {
  const data = (await vectorViews(context)).map((view) => vectorStore(context, view))
  return { status: 200, body: JSON.stringify({ object: 'list', data }) }
}

/** GET /v1/vector_stores/:id */
export const getVectorStore: FeastHandler = async ({ id = '' }, { context }) => {
  const found = (await vectorViews(context)).find((view) => vectorStoreId(context, view) === id)
  if (found === undefined) return noVectorStore(id)
  return { status: 200, body: JSON.stringify(vectorStore(context, found)) }
}

/** POST /v1/vector_stores/:id/search */
export const searchVectorStore: FeastHandler = async (request, handling) => {
  const read = readBody('searchVectorStore', request)
  if ('answer' in read) return read.answer
  const { status, body } = await getVectorStore(request, handling)
  if (status !== 200) return { status, body }
  const error = { message: 'The online store does not search vectors.', type: 'invalid_request_error' }
  return { status: 422, body: JSON.stringify({ error }) }
}

async function vectorViews(context: StoreContext): Promise<readonly FeatureView[]> {
  const views = listObjects(await context.contents(), 'featureViews', context.project)
  return views.filter((view) => view.features.some((field) => field.vectorIndex))
}

/** Source of the form: `/v1/vector_stores` of Feast 0.67.0, whose clients keep the identifiers. */
function vectorStoreId({ project }: StoreContext, { name }: FeatureView): string {
  return `vs_${createHash('sha256').update(`${project}:${name}`).digest('hex').slice(0, 24)}`
}

function vectorStore(context: StoreContext, view: FeatureView): object {
  const created = view.createdAt === undefined ? 0 : Number(view.createdAt.epochMicros / 1_000_000n)
  const id = vectorStoreId(context, view)
  return { id, object: 'vector_store', name: view.name, status: 'completed', created_at: created }
}

function noVectorStore(id: string): FeastHttpAnswer {
  const error = { message: `No vector store found with id '${id}'`, type: 'not_found_error' }
  return { status: 404, body: JSON.stringify({ error }) }
}
