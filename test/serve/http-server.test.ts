import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { openStore } from 'feast-ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { httpApp, startHttpServer } from '../../src/serve/http/http-server.ts'
import type { AccessEntry } from '../../src/serve/http/observe-requests.ts'
import { ServingMetrics } from '../../src/serve/metrics/serving-metrics.ts'
import { RegistryRefresh } from '../../src/serve/registry-refresh.ts'
import { servingContext } from '../../src/serve/serving-context.ts'
import { RidesStore } from './rides-store.ts'

let rides: RidesStore
let app: FastifyInstance
const logged: AccessEntry[] = []

beforeAll(async () => {
  rides = await RidesStore.open({ serving: { limits: { max_rows: 10, max_body_bytes: 2000 } } })
  app = await httpApp({ store: rides.store, accessLog: (entry) => logged.push(entry) })
})

afterAll(async () => {
  await app.close()
  await rides[Symbol.asyncDispose]()
})

const post = (payload: string | object, more: Partial<InjectOptions> = {}): Promise<LightMyRequestResponse> =>
  app.inject({ method: 'POST', url: '/get-online-features', payload, ...more })
const get = (url: string): Promise<LightMyRequestResponse> => app.inject({ method: 'GET', url })

describe('POST /get-online-features', () => {
  const wanted = { features: ['stats:rate', 'more:level'], entities: { driver_id: [1, 2, 3] } }

  test('answers in the form of Feast: one result per column, entity columns first, with true statuses', async () => {
    const answer = await post(wanted)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json')
    const { results, metadata } = answer.json()
    expect(metadata).toEqual({ feature_names: ['driver_id', 'rate', 'level'] })
    expect(results.map((each: { values: unknown }) => each.values)).toEqual([
      [1, 2, 3],
      [0.5, null, null],
      ['gold', null, null],
    ])
    expect(results[1].statuses).toEqual(['PRESENT', 'OUTSIDE_MAX_AGE', 'NOT_FOUND'])
    expect(results[2].statuses).toEqual(['PRESENT', 'NOT_FOUND', 'NOT_FOUND'])
  })

  test('takes a list of objects, a feature service, and any content type', async () => {
    const rows = { feature_service: 'drivers', entities: [{ driver_id: 1 }] }
    const answer = await post(JSON.stringify(rows), { headers: { 'content-type': 'text/plain' } })
    expect(answer.json().metadata.feature_names).toEqual(['driver_id', 'trips', 'level'])
  })

  test.each([
    ['a body that is cut off', '{"features":', 400, { code: 'FTS7001' }],
    ['no body', '', 400, { code: 'FTS7001' }],
    ['a body that is no object', '[1]', 400, { code: 'FTS7001' }],
    ['a body that is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, { code: 'FTS7001' }],
    ['a body that is compressed', gzipSync('{}'), 400, { message: expect.stringContaining('compressed') }],
    ['missing entities', { features: ['stats:rate'] }, 422, { code: 'FTS7002', field: 'entities' }],
    ['features that are no list', { ...wanted, features: 'stats:rate' }, 422, { code: 'FTS7002', field: 'features' }],
    ['an unknown view', { ...wanted, features: ['stat:rate'] }, 404, { code: 'FTS3104' }],
    ['an unknown feature', { ...wanted, features: ['stats:rat'] }, 404, { code: 'FTS2104' }],
    ['an unknown service', { ...wanted, feature_service: 'driver' }, 404, { code: 'FTS3105' }],
    ['a missing join key', { ...wanted, entities: { driver: [1] } }, 400, { code: 'FTS5001' }],
    ['ragged columns', { ...wanted, entities: { driver_id: [1], x: [1, 2] } }, 400, { code: 'FTS5002' }],
    ['a key of another type', { ...wanted, entities: { driver_id: ['x'] } }, 400, { field: 'entities.driver_id[0]' }],
    [
      'a key that one row lacks',
      { ...wanted, entities: [{ driver_id: 1 }, {}] },
      400,
      {
        code: 'FTS5001',
        field: 'entities[1].driver_id',
        message: 'The join key "driver_id" is missing in entity row 1; the feature view "stats" needs it.',
      },
    ],
    ['too many rows', { ...wanted, entities: { driver_id: Array(11).fill(1) } }, 413, { code: 'FTS7005' }],
    ['too long a body', { ...wanted, x: 'x'.repeat(2000) }, 413, { code: 'FTS7005' }],
  ])('says what is wrong with %s', async (_, payload, status, body) => {
    const answer = await post(payload)
    expect(answer.statusCode, answer.body).toBe(status)
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
    expect(answer.json()).toMatchObject({ message: expect.stringMatching(/[.?]$/), ...body })
  })

  test('says where the time went when it is asked to', async () => {
    const answer = await post(wanted, { headers: { 'x-feast-explain': '1' } })
    expect(answer.headers['server-timing']).toMatch(/^parse;dur=[\d.]+, plan;.*store;dur=.*encode;dur=[\d.]+$/)
    expect((await post(wanted)).headers['server-timing']).toBeUndefined()
  })
})

describe('every request', () => {
  test('has an id, its own or a new one, in answer and access log', async () => {
    const given = await app.inject({ url: '/health', headers: { 'x-request-id': 'abc-1' } })
    expect(given.headers['x-request-id']).toBe('abc-1')
    expect(logged.at(-1)).toMatchObject({ requestId: 'abc-1', method: 'GET', path: '/health', status: 200 })
    const [one, two] = [await get('/health'), await get('/health')]
    expect(one.headers['x-request-id']).toMatch(/^[0-9a-f]{12}-\w+$/)
    expect(two.headers['x-request-id']).not.toBe(one.headers['x-request-id'])
    const unfit = await app.inject({ url: '/health', headers: { 'x-request-id': 'a b' } })
    expect(unfit.headers['x-request-id']).not.toBe('a b')
  })

  test('keeps the place in a trace that it came with', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const answer = await app.inject({ url: '/health', headers: { traceparent } })
    expect(answer.headers.traceparent).toBe(traceparent)
    expect(logged.at(-1)?.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect((await app.inject({ url: '/health', headers: { traceparent: '00-x' } })).headers.traceparent).toBeUndefined()
  })

  test('with a URL that is none is answered like all others', async () => {
    const answer = await get('/%')
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toEqual({ code: 'FTS7001', message: expect.stringContaining('"/%" is not a URL') })
    expect(answer.headers['x-request-id']).toMatch(/./)
  })

  test('to a path that is not there is 404, and by another method 405 with those that are allowed', async () => {
    expect((await get('/nothing')).json()).toMatchObject({ code: 'FTS7003' })
    expect((await get('/nothing')).statusCode).toBe(404)
    const wrong = await get('/get-online-features')
    expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, 'POST'])
    expect((await app.inject({ method: 'DELETE', url: '/feature-views/stats' })).statusCode).toBe(405)
  })
})

