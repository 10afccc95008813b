import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  array,
  bytes,
  entity,
  type FeatureStore,
  featureService,
  featureView,
  fileSource,
  float64,
  Instant,
  int64,
  json,
  map,
  onDemandFeatureView,
  openStore,
  pushSource,
  requestSource,
  set,
  string,
  struct,
  unixTimestamp,
  zonedTimestamp,
} from 'feast-ts'
import { createClient, type FeastClient, FeastClientError } from 'feast-ts/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHttpServer } from '../../src/serve/http/http-server.ts'
import type { RunningServer } from '../../src/serve/serving-context.ts'
import { writeParquet } from '../write-parquet.ts'

const noon = Instant.parse('2024-03-01T12:00:00.5Z') ?? Instant.fromEpochMicros(0n)
const whole = Instant.parse('2024-03-01T12:00:00Z') ?? Instant.fromEpochMicros(0n)

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const history = fileSource('history', { path: 'history.parquet', timestampField: 'at' })
const stats = featureView('stats', {
  entities: [driver],
  source: pushSource('feed', { batchSource: history }),
  schema: {
    rate: float64,
    trips: int64,
    photo: bytes,
    seen: unixTimestamp,
    scores: array(float64),
    ids: set(int64),
    place: struct({ name: string, visits: int64 }),
    notes: map,
    raw: json,
    local: zonedTimestamp,
  },
})
const counts = featureView('counts', {
  entities: [driver],
  source: fileSource('counts', { path: 'counts.parquet', timestampField: 'at' }),
  schema: { done: int64 },
})
const trip = requestSource('trip', { distance: float64, hops: int64 })
const fare = onDemandFeatureView('fare', {
  sources: { stats, trip },
  schema: { price: float64, stops: int64 },
  transform: ({ stats: { rate }, trip: { distance, hops } }) => ({ price: (rate ?? 0) * distance, stops: hops + 1n }),
})
const ranking = featureService('ranking', [stats.select('trips', 'seen').withName('now'), fare])

let folder: string
let store: FeatureStore
let server: RunningServer
let client: FeastClient

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-'))
  await writeParquet(join(folder, 'history.parquet'), [
    { driver_id: 1n, at: noon, rate: 0.5, trips: 1n, photo: new Uint8Array([1]), seen: noon },
  ])
  await writeParquet(join(folder, 'counts.parquet'), [{ driver_id: 1n, at: noon, done: 1n }])
  const configuration = { project: 'p', provider: 'local', registry: 'registry.db', online_store: { path: 'o.db' } }
  store = await openStore(configuration, { definitions: [driver, stats, counts, fare, ranking], repoPath: folder })
  await store.apply()
  server = await startHttpServer({ store })
  client = createClient({ url: `http://${server.address}:${server.port}` })
})

afterAll(async () => {
  await server.close()
  await store.close()
  await rm(folder, { recursive: true })
})

const full = {
  rate: Number.NEGATIVE_INFINITY,
  trips: -9223372036854775808n,
  photo: new Uint8Array([0, 255, 7]),
  seen: whole,
  scores: [0.1, Number.POSITIVE_INFINITY],
  ids: [9007199254740993n, 2n],
  place: { name: 'Bern', visits: 3n },
  notes: { a: 'b' },
  raw: '{"x":[1]}',
  local: { instant: whole, zone: '+02:00' },
}
const nothing = Object.fromEntries(Object.keys(full).map((name) => [name, null]))

