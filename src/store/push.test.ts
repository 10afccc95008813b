import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeParquet } from '../../test/write-parquet.ts'
import { frozenClock } from '../base/clock.ts'
import { Instant } from '../base/instant.ts'
import {
  entity,
  type FeatureStore,
  featureView,
  fileSource,
  float64,
  hours,
  int64,
  openStore,
  pushSource,
} from '../index.ts'
import { tableFromRows } from '../types/arrow.ts'
import type { FeatureRow } from '../types/feature-value.ts'
import { historiesOf, type PushTarget } from './push.ts'

const noon = Instant.parse('2024-03-01T12:00:00Z') ?? Instant.fromEpochMicros(0n)
const before = noon.minus(hours(1))

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const history = fileSource('history', {
  path: 'data/history.parquet',
  timestampField: 'at',
  createdTimestampColumn: 'made',
  fieldMapping: { id: 'driver_id', cr: 'rate', ts: 'at' },
})
const feed = pushSource('feed', { batchSource: history })
const rates = featureView('rates', { entities: [driver], source: feed, schema: { rate: float64 } })
const both = featureView('both', { entities: [driver], source: feed, schema: { trips: int64, rate: float64 } })
// Its source has a column of the name that another column is mapped to.
const shadowed = fileSource('shadowed', {
  path: 'data/shadowed.parquet',
  timestampField: 'at',
  fieldMapping: { raw: 'rate' },
})
const shadow = featureView('shadow', {
  entities: [driver],
  source: pushSource('shadow_feed', { batchSource: shadowed }),
  schema: { rate: float64 },
})

let folder: string
let store: FeatureStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'push-'))
  await writeParquet(join(folder, 'data/history.parquet'), [{ id: 1n, ts: before, made: before, cr: 0.5, trips: 5n }])
  await writeParquet(join(folder, 'data/shadowed.parquet'), [{ driver_id: 1n, at: before, raw: 0.5, rate: 9 }])
  const configuration = { project: 'p', provider: 'local', registry: 'registry.db', online_store: { path: 'o.db' } }
  const definitions = [driver, rates, both, shadow]
  store = await openStore(configuration, { definitions, repoPath: folder, clock: frozenClock(noon) })
  await store.apply()
})

afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

async function online(view: string, id: number): Promise<readonly FeatureRow[]> {
  const read = await store.getOnlineFeatures({ features: [view], entities: { driver_id: [id] } })
  return read.rows().map(({ driver_id: _, ...features }) => features)
}

async function asOfNoon(view: string, id: number): Promise<readonly FeatureRow[]> {
  const entities = [{ driver_id: id, event_timestamp: noon }]
  const rows: FeatureRow[] = await store.getHistoricalFeatures({ features: [view], entities }).toRows()
  return rows.map(({ driver_id: _, event_timestamp: __, ...features }) => features)
}

const names = {
  'logical names': { driver_id: 2n, at: noon, made: noon, rate: 0.25, trips: 2n },
  'the names of the source': { id: 2n, ts: noon, made: noon, cr: 0.25, trips: 2n },
  'both, mixed': { driver_id: 2n, ts: noon, made: noon, cr: 0.25, trips: 2n },
} as const satisfies Record<string, FeatureRow>

const targets = [
  ['online', true, false],
  ['offline', false, true],
  ['onlineAndOffline', true, true],
] as const satisfies readonly (readonly [PushTarget, boolean, boolean])[]