describe('what is served', () => {
  test('is listed and described: views of all kinds, services, entities', async () => {
    const views = (await get('/feature-views')).json()
    expect(views.map((view: { name: string }) => view.name).sort()).toEqual(['fare', 'more', 'stats'])
    expect((await get('/feature-views/stats')).json()).toMatchObject({
      kind: 'featureView',
      join_keys: [{ name: 'driver_id', type: 'Int64' }],
      features: [
        { name: 'rate', type: 'Float64' },
        { name: 'trips', type: 'Int64' },
      ],
      ttl_seconds: 3600,
    })
    expect((await get('/feature-views/more')).json()).toMatchObject({ ttl_seconds: null })
    expect((await get('/feature-views/fare')).json()).toMatchObject({
      kind: 'onDemandFeatureView',
      request_fields: [{ name: 'distance', type: 'Float64' }],
    })
    expect((await get('/feature-services/drivers')).json()).toMatchObject({
      features: [
        { feature_view: 'stats', name: 'trips', type: 'Int64' },
        { feature_view: 'more', name: 'level', type: 'String' },
      ],
    })
    expect((await get('/feature-services')).json()).toHaveLength(1)
    expect((await get('/entities')).json()).toEqual([(await get('/entities/driver')).json()])
    expect((await get('/entities/driver')).json()).toMatchObject({ join_key: 'driver_id', type: 'Int64' })
    expect((await get('/')).json()).toMatchObject({ project: 'rides' })
  })

  test.each(['/feature-views/stat', '/feature-services/driver', '/entities/drive'])('%s is 404', async (url) => {
    const answer = await get(url)
    expect([answer.statusCode, answer.json().code]).toEqual([404, expect.stringMatching(/^FTS31/)])
  })

  test('is described as OpenAPI 3.1 and on a page without anything from elsewhere', async () => {
    const document = (await get('/openapi.json')).json()
    expect(document.openapi).toBe('3.1.0')
    const paths = ['/get-online-features', '/push', '/materialize', '/feature-views/{name}', '/health', '/metrics']
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(paths))
    const body = document.paths['/get-online-features'].post.requestBody.content['application/json'].schema
    expect(body.required).toEqual(['entities'])
    const page = await get('/docs')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.body).toContain('/get-online-features')
    expect(page.body).not.toMatch(/<script|src=|https?:/)
  })
})

