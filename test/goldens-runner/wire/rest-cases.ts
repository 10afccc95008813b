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

interface Answer {
  readonly status: number
  readonly contentType: string | null
  readonly body: string
}

async function send(base: string, item: JsonObject): Promise<Answer> {
  const headers = objectOf(item.request_headers ?? { 'Content-Type': 'application/json' })
  const response = await fetch(`${base}${String(item.path)}`, {
    method: String(item.method),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    ...(typeof item.request_body === 'string' && item.method !== 'GET' && { body: item.request_body }),
  })
  return { status: response.status, contentType: response.headers.get('content-type'), body: await response.text() }
}

/** Statuses, media types, and what the bodies hold. Texts of errors that have no structure may differ. */
function judgeAnswer(checks: Checks, label: string, recorded: JsonObject, answer: Answer): void {
  const expected = { status: recorded.status, type: mediaType(recorded.content_type), ...parts(recorded.response_body) }
  const actual = { status: answer.status, type: mediaType(answer.contentType), ...parts(answer.body) }
  checks.equal(label, actual, expected)
}

const mediaType = (text: GoldenValue | undefined): string => String(text ?? '').split(';', 1)[0] ?? ''

/** A body in a form in which equal answers are equal. */
function parts(body: GoldenValue | undefined): object {
  if (typeof body !== 'string' || body === '') return { body: 'none' }
  let json: GoldenValue
  try {
    json = parseGoldenJson(body)
  } catch {
    return { body: 'other', text: body }
  }
  if (typeof json === 'string') return errorParts(json)
  const { results, metadata, ...rest } = objectOf(json)
  if (results === undefined || metadata === undefined) return { body: 'json', json }
  return { body: 'features', ...featureParts(results, objectOf(metadata)), rest }
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

/** The columns of an answer by name: within a view their order is that of a set of Python, in Feast. */
export function featureParts(results: GoldenValue, metadata: JsonObject): object {
  const names = listOf(metadata.feature_names).map(String)
  const columns = names.map((name, index): [string, GoldenValue] => [name, listOf(results)[index] ?? null])
  const { feature_names: _, ...rest } = metadata
  return {
    count: listOf(results).length,
    columns: new Map(columns.map(([name, column]) => [name, canonical(column)])),
    metadata: rest,
  }
}