describe.each(Object.entries(names))('rows in %s', (_, row) => {
  test.each(targets)('pushed to %s reach every view there and nothing else', async (to, isOnline, isOffline) => {
    const summary = await store.push({ source: 'feed', rows: [row], to })
    expect(summary).toEqual({
      online: isOnline ? ['rates', 'both'].map((view) => ({ view, written: 1, stale: 0 })) : [],
      offline: isOffline ? [{ source: 'history', rows: 1 }] : [],
    })
    const nothing = { rate: null, trips: null }
    const values = { rate: 0.25, trips: 2n }
    expect(await online('both', 2)).toEqual([isOnline ? values : nothing])
    expect(await online('rates', 2)).toEqual([{ rate: isOnline ? 0.25 : null }])
    expect(await asOfNoon('both', 2)).toEqual([isOffline ? values : nothing])
    expect(await asOfNoon('rates', 2)).toEqual([{ rate: isOffline ? 0.25 : null }])
    expect(await asOfNoon('both', 1)).toEqual([{ rate: 0.5, trips: 5n }])
  })

  test('may be an Arrow table', async () => {
    await store.push({ source: feed, rows: await tableFromRows([row]), to: 'onlineAndOffline' })
    expect(await online('both', 2)).toEqual([{ rate: 0.25, trips: 2n }])
    expect(await asOfNoon('both', 2)).toEqual([{ rate: 0.25, trips: 2n }])
  })
})

test('a name that is a column of the source and stands for another one too means the column, online and offline', async () => {
  const rows = [{ driver_id: 2n, at: noon, raw: 0.25, rate: 8 }]
  await store.push({ source: 'shadow_feed', rows, to: 'onlineAndOffline' })
  expect(await online('shadow', 2)).toEqual([{ rate: 0.25 }])
  expect(await asOfNoon('shadow', 2)).toEqual([{ rate: 0.25 }])
})

test('a column given under both of its names is refused offline, before anything is written', async () => {
  const rows = [{ ...names['the names of the source'], rate: 0.75 }]
  const pushed = store.push({ source: 'feed', rows, to: 'offline' })
  await expect(pushed).rejects.toMatchObject({ code: 'FTS4510', message: expect.stringContaining('have rate besides') })
  expect(await asOfNoon('both', 2)).toEqual([{ rate: null, trips: null }])
})

test('rows that do not fit the source of the history are not served either when both are asked for', async () => {
  const { made: _, ...row } = names['logical names']
  const pushed = store.push({ source: 'feed', rows: [row], to: 'onlineAndOffline' })
  await expect(pushed).rejects.toMatchObject({ code: 'FTS4510', message: expect.stringContaining('lack made') })
  expect(await online('both', 2)).toEqual([{ rate: null, trips: null }])
})

test('rows that do not fit one of the views are written to none', async () => {
  const { trips: _, ...row } = names['logical names']
  await expect(store.push({ source: 'feed', rows: [row] })).rejects.toMatchObject({ code: 'FTS5021' })
  await expect(store.push({ source: 'feed', rows: [{ ...row, trips: 'many' }] })).rejects.toMatchObject({
    code: 'FTS5022',
  })
  expect(await online('rates', 2)).toEqual([{ rate: null }])
})

test('a target that nobody knows is refused, with the nearest one', async () => {
  const pushed = store.push({ source: 'feed', rows: [names['logical names']], to: 'ONLINE' as never })
  await expect(pushed).rejects.toMatchObject({ code: 'FTS4517', message: expect.stringContaining('"online"') })
  expect(await online('both', 2)).toEqual([{ rate: null, trips: null }])
  expect(await asOfNoon('both', 2)).toEqual([{ rate: null, trips: null }])
})

test.each([
  ['null', null, 'rows'],
  ['a text', '2', 'rows'],
  ['a list with null', [names['logical names'], null], 'rows[1]'],
])('%s is refused as rows, wherever they should go', async (_, given, field) => {
  const rows = given as never
  const refused = { code: 'FTS4516', field }
  for (const to of ['online', 'offline', 'onlineAndOffline'] as const) {
    await expect(store.push({ source: 'feed', rows, to })).rejects.toMatchObject(refused)
  }
  await expect(store.writeToOfflineStore({ view: 'rates', rows })).rejects.toMatchObject(refused)
  await expect(store.writeToOnlineStore({ view: 'rates', rows })).rejects.toMatchObject(refused)
  expect(await asOfNoon('both', 2)).toEqual([{ rate: null, trips: null }])
})

test('rows that no batch source would keep are refused offline instead of being lost', () => {
  // Only a registry that something else has written can be so.
  const bare = { ...rates, batchSource: null }
  expect(() => historiesOf([bare])).toThrow(expect.objectContaining({ code: 'FTS4501', field: 'to' }))
})
