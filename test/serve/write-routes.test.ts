import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Instant } from '../../src/base/instant.ts'
import { type FeatureStore, openStore } from '../../src/index.ts'
import { httpApp } from '../../src/serve/http/http-server.ts'
import { writeParquet } from '../write-parquet.ts'

const at = '2024-03-01T12:00:00Z'
const noon = Instant.parse(at) ?? Instant.fromEpochMicros(0n)

const run = promisify(execFile)

let folder: string
let store: FeatureStore
let app: FastifyInstance

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'write-routes-'))
  await writeParquet(join(folder, 'history.parquet'), [
    { id: 0n, at: noon, made: noon, cr: 0.5, trips: 7n, photo: new Uint8Array([1]), seen: noon },
  ])
  await writeParquet(join(folder, 'cities.parquet'), [{ city: 'Bern', at: noon, people: 134_591n }])
  const index = pathToFileURL(join(import.meta.dirname, '../../src/index.ts')).href
  await writeFile(
    join(folder, 'feature_store.yaml'),
    'project: writes\nregistry: registry.db\nprovider: local\nonline_store: { type: sqlite, path: online.db }\n' +
      'entity_key_serialization_version: 3\n',
  )
  await writeFile(
    join(folder, 'features.ts'),
    `import { bytes, entity, featureView, fileSource, float64, int64, pushSource, string, unixTimestamp } from ${JSON.stringify(index)}
const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const city = entity('city', { joinKey: 'city', type: string })
const history = fileSource('history', { path: 'history.parquet', timestampField: 'at',
  createdTimestampColumn: 'made', fieldMapping: { id: 'driver_id', cr: 'rate' } })
export const rates = featureView('rates', { entities: [driver], source: pushSource('feed', { batchSource: history }),
  schema: { rate: float64, trips: int64, photo: bytes, seen: unixTimestamp } })
export const cities = featureView('cities', { entities: [city], schema: { people: int64 },
  source: fileSource('cities', { path: 'cities.parquet', timestampField: 'at' }) })
`,
  )
  store = await openStore(folder)
  await store.apply()
  app = await httpApp({ store })
})

afterAll(async () => {
  await app.close()
  await store.close()
  await rm(folder, { recursive: true })
})

interface Answer {
  readonly status: number
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/** Sends a body to a path; text as it is. */
async function post(url: string, body: unknown, to: FastifyInstance = app): Promise<Answer> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await to.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json' } })
  const text = response.body
  return { status: response.statusCode, text, json: text.startsWith('{') ? response.json() : {} }
}

const df = { driver_id: [1], at: [at], made: [at], rate: [0.25], trips: [3], photo: ['AQID'], seen: [at] }
const row = { rate: 0.25, trips: 3n, photo: new Uint8Array([1, 2, 3]), seen: noon }

async function online(id: number): Promise<unknown> {
  const response = await store.getOnlineFeatures({ features: ['rates'], entities: { driver_id: [id] } })
  const { driver_id: _, ...features } = response.rows()[0] ?? {}
  return features
}

async function offline(id: number): Promise<unknown> {
  const rows = await store.pullAll('rates').toRows()
  return rows
    .filter((each) => Number(each.id) === id)
    .map(({ cr, trips, photo, seen }) => ({ rate: cr, trips, photo, seen }))
}

