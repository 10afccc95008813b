import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { Instant } from '../src/base/instant.ts'
import { entity, featureView, fileSource, int64 } from '../src/index.ts'
import type { OnlineStore, OnlineWrite } from '../src/plugin/online-store.ts'
import { apply } from '../src/store/apply.ts'
import { materialize } from '../src/store/materialize.ts'
import type { StoreContext } from '../src/store/store-context.ts'
import { openContext, temporaryFolder } from './apply/context.ts'
import { forward } from './apply/crash.ts'
import { repository } from './apply/parts.ts'
import { writeParquet } from './write-parquet.ts'

const keys = 1050
const batchSize = 100
const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const stats = featureView('stats', {
  entities: [driver],
  schema: { trips: int64 },
  source: fileSource('stats_source', { path: 'data/stats.parquet', timestampField: 'ts' }),
})

const start = Instant.fromEpochSeconds(1_700_000_000)
const window = { start, end: Instant.fromEpochSeconds(1_700_010_000) }

/** A store whose writes go through `write`, on a source with three events of every key. */
async function openStore(write: (batch: OnlineWrite, real: OnlineStore) => ReturnType<OnlineStore['write']>) {
  const repoPath = await temporaryFolder()
  await mkdir(join(repoPath, 'data'))
  const rows = Array.from({ length: keys * 3 }, (_, index) => ({
    driver_id: BigInt(index % keys),
    ts: Instant.fromEpochSeconds(1_700_000_000 + Math.floor(index / keys)),
    trips: BigInt(index),
  }))
  await writeParquet(join(repoPath, 'data/stats.parquet'), rows)
  const opened = await openContext({
    repoPath,
    online: (real) => ({ ...forward(real), write: (batch) => write(batch, real) }),
  })
  const materialization = { pullLatestFeatures: false, onlineWriteBatchSize: batchSize }
  const context: StoreContext = { ...opened, config: { ...opened.config, materialization } }
  await apply(context, repository(stats))
  return context
}

const intervalsOf = async (context: StoreContext) => (await context.contents()).featureViews[0]?.intervals

test('rows reach the online store in batches of the configured size, each key in one of them', async () => {
  const sizes: number[] = []
  const seen = new Set<string>()
  const context = await openStore((batch, real) => {
    sizes.push(batch.entityKeys.length)
    for (const key of batch.entityKeys) seen.add(Buffer.from(key).toString('hex'))
    return real.write(batch)
  })
  const summary = await materialize(context, window)
  expect(summary.views).toMatchObject([{ written: keys, stale: 0, nullKeys: 0 }])
  expect(Math.max(...sizes)).toBe(batchSize)
  expect(sizes).toHaveLength(Math.ceil(keys / batchSize))
  expect(seen.size).toBe(keys)
})

test.each([1, 6, 11])(
  'a store that fails at batch %i leaves no interval, and the same call completes the load',
  async (failing) => {
    let batches = 0
    const context = await openStore((batch, real) => {
      batches++
      return batches === failing ? Promise.reject(new Error('the disk is full')) : real.write(batch)
    })
    await expect(materialize(context, window)).rejects.toThrow('the disk is full')
    expect(batches).toBe(failing)
    expect(await intervalsOf(context)).toEqual([])
    const summary = await materialize(context, window)
    expect(summary.views).toMatchObject([{ written: keys }])
    expect(await intervalsOf(context)).toEqual([window])
    const database = new DatabaseSync(join(context.repoPath, 'data/online.db'))
    const [found] = database.prepare('SELECT count(*) AS n, min(value_text + 0) AS least FROM rides_stats').all()
    database.close()
    expect(found).toEqual({ n: keys, least: keys * 2 })
  },
)

test('the interval is not there yet while the last batch is written', async () => {
  const during: unknown[] = []
  const context: StoreContext = await openStore(async (batch, real) => {
    during.push(await intervalsOf(context))
    return real.write(batch)
  })
  await materialize(context, window)
  expect(during.at(-1)).toEqual([])
  expect(await intervalsOf(context)).toEqual([window])
})
