import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { httpApp } from '../../src/serve/http/http-server.ts'
import { RidesStore } from './rides-store.ts'

/** How many requests are made up from the description of the server. */
const requestCount = 2000

/** How much more memory may be in use after the second half of the requests than before it. */
const largestGrowth = 8_000_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** The parts of OpenAPI and JSON Schema that our description uses. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

let rides: RidesStore
let app: FastifyInstance
const unexpected: string[] = []

beforeAll(async () => {
  rides = await RidesStore.open()
  const error = (message: string, fields?: object): void => void unexpected.push(`${message} ${JSON.stringify(fields)}`)
  app = await httpApp({ store: rides.store, logger: { ...silentLogger, error } })
})

afterAll(async () => {
  await app.close()
  await rides[Symbol.asyncDispose]()
})

/** Names that exist, so that requests get past the first check, and names that hurt. */
const words = fc.oneof(
  fc.constantFrom('stats', 'stats:rate', 'more', 'fare', 'fare:price', 'drivers', 'driver', 'driver_id', 'distance'),
  fc.constantFrom(
    'stats_push',
    'more_push',
    'rate',
    'trips',
    'ts',
    'level',
    '2024-01-01T00:00:00Z',
    'online',
    'offline',
  ),
  fc.constantFrom(
    '',
    ':',
    'stats@v1:rate',
    'stats@v999999999999:rate',
    '__proto__',
    'constructor',
    'toString',
    '\u0000',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

const anyJson = fc.oneof(
  { depthSize: 'small' },
  fc.jsonValue({ noUnicodeString: false }),
  words,
  fc.constantFrom(1e308, -0, 9_007_199_254_740_992, 1e-320, 2 ** 53, -(2 ** 63)),
)

/** Values of a schema, nearly: one part in six is anything at all. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 5, arbitrary: fitting(schema) }, { weight: 1, arbitrary: anyJson })
}

function fitting(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(valuesOf))
  const kinds = [schema.type ?? 'any'].flat()
  return fc.oneof(...kinds.map((kind) => (makers[kind] ?? (() => anyJson))(schema)))
}

const makers: Readonly<Record<string, (schema: Schema) => fc.Arbitrary<unknown>>> = {
  string: () => words,
  boolean: () => fc.boolean(),
  integer: () => fc.oneof(fc.constantFrom(1, 2, 3), fc.integer()),
  number: () => fc.oneof(fc.constantFrom(1, 2, 0.5), fc.double()),
  null: () => fc.constant(null),
  array: ({ items = {} }) => fc.array(valuesOf(items), { maxLength: 4 }),
  object: ({ properties = {}, additionalProperties }) => {
    const named = fc.record(
      Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, valuesOf(each)])),
      { requiredKeys: [] },
    )
    const others = typeof additionalProperties === 'object' ? additionalProperties : {}
    const free = fc.dictionary(words, valuesOf(others), { maxKeys: 3 })
    return fc.tuple(named, free).map(([ours, more]) => ({ ...more, ...ours }))
  },
}

const methods = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD')
const oddHeaders = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  {},
  {},
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': '\u00e4/;;=' },
  { 'content-encoding': 'gzip' },
  { 'content-length': '3' },
  { 'x-request-id': 'x'.repeat(5000), traceparent: 'no' },
  { expect: '100-continue' },
)

/** Bodies: of the schema, cut off, or bytes. */
function bodiesOf(schema: Schema | undefined): fc.Arbitrary<string | Buffer | undefined> {
  const text = (schema === undefined ? anyJson : valuesOf(schema)).map((value) => JSON.stringify(value) ?? '')
  const cut = fc.tuple(text, fc.nat()).map(([whole, at]) => whole.slice(0, at % (whole.length + 1)))
  const bytes = fc.uint8Array({ maxLength: 64 }).map((each) => Buffer.from(each))
  const deep = fc.constantFrom('['.repeat(20_000), `{"entities":${'{"a":'.repeat(5000)}1${'}'.repeat(5001)}`)
  return fc.oneof(
    { weight: 12, arbitrary: text },
    { weight: 2, arbitrary: cut },
    { weight: 1, arbitrary: bytes },
    { weight: 1, arbitrary: deep },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
}

function requestsOf(path: string, method: string, operation: Operation): fc.Arbitrary<InjectOptions> {
  const schema = operation.requestBody?.content['application/json']?.schema
  const query = (operation.parameters ?? []).filter((each) => each.in === 'query').map(({ name }) => name)
  return fc
    .record({
      verb: fc.oneof({ weight: 9, arbitrary: fc.constant(method.toUpperCase()) }, { weight: 1, arbitrary: methods }),
      name: words,
      headers: oddHeaders,
      payload: bodiesOf(schema),
      search: fc.dictionary(fc.oneof(fc.constantFrom('x', ...query), words), words, { maxKeys: 2 }),
    })
    .map(({ verb, name, headers, payload, search }) => {
      const url = path.replace(/\{\w+\}/g, () => encodeURIComponent(name.toWellFormed()))
      const parameters = Object.entries(search).map((pair) =>
        pair.map((each) => encodeURIComponent(each.toWellFormed())).join('='),
      )
      return {
        method: verb as 'GET',
        url: parameters.length === 0 ? url : `${url}?${parameters.join('&')}`,
        headers,
        ...(payload !== undefined && verb !== 'GET' && verb !== 'HEAD' && { payload }),
      }
    })
}

test(`of ${requestCount} malformed requests none is answered 5xx but 503 and 504, none breaks the server, none stays in memory`, async () => {
  const { paths } = (await app.inject('/openapi.json')).json<Description>()
  const operations = Object.entries(paths).flatMap(([path, each]) =>
    Object.entries(each).map(([method, operation]) => ({ path, method, operation })),
  )
  expect(operations.length).toBeGreaterThan(10)
  // Writing routes and the hot one have bodies, where most can go wrong.
  const weighted = operations.map(({ path, method, operation }) => ({
    weight: operation.requestBody === undefined ? 1 : 8,
    arbitrary: requestsOf(path, method, operation),
  }))
  const statuses = new Map<number, number>()
  let settled = 0
  const requests = fc.sample(fc.oneof(...weighted), { numRuns: requestCount, seed: 4 })
  for (const [index, request] of requests.entries()) {
    // What is loaded and made once has been by then.
    if (index === requestCount / 2) settled = heapBytes()
    const { statusCode, body } = await app.inject(request)
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
    const fine = statusCode < 500 || statusCode === 503 || statusCode === 504
    expect(fine, `${JSON.stringify(request)} → ${statusCode} ${body}`).toBe(true)
  }
  expect(unexpected).toEqual([])
  expect(heapBytes() - settled).toBeLessThan(largestGrowth)
  // They did not all fail at the first check, and the server answers as before.
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 404, 405, 422]))
  const wanted = { features: ['stats:rate'], entities: { driver_id: [3] } }
  const last = await app.inject({ method: 'POST', url: '/get-online-features', payload: wanted })
  expect(last.statusCode).toBe(200)
})
