import { expect, it } from 'vitest'
import { describeService } from '../../../test/services/describe-service.ts'
import { redisCluster, redisServer } from '../../../test/services/redis.ts'
import type { Service } from '../../../test/services/service.ts'
import type { Logger } from '../../base/logger.ts'
import { plainField } from '../../model/field.ts'
import { cellBytes, eventMicrosOf } from '../../plugin/online-cells.ts'
import type { OnlineStore, OnlineTable, OnlineWrite } from '../../plugin/online-store.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { int64 } from '../../types/data-type.ts'
import { serializeEntityKey } from '../../types/entity-key.ts'
import { decodeValue, encodeValue } from '../../types/value-codec.ts'
import { openRedisOnlineStore } from './redis-online-store.ts'

const silent: Logger['warn'] = () => {}

function open(
  { host, port }: Service,
  {
    settings = '',
    warn = silent,
    ...more
  }: { settings?: string; warn?: Logger['warn']; [option: string]: unknown } = {},
): Promise<OnlineStore> {
  const given = testStoreOptions(
    { type: 'redis', options: { connection_string: `${host}:${port}${settings}`, ...more } },
    '/nowhere',
  )
  return openRedisOnlineStore({ ...given, logger: { ...given.logger, warn } })
}

function tableOf(view: string, features = ['a', 'b']): OnlineTable {
  return {
    project: 'shop',
    view,
    version: null,
    joinKeys: ['id'],
    features: features.map((name) => plainField(name, int64)),
  }
}

const keyOf = (id: number): Uint8Array => serializeEntityKey(['id'], [{ kind: 'int64', value: BigInt(id) }], 3)

/** Rows of which both features say the second of the event. */
function rows(table: OnlineTable, ids: readonly number[], second: (id: number) => number): OnlineWrite {
  return {
    table,
    entityKeys: ids.map(keyOf),
    values: table.features.map(() => ids.map((id) => encodeValue(BigInt(second(id)), int64))),
    eventMicros: ids.map((id) => BigInt(second(id)) * 1_000_000n),
    createdMicros: ids.map(() => null),
  }
}

async function seconds(store: OnlineStore, table: OnlineTable, ids: readonly number[]): Promise<readonly unknown[]> {
  const features = table.features.map((field) => field.name)
  const [cells] = await store.read([{ table, features, entityKeys: ids.map(keyOf) }])
  if (cells === undefined) throw new Error('no answer')
  return ids.map((_, row) => {
    const event = eventMicrosOf(cells, row)
    const values = features.map((_, feature) => cellBytes(cells, row, feature))
    // Event time and values must be those of one event.
    expect(
      new Set([event === null ? null : event / 1_000_000n, ...values.map((v) => (v ? decodeValue(v) : null))]).size,
    ).toBe(1)
    return event === null ? null : Number(event / 1_000_000n)
  })
}

const ids = Array.from({ length: 300 }, (_, id) => id)
const shuffled = (list: readonly number[], seed: number): readonly number[] =>
  list
    .map((each, index) => [each, (index * 7919 + seed * 104_729) % 10_007] as const)
    .sort((a, b) => a[1] - b[1])
    .map(([each]) => each)

/** Eight writers with connections of their own write the events of all keys in orders of their own. */
async function writeShuffled(stores: readonly OnlineStore[], table: OnlineTable): Promise<void> {
  const events = Array.from({ length: 24 }, (_, event) => event + 1)
  await Promise.all(
    stores.map(async (store, writer) => {
      for (const event of shuffled(events, writer + 1)) {
        await store.write(rows(table, shuffled(ids, event * 8 + writer), (id) => event * 1000 + (id % 7)))
      }
    }),
  )
}

