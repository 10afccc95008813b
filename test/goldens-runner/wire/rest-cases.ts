import { startHttpServer } from '../../../src/serve/http/http-server.ts'
import type { FeatureStore } from '../../../src/store/feature-store.ts'
import { type GoldenValue, type JsonObject, listOf, objectOf, parseGoldenJson, readGoldenJson } from '../golden-json.ts'
import { type Checks, canonical } from '../outcome.ts'
import { openServed, repositoryOf } from './served-repository.ts'
import { openRecordedStore } from './store-state.ts'

/** Requests to Feast's HTTP server, sent to ours in the order of the file, over the store that they were recorded on. */
export async function judgeRest(checks: Checks, path: string): Promise<void> {
  const golden = objectOf(readGoldenJson(path))
  const kind = String(golden.online_store ?? 'sqlite')
  const repository = repositoryOf(path, golden)
  if (kind === 'sqlite') {
    await using served = await openServed(repository)
    return await judgeCases(checks, served.store, listOf(golden.cases).map(objectOf))
  }
  await using state = await openRecordedStore(kind, path, repository)
  await using served = await openServed(repository, state.onlineStore)
  await judgeCases(checks, served.store, listOf(golden.cases).map(objectOf))
}

async function judgeCases(checks: Checks, store: FeatureStore, cases: readonly JsonObject[]): Promise<void> {
  const server = await startHttpServer({ store })
  try {
    for (const item of cases) {
      const label = String(item.id)
      await checks.attempt(label, 'an answer', async () => {
        judgeAnswer(checks, label, item, await send(`http://127.0.0.1:${server.port}`, item))
      })
    }
  } finally {
    await server.close()
  }
}

export interface Answer {
  readonly status: number
  readonly contentType: string | null
  readonly body: string
}

export async function send(base: string, item: JsonObject): Promise<Answer> {
  const headers = objectOf(item.request_headers ?? { 'Content-Type': 'application/json' })
  const response = await fetch(`${base}${String(item.path)}`, {
    method: String(item.method),
    // A connection for each request: none is left open that the end of the server would wait for.
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      connection: 'close',
    },
    ...(typeof item.request_body === 'string' && item.method !== 'GET' && { body: item.request_body }),
  })
  return { status: response.status, contentType: response.headers.get('content-type'), body: await response.text() }
}

/** Statuses, media types, and what the bodies hold. Texts of errors that have no structure may differ. */
function judgeAnswer(checks: Checks, label: string, recorded: JsonObject, answer: Answer): void {
  const { status, content_type: type, response_body: body, request_body: request } = recorded
  const expected = comparable({ status: Number(status), contentType: textOf(type), body: textOf(body) ?? '' }, request)
  checks.equal(label, comparable(answer, request), expected)
}

const textOf = (value: GoldenValue | undefined): string | null => (typeof value === 'string' ? value : null)

/** An answer in a form in which equal answers are equal. */
export function comparable({ status, contentType, body }: Answer, request: GoldenValue | undefined): object {
  return { status, type: contentType?.split(';', 1)[0] ?? '', ...parts(body, request) }
}

function parts(body: string, request: GoldenValue | undefined): object {
  if (body === '') return { body: 'none' }
  let json: GoldenValue
  try {
    json = parseGoldenJson(body)
  } catch {
    return { body: 'other', text: body }
  }
  if (typeof json === 'string') return errorParts(json)
  const { results, metadata, ...rest } = objectOf(json)
  if (results === undefined || metadata === undefined) return { body: 'json', json }
  return { body: 'features', ...featureParts(results, objectOf(metadata), viewsOf(request)), rest }
}

/** A text that is JSON itself is an error of Feast with its class; any other is free text. */
function errorParts(text: string): object {
  try {
    const { message, ...rest } = objectOf(parseGoldenJson(text))
    // Names in messages come in the order of a set of Python.
    if (typeof message === 'string') return { body: 'error', ...rest, words: (message.match(/\w+/g) ?? []).sort() }
  } catch {
    // It is free text.
  }
  return { body: 'text' }
}

/** The view of each column that a request asks for by reference. */
function viewsOf(request: GoldenValue | undefined): ReadonlyMap<string, string> {
  const views = new Map<string, string>()
  try {
    for (const reference of listOf(objectOf(parseGoldenJson(String(request))).features).map(String)) {
      const [given = '', feature = ''] = reference.split(':')
      const view = given.replace(/@(latest)?$/i, '')
      for (const name of [feature, `${view}__${feature}`]) views.set(name, view)
    }
  } catch {
    // What is not JSON asks for nothing.
  }
  return views
}

/** The columns of an answer by name: within a view their order is that of a set of Python; views keep theirs. */
function featureParts(results: GoldenValue, metadata: JsonObject, views: ReadonlyMap<string, string>): object {
  const names = listOf(metadata.feature_names).map(String)
  const columns = names.map((name, index): [string, GoldenValue] => [name, listOf(results)[index] ?? null])
  const order = names.map((name) => (views.has(name) ? `view ${views.get(name)}` : name))
  const { feature_names: _, ...rest } = metadata
  return {
    count: listOf(results).length,
    columns: new Map(columns.map(([name, column]) => [name, canonical(column)])),
    order: views.size === 0 ? [] : order.filter((each, index) => each !== order[index - 1]),
    metadata: rest,
  }
}
