import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { Instant } from '../../src/base/instant.ts'
import { days, entity, type FeatureStore, featureView, fileSource, int64, openStore, string } from '../../src/index.ts'
import { describeService } from '../services/describe-service.ts'
import { type RedisService, redisServer } from '../services/redis.ts'
import { writeParquet } from '../write-parquet.ts'

/** Loads into a server that fails in their middle: the interval is not recorded, and the same call completes the load. */
const keys = 20_000
const folder = mkdtempSync(join(tmpdir(), 'redis-load-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const shop = entity('shop', { joinKey: 'shop_id', type: int64 })
const view = featureView('stats', {
  entities: [shop],
  ttl: days(9999),
  schema: { number: int64, text: string },
  source: fileSource('stats_source', { path: 'data/stats.parquet', timestampField: 'ts' }),
})
const window = { start: new Date('2026-01-01T00:00:00Z'), end: new Date('2026-01-02T00:00:00Z') }
const noon = Instant.fromEpochSeconds(1_767_268_800)
const textOf = (id: number): string => `${id}-`.repeat(20)

let repositories = 0

async function repositoryOn({ host, port }: RedisService): Promise<FeatureStore> {
  const repoPath = join(folder, `repo-${++repositories}`)
  const rows = Array.from({ length: keys }, (_, id) => ({
    shop_id: BigInt(id),
    ts: noon,
    number: BigInt(id),
    text: textOf(id),
  }))
  await writeParquet(join(repoPath, 'data/stats.parquet'), rows)
  const onlineStore = { type: 'redis', connection_string: `${host}:${port}` }
  const config = { project: 'p', provider: 'local', registry: 'registry.db', online_store: onlineStore }
  const store = await openStore(config, { repoPath, definitions: [shop, view] })
  await store.apply()
  return store
}

/** How many keys have their values; that no value is of another key. */
async function countLoaded(store: FeatureStore): Promise<number> {
  const ids = Array.from({ length: keys }, (_, id) => id)
  const response = await store.getOnlineFeatures({
    features: ['stats:number', 'stats:text'],
    entities: ids.map((id) => ({ shop_id: BigInt(id) })),
  })
  const [numbers, texts] = [response.column('number'), response.column('text')]
  const loaded = ids.filter((id) => numbers[id] !== null)
  for (const id of loaded) expect([numbers[id], texts[id]]).toEqual([BigInt(id), textOf(id)])
  return loaded.length
}

const intervals = async (store: FeatureStore): Promise<number> =>
  (await store.contents()).featureViews[0]?.intervals.length ?? 0

describeService(
  'redis',
  () => redisServer({ args: ['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction'] }),
  (redis) => {
    test('a load that fills the server fails, is not recorded, and is completed by the same call', async () => {
      await using store = await repositoryOn(redis())
      await expect(store.materialize(window)).rejects.toMatchObject({ code: 'FTS5019' })
      const loaded = await countLoaded(store)
      expect(loaded).toBeGreaterThan(100)
      expect(loaded).toBeLessThan(keys)
      expect(await intervals(store)).toBe(0)
      await redis().cli('CONFIG', 'SET', 'maxmemory', '0')
      expect((await store.materialize(window)).views).toMatchObject([{ written: keys }])
      expect(await countLoaded(store)).toBe(keys)
      expect(await intervals(store)).toBe(1)
    })
  },
)

describeService('redis', redisServer, (redis) => {
  test('a load into a server that is lost and stays away fails, is not recorded, and is completed later', async () => {
    await using store = await repositoryOn(redis())
    const load = store.materialize(window).catch((error: unknown) => error)
    while (Number(await redis().cli('DBSIZE')) < 500) await sleep(1)
    await redis().kill()
    expect(await load).toMatchObject({ code: 'FTS5014', retryable: true })
    expect(await intervals(store)).toBe(0)
    await redis().restart()
    await store.materialize(window)
    expect(await countLoaded(store)).toBe(keys)
    expect(await intervals(store)).toBe(1)
  })
})