describe('a client of our server', () => {
  it('pushes rows and reads them back as they were, in all types', async () => {
    const { local: _, ...plain } = full
    const rows = [{ driver_id: 7n, at: noon, ...plain, ids: new Set(full.ids), local: '2024-03-01T14:00:00+02:00' }]
    expect(await client.push({ source: 'feed', rows })).toEqual({ queued: false })
    const answer = await client.getOnlineFeatures({
      features: [stats],
      entities: [{ driver_id: 7n }, { driver_id: 8 }],
    })
    const inProcess = await store.getOnlineFeatures({
      features: [stats],
      entities: [{ driver_id: 7n }, { driver_id: 8 }],
    })
    expect(answer.rows()).toEqual([
      { driver_id: 7n, ...full },
      { driver_id: 8n, ...nothing },
    ])
    expect(answer.rows().map(({ local, ...row }) => [row, local?.instant])).toEqual(
      inProcess.rows().map(({ local, ...row }) => [row, local?.instant]),
    )
    expect(answer.names).toEqual(inProcess.names)
    expect(answer.rowCount).toBe(2)
    for (const name of answer.names) {
      expect([name, answer.statuses(name)]).toEqual([name, inProcess.statuses(name)])
      expect([name, answer.eventTimestamps(name)]).toEqual([name, inProcess.eventTimestamps(name)])
    }
  })

  it('pushes rows again that it has read', async () => {
    await client.push({ source: 'feed', rows: [{ driver_id: 10n, at: noon, ...full }] })
    const read = async (id: bigint): Promise<object[]> =>
      (await client.getOnlineFeatures({ features: [stats], entities: [{ driver_id: id }] })).rows()
    const rows = (await read(10n)).map((row) => ({ ...row, driver_id: 11n, at: noon }))
    await client.push({ source: 'feed', rows })
    expect(await read(11n)).toEqual([{ driver_id: 11n, ...full }])
  })

  it('reads selections, services with names of their own, and what is computed, as in process', async () => {
    await client.push({ source: 'feed', rows: { ...columns([9]), rate: [0.5], trips: [4], seen: [whole] } })
    const entities = [{ driver_id: 9, distance: 3, hops: 2 }]
    for (const fullFeatureNames of [false, true]) {
      for (const features of [ranking, [stats.select('trips'), fare], ['stats:trips', fare]] as const) {
        const request = { features, entities, fullFeatureNames }
        const [ours, theirs] = [await client.getOnlineFeatures(request), await store.getOnlineFeatures(request)]
        expect(ours.names).toEqual(theirs.names)
        const named = 'projections' in features || typeof features[0] !== 'string'
        if (named) expect(ours.rows()).toEqual(theirs.rows())
      }
    }
  })

  it('reads a service by its name, with the types that JSON has', async () => {
    const answer = await client.getOnlineFeatures({
      featureService: 'ranking',
      entities: { driver_id: [7, 9], distance: [1, 2], hops: [1, 1] },
    })
    expect(answer.column('trips')).toEqual([-9223372036854775808n, 4])
    expect(answer.column('seen')).toEqual([1709294400, 1709294400])
  })

  it('writes rows of a view and has them materialized', async () => {
    await client.writeToOnlineStore({ view: 'counts', rows: [{ driver_id: 11, at: noon, done: 5n }] })
    const read = (id: number) => client.getOnlineFeatures({ features: ['counts:done'], entities: { driver_id: [id] } })
    expect((await read(11)).column('done')).toEqual([5])
    expect(await client.materialize({ start: '2024-01-01', end: '2024-04-01', views: ['counts'] })).toBeNull()
    expect((await read(1)).column('done')).toEqual([1])
    const end = new Date('2024-05-01T00:00:00Z')
    expect(await client.materialize({ end, views: ['counts'], background: true })).toEqual(['counts'])
    expect(await client.health()).toBe(true)
  })

  it('gets errors with a code and the field that is at fault', async () => {
    const refused = client.push({ source: 'feed', rows: [{ ...row(1), trips: 'many' }] })
    await expect(refused).rejects.toBeInstanceOf(FeastClientError)
    await expect(refused).rejects.toMatchObject({ status: 422, code: 'FTS5022', field: 'df.trips[0]' })
    const unknown = client.getOnlineFeatures({ features: ['stats:trip'], entities: { driver_id: [1] } })
    await expect(unknown).rejects.toMatchObject({ status: 404, code: 'FTS2104', hint: 'did you mean "stats:trips"?' })
    const renamed = client.getOnlineFeatures({ features: [stats.withName('x')], entities: [{ driver_id: 1 }] })
    await expect(renamed).rejects.toMatchObject({ status: 0, code: 'UNSUPPORTED' })
    const answer = await client.getOnlineFeatures({ features: [stats.select('rate')], entities: [{ driver_id: 1 }] })
    expect(() => answer.column('rat' as 'rate')).toThrow('The answer has no column "rat"; it has: driver_id, rate.')
  })
})

function row(id: number): Readonly<Record<string, unknown>> {
  const empty = Object.fromEntries(Object.keys(full).map((name) => [name, null]))
  return { ...empty, driver_id: id, at: noon }
}

function columns(ids: readonly number[]): Readonly<Record<string, readonly unknown[]>> {
  const names = Object.keys(row(0))
  return Object.fromEntries(names.map((name) => [name, ids.map((id) => row(id)[name])]))
}