describe('POST /push', () => {
  const nothing = { rate: null, trips: null, photo: null, seen: null }
  it.each([
    ['online', 10, row, []],
    ['offline', 11, nothing, [row]],
    ['online_and_offline', 12, row, [row]],
  ])('to %s writes there and nowhere else, and answers without a body', async (to, id, served, kept) => {
    const answer = await post('/push', { push_source_name: 'feed', df: { ...df, driver_id: [id] }, to })
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect([await online(id), await offline(id)]).toEqual([served, kept])
  })

  it('goes online when it does not say where', async () => {
    expect(await post('/push', { push_source_name: 'feed', df: { ...df, driver_id: [13] } })).toMatchObject({
      status: 200,
    })
    expect(await online(13)).toEqual(row)
  })

  it('takes columns by the names of the source, numbers of 64 bits, and text for what JSON cannot say', async () => {
    const body = `{"push_source_name":"feed","df":{"id":[9007199254740993],"at":["2024-03-01 13:00:00.5+01:00"],
      "made":[null],"cr":["NaN"],"trips":[-9223372036854775808],"photo":[null],"seen":[1709294400]}}`
    expect(await post('/push', body)).toMatchObject({ status: 200 })
    const response = await store.getOnlineFeatures({
      features: ['rates'],
      entities: { driver_id: [9007199254740993n] },
    })
    expect(response.rows()).toEqual([
      { driver_id: 9007199254740993n, rate: null, trips: -9223372036854775808n, photo: null, seen: noon },
    ])
  })

  const wrong: readonly [string, unknown, number, string, string][] = [
    ['no body', '', 400, 'FTS7001', ''],
    ['a body that is no JSON', '{"df":', 400, 'FTS7001', ''],
    ['no source', { df }, 422, 'FTS7002', 'push_source_name'],
    ['no frame', { push_source_name: 'feed' }, 422, 'FTS7002', 'df'],
    ['a frame of rows', { push_source_name: 'feed', df: [{ driver_id: 1 }] }, 422, 'FTS7002', 'df'],
    ['a column that is no list', { push_source_name: 'feed', df: { ...df, rate: 1 } }, 422, 'FTS7002', 'df.rate'],
    ['columns of unequal length', { push_source_name: 'feed', df: { ...df, rate: [1, 2] } }, 422, 'FTS5024', 'df.rate'],
    ['an unknown source', { push_source_name: 'food', df }, 422, 'FTS5020', 'push_source_name'],
    ['an unknown target', { push_source_name: 'feed', df, to: 'sideways' }, 422, 'FTS7002', 'to'],
    ['an unknown field', { push_source_name: 'feed', df, too: 'online' }, 422, 'FTS7002', 'too'],
    ['a missing column', { push_source_name: 'feed', df: { driver_id: [1], at: [at] } }, 422, 'FTS5021', 'df'],
    ['a null key', { push_source_name: 'feed', df: { ...df, driver_id: [null] } }, 422, 'FTS5021', 'df.driver_id[0]'],
    [
      'a key of another type',
      { push_source_name: 'feed', df: { ...df, driver_id: ['one'] } },
      422,
      'FTS5022',
      'df.driver_id[0]',
    ],
    [
      'a value of another type',
      { push_source_name: 'feed', df: { ...df, trips: [1.5] } },
      422,
      'FTS5022',
      'df.trips[0]',
    ],
    [
      'a number as event time',
      { push_source_name: 'feed', df: { ...df, at: [1709294400] } },
      422,
      'FTS5022',
      'df.at[0]',
    ],
    ['a time that is none', { push_source_name: 'feed', df: { ...df, at: ['noon'] } }, 422, 'FTS5022', 'df.at[0]'],
    [
      'a flag that is none',
      { push_source_name: 'feed', df, allow_registry_cache: 'yes' },
      422,
      'FTS7002',
      'allow_registry_cache',
    ],
    [
      'a column too much offline',
      { push_source_name: 'feed', df: { ...df, more: [1] }, to: 'offline' },
      422,
      'FTS4510',
      'df',
    ],
  ]
  it.each(wrong)('refuses %s', async (_, body, status, code, field) => {
    const answer = await post('/push', body)
    expect({ status: answer.status, code: answer.json.code, field: answer.json.field ?? '' }).toEqual({
      status,
      code,
      field,
    })
  })

  it('refuses more rows than a request may have', async () => {
    const many = Object.fromEntries(Object.entries(df).map(([name, [value]]) => [name, Array(10_001).fill(value)]))
    expect(await post('/push', { push_source_name: 'feed', df: many })).toMatchObject({
      status: 413,
      json: { code: 'FTS7005', field: 'df' },
    })
  })
})

