import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { entity, type FeatureStore, featureView, fileSource, int64, openStore, pushSource } from '../../src/index.ts'

const folder = await mkdtemp(join(tmpdir(), 'convert-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const source = pushSource('feed', {
  batchSource: fileSource('file', { path: 'data/stats.parquet', timestampField: 'ts' }),
})
const stats = featureView('stats', { entities: [driver], schema: { trips: int64 }, source })
const wider = featureView('stats', { entities: [driver], schema: { trips: int64, rides: int64 }, source })

const open = (layout: string, view = stats): Promise<FeatureStore> => {
  const online = { type: 'sqlite', path: 'online.db', layout }
  const configuration = { project: 'p', provider: 'local', registry: 'registry.db', online_store: online }
  return openStore(configuration, { definitions: [driver, view], repoPath: folder })
}

test('a project is converted in place, also after its views changed', async () => {
  const before = await open('feast')
  await before.apply()
  await before.push({
    source: 'feed',
    rows: [1, 2, 3].map((id) => ({ driver_id: id, ts: new Date(), trips: id * 10 })),
  })
  const after = await open('packed', wider)
  const features = ['stats:trips']
  const entities = { driver_id: [3, 1, 9] }
  expect((await after.getOnlineFeatures({ features, entities })).column('trips')).toEqual([30n, 10n, null])
  expect(await after.convertOnlineStore()).toEqual({ project: 'p', views: ['stats'], layout: 'packed', converted: 3 })
  await after.apply()
  const read = await after.getOnlineFeatures({ features: ['stats:rides', 'stats:trips'], entities })
  expect(read.column('trips')).toEqual([30n, 10n, null])
  expect(read.statuses('rides')).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'])
  await after.push({ source: 'feed', rows: [{ driver_id: 1, ts: new Date(), trips: 11, rides: null }] })
  const again = await after.getOnlineFeatures({ features: ['stats:rides', 'stats:trips'], entities })
  expect(again.column('trips')).toEqual([30n, 11n, null])
  expect(again.statuses('rides')).toEqual(['NOT_FOUND', 'NULL_VALUE', 'NOT_FOUND'])
  expect((await before.convertOnlineStore()).converted).toBe(3)
  expect((await before.getOnlineFeatures({ features, entities })).column('trips')).toEqual([30n, 11n, null])
  await Promise.all([before.close(), after.close()])
})