describeService('redis', redisServer, (redis) => {
  it('eight writers with shuffled events leave the newest event of every key, whole', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => open(redis())))
    const table = tableOf('shuffled')
    await writeShuffled(stores, table)
    expect(await seconds(stores[0] as OnlineStore, table, ids)).toEqual(ids.map((id) => 24_000 + (id % 7)))
    await Promise.all(stores.map((store) => store.close()))
  })

  it('a key ttl is set by every write that has an effect, and a stale one does not renew it', async () => {
    const store = await open(redis(), { key_ttl_seconds: 1000 })
    const table = tableOf('ttl')
    await store.write(rows(table, [1], () => 5))
    const [key = ''] = (await redis().cli('--no-raw', 'KEYS', '*')).split('\n').slice(-1)
    expect(key).toContain('shop')
    const ttls = async (): Promise<readonly string[]> =>
      (
        await redis().cli(
          'EVAL',
          'local t = {} for _, k in ipairs(redis.call("KEYS", "*")) do t[#t+1] = redis.call("TTL", k) end return t',
          '0',
        )
      )
        .split('\n')
        .toSorted()
    expect(await ttls()).toContain('1000')
    await redis().cli(
      'EVAL',
      'for _, k in ipairs(redis.call("KEYS", "*")) do redis.call("EXPIRE", k, 50) end return 1',
      '0',
    )
    expect(await store.write(rows(table, [1], () => 4))).toEqual({ written: 0, stale: 1 })
    expect(await ttls()).not.toContain('1000')
    await store.write(rows(table, [1], () => 6))
    expect(await ttls()).toContain('1000')
    await store.close()
  })

  it('without dedup what is written last stays, and a batch still leaves its newest rows', async () => {
    const store = await open(redis(), { skip_dedup: true, key_ttl_seconds: 1000 })
    const table = tableOf('skipped')
    await store.write(rows(table, ids, () => 9))
    const batch = rows(table, [1, 1, 1], () => 0)
    const events = [3, 5, 4]
    expect(
      await store.write({
        ...batch,
        values: batch.values.map(() => events.map((second) => encodeValue(BigInt(second), int64))),
        eventMicros: events.map((second) => BigInt(second) * 1_000_000n),
      }),
    ).toEqual({ written: 1, stale: 0 })
    expect(await seconds(store, table, [1, 2])).toEqual([5, 9])
    await store.close()
  })

  it('views with thousands of features are written and read', async () => {
    const store = await open(redis())
    const table = tableOf(
      'wide',
      Array.from({ length: 5000 }, (_, index) => `f${index}`),
    )
    await store.write(rows(table, [1, 2], (id) => id + 1))
    expect(await seconds(store, table, [1, 2, 3])).toEqual([2, 3, null])
    await store.teardown([table])
    expect(await seconds(store, table, [1, 2])).toEqual([null, null])
    await store.close()
  })

  it('an event time that is no Timestamp is an error of the store, not a wrong value', async () => {
    const store = await open(redis())
    const table = tableOf('foreign')
    await store.write(rows(table, [1], () => 1))
    await redis().cli(
      'EVAL',
      'for _, k in ipairs(redis.call("KEYS", "*")) do if redis.call("HEXISTS", k, "_ts:foreign") == 1 then redis.call("HSET", k, "_ts:foreign", "x") end end return 1',
      '0',
    )
    await expect(seconds(store, table, [1])).rejects.toMatchObject({ code: 'FTS5084' })
    await expect(store.write(rows(table, [1], () => 2))).rejects.toMatchObject({ code: 'FTS5018' })
    await store.close()
  })
})

const users = [
  'user default on nopass ~* +@all',
  'user writer on >pw ~* +@all -@scripting',
  'user reader on >pw ~* +hmget +ping',
]

describeService(
  'redis',
  () => redisServer({ users }),
  (redis) => {
    it('a user who may not run scripts writes in transactions, by the same rule, and is told so once', async () => {
      const warnings: string[] = []
      const settings = ',username=writer,password=pw'
      const warn = (message: string): void => void warnings.push(message)
      const store = await open(redis(), { settings, warn })
      const others = await Promise.all(Array.from({ length: 7 }, () => open(redis(), { settings, warn })))
      const stores = [store, ...others]
      const table = tableOf('transactions')
      await writeShuffled(stores, table)
      expect(await seconds(store, table, ids)).toEqual(ids.map((id) => 24_000 + (id % 7)))
      expect(await store.write(rows(table, ids, (id) => (id < 10 ? 99_999 : 1)))).toEqual({ written: 10, stale: 290 })
      await store.update({ keep: [], drop: [table] })
      expect(await seconds(store, table, [1])).toEqual([null])
      expect(warnings).toHaveLength(8)
      await Promise.all(stores.map((each) => each.close()))
    })

    it('a user who may only read reads, and is refused clearly otherwise', async () => {
      const store = await open(redis(), { settings: ',username=reader,password=pw' })
      const table = tableOf('transactions')
      expect(await seconds(store, table, [1])).toEqual([null])
      await store.ping()
      await expect(store.write(rows(table, [1], () => 1))).rejects.toMatchObject({ code: 'FTS5015' })
      await store.close()
    })

    it('a wrong password is said without showing it', async () => {
      const store = await open(redis(), { settings: ',username=reader,password=s3cret' })
      const failure = await store.ping().catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'FTS5015' })
      expect(JSON.stringify(failure) + String(failure)).not.toContain('s3cret')
      await store.close()
    })
  },
)

describeService('redis', redisCluster, (cluster) => {
  it('in a cluster too eight writers leave the newest events, with scripts and without', async () => {
    for (const node of cluster().nodes)
      await node.cli('ACL', 'SETUSER', 'writer', 'on', '>pw', '~*', '+@all', '-@scripting')
    for (const settings of ['', ',username=writer,password=pw']) {
      const options = { settings, redis_type: 'redis_cluster' }
      const store = await open(cluster(), options)
      const others = await Promise.all(Array.from({ length: 7 }, () => open(cluster(), options)))
      const table = tableOf(settings === '' ? 'scripts' : 'transactions')
      await writeShuffled([store, ...others], table)
      expect(await seconds(store, table, ids)).toEqual(ids.map((id) => 24_000 + (id % 7)))
      await Promise.all([store, ...others].map((each) => each.close()))
    }
  })
})