describe('POST /write-to-online-store', () => {
  it('writes rows of a view and answers null', async () => {
    const answer = await post('/write-to-online-store', {
      feature_view_name: 'cities',
      df: { city: ['Chur'], at: [at], people: [38_000] },
    })
    expect(answer).toMatchObject({ status: 200, text: 'null' })
    const read = await store.getOnlineFeatures({ features: ['cities'], entities: { city: ['Chur'] } })
    expect(read.column('people')).toEqual([38_000n])
  })

  it.each([
    ['an unknown view', { feature_view_name: 'towns', df: {} }, 404, 'FTS3104'],
    ['no view', { df: {} }, 422, 'FTS7002'],
    [
      'a value of another type',
      { feature_view_name: 'cities', df: { city: ['B'], at: [at], people: ['many'] } },
      422,
      'FTS5022',
    ],
  ])('refuses %s', async (_, body, status, code) => {
    expect(await post('/write-to-online-store', body)).toMatchObject({ status, json: { code } })
  })
})

describe('POST /materialize', () => {
  const window = { start_ts: '2024-01-01', end_ts: '2024-04-01T00:00:00' }

  it('answers null when the rows are served', async () => {
    const answer = await post('/materialize', { ...window, feature_views: ['cities'] })
    expect(answer).toMatchObject({ status: 200, text: 'null' })
    const read = await store.getOnlineFeatures({ features: ['cities'], entities: { city: ['Bern'] } })
    expect(read.column('people')).toEqual([134_591n])
    expect((await store.getFeatureView('cities')).state).toBe('AVAILABLE_ONLINE')
  })

  it('incrementally goes on from the last end', async () => {
    const answer = await post('/materialize-incremental', { end_ts: '2024-05-01', feature_views: ['cities'] })
    expect(answer).toMatchObject({ status: 200, text: 'null' })
    const { intervals } = await store.getFeatureView('cities')
    expect(intervals.map(({ start, end }) => [start, end].join(' ')).at(-1)).toBe(
      '2024-04-01T00:00:00Z 2024-05-01T00:00:00Z',
    )
  })

  it.each([
    ['no times', '/materialize', {}, 400, 'FTS6002', 'start_ts'],
    [
      'a window that ends before it starts',
      '/materialize',
      { start_ts: '2024-02-02', end_ts: '2024-01-01' },
      400,
      'FTS6001',
      'start_ts',
    ],
    ['a time that is none', '/materialize', { ...window, end_ts: 'later' }, 400, 'FTS4503', 'end_ts'],
    ['an unknown view', '/materialize', { ...window, feature_views: ['towns'] }, 404, 'FTS3104', ''],
    ['no end', '/materialize-incremental', {}, 422, 'FTS7002', 'end_ts'],
    ['views that are no list', '/materialize', { ...window, feature_views: 'cities' }, 422, 'FTS7002', 'feature_views'],
    ['a switch that is none', '/materialize?async=maybe', window, 422, 'FTS7002', 'async'],
  ])('refuses %s', async (_, url, body, status, code, field) => {
    const answer = await post(url, body)
    expect({ status: answer.status, code: answer.json.code, field: answer.json.field ?? '' }).toMatchObject({
      status,
      code,
    })
    if (field !== '') expect(answer.json.field).toBe(field)
  })
})