describe('the metrics', () => {
  test('count requests, features and what is not stored under the names that operators know', async () => {
    const metrics = new ServingMetrics()
    const fresh = await httpApp({ store: rides.store, metrics })
    const payload = { features: ['stats:rate', 'stats:trips', 'more:level'], entities: { driver_id: [1, 2, 3] } }
    await fresh.inject({ method: 'POST', url: '/get-online-features', payload })
    await fresh.inject({ method: 'POST', url: '/get-online-features', payload: '{' })
    const answer = await fresh.inject('/metrics')
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    const lines = answer.body.split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'feast_online_request_latency_count{endpoint="/get-online-features"} 2',
        'feast_online_request_total{endpoint="/get-online-features",status="200"} 1',
        'feast_online_request_total{endpoint="/get-online-features",status="400"} 1',
        'feast_feature_request_count{feature_view="stats"} 6',
        'feast_feature_not_found_count{feature_view="stats"} 2',
        'feast_feature_not_found_count{feature_view="more"} 2',
        'feast_feature_staleness_bucket{le="3600",feature_view="stats"} 1',
        'feast_feature_staleness_count{feature_view="stats"} 2',
        'feast_registry_refresh_failures_total 0',
        'feast_requests_in_flight 0',
      ]),
    )
    expect(answer.body).toContain('# TYPE feast_materialization_duration histogram')
    expect(answer.body).toContain('\nprocess_cpu_seconds_total ')
    expect(answer.body).not.toContain('feast_feature_server_')
    await fresh.close()
  })

  test('of Feast’s own server are there when they are wanted', async () => {
    const fresh = await httpApp({ store: rides.store, metrics: new ServingMetrics({ likeFeast: true }) })
    const payload = { features: ['stats:rate'], entities: { driver_id: [1, 2, 3] } }
    await fresh.inject({ method: 'POST', url: '/get-online-features', payload })
    const { body } = await fresh.inject('/metrics')
    const names = body.split('\n').filter((line) => line.startsWith('feast_'))
    expect(names).toEqual(
      expect.arrayContaining([
        'feast_online_features_request_total 1',
        'feast_feature_server_request_total{endpoint="/get-online-features",status="200"} 1',
        'feast_feature_server_request_latency_seconds_count{endpoint="/get-online-features",feature_count="1-10",feature_view_count="1"} 1',
        'feast_online_features_entity_count_sum 3',
        'feast_online_features_status_total{feature_view="stats",status="present"} 1',
        'feast_online_features_status_total{feature_view="stats",status="outside_max_age"} 1',
        'feast_online_features_status_total{feature_view="stats",status="not_found"} 1',
        'feast_feature_server_online_store_read_duration_seconds_count 1',
      ]),
    )
    await fresh.close()
  })

  test('count requests for other numbers of features under one label of theirs, and name every series once', async () => {
    const fresh = await httpApp({ store: rides.store, metrics: new ServingMetrics({ likeFeast: true }) })
    for (const features of [['stats:rate'], ['stats:rate', 'stats:trips']]) {
      const payload = { features, entities: { driver_id: [1] } }
      await fresh.inject({ method: 'POST', url: '/get-online-features', payload })
    }
    const { body } = await fresh.inject('/metrics')
    const lines = body.split('\n').filter((line) => line.startsWith('feast_'))
    expect(lines).toContain(
      'feast_feature_server_request_latency_seconds_count{endpoint="/get-online-features",feature_count="1-10",feature_view_count="1"} 2',
    )
    const series = lines.map((line) => line.slice(0, line.lastIndexOf(' ')))
    expect(series).toEqual([...new Set(series)])
    await fresh.close()
  })
})