describe('POST /materialize?async=true', () => {
  const body = { start_ts: '2024-01-01', end_ts: '2024-04-01', feature_views: ['cities'] }
  const state = async (): Promise<string> => {
    const contents = await store.refreshRegistry()
    return contents.featureViews.find(({ name }) => name === 'cities')?.state ?? ''
  }

  /** Waits for a state; what runs in the background is quick. */
  async function untilState(wanted: string): Promise<void> {
    for (let tries = 0; (await state()) !== wanted; tries += 1) {
      expect(tries).toBeLessThan(1000)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  beforeEach(async () => {
    await store.materialize({ start: '2024-01-01', end: '2024-01-02', views: ['cities'] })
  })

  it('answers at once with the names of the views, and they are served when it is done', async () => {
    const answer = await post('/materialize?async=true', body)
    expect(answer).toMatchObject({ status: 202, json: { status: 'accepted', feature_views: ['cities'] } })
    await untilState('AVAILABLE_ONLINE')
  })

  it('refuses a view that somebody is working on, and takes it over when it is forced', async () => {
    await store.setViewState('cities', 'MATERIALIZING')
    const refused = await post('/materialize?async=true', body)
    expect(refused).toMatchObject({
      status: 409,
      json: {
        code: 'FTS7011',
        field: 'feature_views',
        error: expect.stringContaining('cities'),
        feature_views: ['cities'],
      },
    })
    expect(await state()).toBe('MATERIALIZING')
    expect(await post('/materialize?async=true&force=true', body)).toMatchObject({ status: 202 })
    await untilState('AVAILABLE_ONLINE')
  })

  it('leaves the mark alone that somebody else has put on a view since the work was done', async () => {
    const materialize = store.materialize.bind(store)
    store.materialize = async (request) => {
      const summary = await materialize(request)
      await store.setViewState('cities', 'MATERIALIZING')
      return summary
    }
    expect(await post('/materialize', body)).toMatchObject({ status: 200 })
    store.materialize = materialize
    expect(await state()).toBe('MATERIALIZING')
    await store.setViewState('cities', 'AVAILABLE_ONLINE')
  })

  it('gives a view back in its earlier state when the work fails', async () => {
    await rm(join(folder, 'cities.parquet'))
    expect(await post('/materialize?async=true', body)).toMatchObject({ status: 202 })
    await untilState('AVAILABLE_ONLINE')
    await writeParquet(join(folder, 'cities.parquet'), [{ city: 'Bern', at: noon, people: 134_591n }])
  })

  it('gives a view back that a server was working on when it was killed, when the next one starts', async () => {
    const script = join(import.meta.dirname, 'killed-materialization-job.ts')
    const died = await run(process.execPath, [script, folder]).catch((error: unknown) => error)
    expect(died).toMatchObject({ signal: 'SIGKILL', stdout: '202\n' })
    expect(await state()).toBe('MATERIALIZING')
    const next = await httpApp({ store })
    await untilState('AVAILABLE_ONLINE')
    await next.close()
  })

  it('gives a view back when the server ends before the work does', async () => {
    const materialize = store.materialize.bind(store)
    store.materialize = async ({ signal }) => {
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      return { views: [] }
    }
    const ending = await httpApp({ store })
    expect(await post('/materialize?async=true', body, ending)).toMatchObject({ status: 202 })
    expect(await state()).toBe('MATERIALIZING')
    await ending.close()
    store.materialize = materialize
    expect(await state()).toBe('AVAILABLE_ONLINE')
  })

  it('gives it back at the next request too, without a new start', async () => {
    const script = join(import.meta.dirname, 'killed-materialization-job.ts')
    await run(process.execPath, [script, folder]).catch(() => undefined)
    expect(await state()).toBe('MATERIALIZING')
    expect(await post('/materialize?async=true', body)).toMatchObject({ status: 202 })
    await untilState('AVAILABLE_ONLINE')
  })

  it('serves a view while it is materialized again', async () => {
    await store.setViewState('cities', 'MATERIALIZING')
    const read = await post('/get-online-features', { features: ['cities:people'], entities: { city: ['Bern'] } })
    expect(read).toMatchObject({ status: 200 })
    await store.setViewState('cities', 'AVAILABLE_ONLINE')
  })

  it('lets one of many requests at once through', async () => {
    const materialize = store.materialize.bind(store)
    let go: (() => void) | undefined
    const held = new Promise<void>((resolve) => {
      go = resolve
    })
    store.materialize = async (request) => {
      await held
      return materialize(request)
    }
    const answers = await Promise.all([1, 2, 3, 4].map(() => post('/materialize?async=true', body)))
    store.materialize = materialize
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409])
    go?.()
    await untilState('AVAILABLE_ONLINE')
  })
})