describe('readiness', () => {
  test('needs registry and online store', async () => {
    const answer = await get('/ready')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      ready: true,
      checks: { registry: { ok: true, stale: false }, online_store: { ok: true, type: 'sqlite' } },
    })
    expect(await get('/health')).toMatchObject({ statusCode: 200, body: '' })
    expect(await app.inject({ method: 'HEAD', url: '/ready' })).toMatchObject({ statusCode: 200, body: '' })
  })

  test('is lost with the online store, and says why', async () => {
    await using broken = await RidesStore.open()
    const fresh = await httpApp({ store: broken.store })
    await broken.store.close()
    const answer = await fresh.inject('/ready')
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ ready: false, checks: { online_store: { ok: false } } })
    await fresh.close()
  })

  test('and health are not there without a registry, and the answers do not say where the repository is', async () => {
    const folder = join(rides.folder, 'without')
    await mkdir(folder)
    await writeFile(join(folder, 'registry.db'), 'this is no registry')
    const configuration = { project: 'p', provider: 'local', registry: 'registry.db', online_store: { path: 'o.db' } }
    await using store = await openStore(configuration, { repoPath: folder })
    const fresh = await httpApp({ store })
    for (const url of ['/health', '/ready']) {
      const answer = await fresh.inject(url)
      expect(answer.statusCode).toBe(503)
      expect(answer.headers['content-type']).toMatch(/^application\/json/)
      expect(answer.body).toContain('"message":"registry.db is not a whole Feast registry')
    }
    await fresh.close()
  })

  test('stays with a registry that cannot be read again: the last good one is served, and metrics and /ready say so', async () => {
    await using stale = await RidesStore.open()
    const { store, folder } = stale
    const context = servingContext({ store })
    const fresh = await httpApp({ store, context })
    const warned: string[] = []
    const logger = { ...silentLogger, warn: (message: string) => void warned.push(message) }
    using refresh = new RegistryRefresh({ store, everySeconds: 3600, metrics: context.metrics, logger })
    const registry = join(folder, 'registry.db')
    await rename(registry, `${registry}.good`)
    await writeFile(registry, 'this is no registry')
    await refresh.refresh()
    expect(warned).toHaveLength(1)
    const payload = { features: ['stats:rate'], entities: { driver_id: [1] } }
    expect((await fresh.inject({ method: 'POST', url: '/get-online-features', payload })).statusCode).toBe(200)
    const ready = await fresh.inject('/ready')
    expect(ready.statusCode).toBe(200)
    expect(ready.json().checks.registry).toMatchObject({ ok: true, stale: true, error: { code: 'FTS3001' } })
    expect(ready.json().checks.registry.error.message).toMatch(/^registry\.db is not a whole Feast registry/)
    const { body } = await fresh.inject('/metrics')
    expect(body).toContain('\nfeast_registry_refresh_failures_total 1\n')
    expect(body).toContain('\nfeast_registry_stale 1\n')
    await rm(registry)
    await refresh.refresh()
    expect((await fresh.inject({ method: 'POST', url: '/get-online-features', payload })).statusCode).toBe(200)
    expect((await fresh.inject('/ready')).json().checks.registry).toMatchObject({ stale: true })
    await rename(`${registry}.good`, registry)
    await refresh.refresh()
    expect((await fresh.inject('/ready')).json().checks.registry).toMatchObject({ stale: false })
    await fresh.close()
  })
})

test('a client that goes away within its request is no fault of the server', async () => {
  const logged: string[] = []
  const log = (message: string): void => void logged.push(message)
  const server = await startHttpServer({ store: rides.store, logger: { ...silentLogger, error: log, warn: log } })
  const socket = connect(server.port, '127.0.0.1')
  socket.write('POST /get-online-features HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"features"')
  await sleep(200)
  socket.destroy()
  await sleep(200)
  await server.close()
  expect(logged).toEqual([])
})
