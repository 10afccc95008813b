import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { describeService } from '../../../test/services/describe-service.ts'
import { type RedisService, redisCluster, redisServer } from '../../../test/services/redis.ts'
import type { Service } from '../../../test/services/service.ts'
import { plainField } from '../../model/field.ts'
import { cellBytes, eventMicrosOf } from '../../plugin/online-cells.ts'
import type { OnlineStore, OnlineTable, OnlineWrite } from '../../plugin/online-store.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { int64 } from '../../types/data-type.ts'
import { serializeEntityKey } from '../../types/entity-key.ts'
import { decodeValue, encodeValue } from '../../types/value-codec.ts'
import { openRedisOnlineStore } from './redis-online-store.ts'

type Options = Readonly<Record<string, unknown>>

function open({ host, port }: Service, options: Options, settings = ''): Promise<OnlineStore> {
  const given = { connection_string: `${host}:${port}${settings}`, ...options }
  const { logger, ...rest } = testStoreOptions({ type: 'redis', options: given }, '/nowhere')
  return openRedisOnlineStore({ ...rest, logger: { ...logger, warn: () => {} } })
}

const bothLayouts = (service: Service, options: Options = {}): Promise<readonly [OnlineStore, OnlineStore]> =>
  Promise.all([open(service, { layout: 'feast', ...options }), open(service, { layout: 'packed', ...options })])

function tableOf(view: string, features: readonly string[] = ['a', 'b'], project = 'shop'): OnlineTable {
  return {
    project,
    view,
    version: null,
    joinKeys: ['id'],
    features: features.map((name) => plainField(name, int64)),
  }
}

const keyOf = (id: number): Uint8Array => serializeEntityKey(['id'], [{ kind: 'int64', value: BigInt(id) }], 3)
const idsTo = (end: number): readonly number[] => Array.from({ length: end }, (_, id) => id)

/** Rows whose values say the feature's place and the second of the event; where that divides by seven, nulls. */
function rows(table: OnlineTable, ids: readonly number[], second: (id: number) => number): OnlineWrite {
  return {
    table,
    entityKeys: ids.map(keyOf),
    values: table.features.map((_, place) =>
      ids.map((id) => (second(id) % 7 === 0 ? new Uint8Array(0) : encodeValue(BigInt(second(id) * 10 + place), int64))),
    ),
    eventMicros: ids.map((id) => BigInt(second(id)) * 1_000_000n + 5n),
    createdMicros: ids.map(() => null),
  }
}

/** Of each key its event time in microseconds and the values of the features; undefined is nothing stored. */
async function content(
  store: OnlineStore,
  tables: readonly OnlineTable[],
  ids: readonly number[],
): Promise<readonly unknown[]> {
  const entityKeys = ids.map(keyOf)
  const reads = tables.map((table) => ({ table, features: table.features.map(({ name }) => name), entityKeys }))
  const blocks = await store.read(reads)
  return ids.map((_, row) =>
    blocks.map((cells, block) => [
      eventMicrosOf(cells, row),
      ...(reads[block]?.features ?? []).map((__, feature) => {
        const bytes = cellBytes(cells, row, feature)
        return bytes === null ? undefined : decodeValue(bytes)
      }),
    ]),
  )
}

const tables = [tableOf('first'), tableOf('second', ['x', 'y', 'z'])] as const
const [first, second] = tables
const nothing = [null, undefined, undefined]

/** How many fields the hashes of a server have on the whole. */
const fieldCount = async ({ cli }: Pick<RedisService, 'cli'>): Promise<number> =>
  Number(
    await cli(
      'EVAL',
      'local n = 0 for _, k in ipairs(redis.call("KEYS", "*")) do n = n + redis.call("HLEN", k) end return n',
      '0',
    ),
  )

describeService('redis', redisServer, (redis) => {
  it('a packed row is one field of the hash of its key', async () => {
    await redis().cli('FLUSHALL')
    const store = await open(redis(), { layout: 'packed' })
    for (const table of tables) await store.write(rows(table, [1, 2, 3], () => 1))
    expect(await fieldCount(redis())).toBe(6)
    await store.teardown([second])
    expect(await fieldCount(redis())).toBe(3)
    expect(await content(store, tables, [1, 9])).toEqual([
      [
        [1_000_005n, 10n, 11n],
        [...nothing, undefined],
      ],
      [nothing, [...nothing, undefined]],
    ])
    await store.close()
  })

  it('rows of either layout are read, compared and written over in both, in one answer', async () => {
    await redis().cli('FLUSHALL')
    const [feast, packed] = await bothLayouts(redis())
    await feast.write(rows(first, [1, 2], () => 10))
    await packed.write(rows(first, [3, 4], () => 10))
    await packed.write(rows(second, [2, 3], () => 11))
    await feast.write(rows(second, [4], () => 11))
    const expected = await content(feast, tables, [1, 2, 3, 4, 5])
    expect(expected[1]).toEqual([
      [10_000_005n, 100n, 101n],
      [11_000_005n, 110n, 111n, 112n],
    ])
    expect(await content(packed, tables, [1, 2, 3, 4, 5])).toEqual(expected)
    for (const store of [feast, packed]) {
      expect(await store.write(rows(first, [1, 2, 3, 4], () => 9))).toEqual({ written: 0, stale: 4 })
    }
    expect(await content(packed, tables, [1, 2, 3, 4, 5])).toEqual(expected)
    expect(await packed.write(rows(first, [1, 2], () => 12))).toEqual({ written: 2, stale: 0 })
    expect(await feast.write(rows(first, [3, 4], () => 13))).toEqual({ written: 2, stale: 0 })
    for (const store of [feast, packed]) {
      expect(await content(store, [first], [1, 2, 3, 4])).toEqual(
        [12, 12, 13, 13].map((s) => [[BigInt(s) * 1_000_000n + 5n, BigInt(s) * 10n, BigInt(s) * 10n + 1n]]),
      )
    }
    await Promise.all([feast.close(), packed.close()])
  })

  it('an event of the epoch, whose time is no bytes at all in the layout of Feast, is read and packed', async () => {
    const [feast, packed] = await bothLayouts(redis())
    const table = tableOf('epoch')
    const batch = { ...rows(table, [1, 2], () => 8), eventMicros: [0n, -1_500_000n] }
    await feast.write(batch)
    const expected = [[[0n, 80n, 81n]], [[-1_500_000n, 80n, 81n]], [nothing]]
    expect(await content(packed, [table], [1, 2, 3])).toEqual(expected)
    for (const store of [packed, feast]) {
      expect((await store.convert?.([table]))?.converted).toBe(2)
      for (const reader of [feast, packed]) expect(await content(reader, [table], [1, 2, 3])).toEqual(expected)
    }
    expect(await packed.write({ ...batch, eventMicros: [-1n, -1n] })).toEqual({ written: 1, stale: 1 })
    await Promise.all([feast.close(), packed.close()])
  })

  it('a conversion that is told to stop stops, and two at once do not disturb each other', async () => {
    await redis().cli('FLUSHALL')
    const ids = idsTo(2000)
    const [feast, packed] = await bothLayouts(redis())
    await feast.write(rows(first, ids, (id) => id + 1))
    const before = await content(feast, [first], ids)
    await expect(packed.convert?.([first], AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
    expect(await fieldCount(redis())).toBe(6000)
    const both = await Promise.all([packed.convert?.([first]), packed.convert?.([first])])
    expect(both.reduce((sum, each) => sum + (each?.converted ?? 0), 0)).toBe(2000)
    expect(await fieldCount(redis())).toBe(2000)
    expect(await content(packed, [first], ids)).toEqual(before)
    await Promise.all([feast.close(), packed.close()])
  })

  it('a writer that looks at nothing, as Python Feast with skip_dedup, is seen at once in a packed row', async () => {
    const [foreign, packed] = await Promise.all([
      open(redis(), { skip_dedup: true }),
      open(redis(), { layout: 'packed' }),
    ])
    const table = tableOf('foreign')
    await packed.write(rows(table, [1], () => 20))
    await foreign.write(rows(table, [1], () => 22))
    expect(await content(packed, [table], [1])).toEqual([[[22_000_005n, 220n, 221n]]])
    await packed.write(rows(table, [1], () => 24))
    expect(await content(foreign, [table], [1])).toEqual([[[24_000_005n, 240n, 241n]]])
    await Promise.all([foreign.close(), packed.close()])
  })

  it('without dedup what is written last stays, with a ttl, and a conversion clears what it left', async () => {
    await redis().cli('FLUSHALL')
    const feast = await open(redis(), {})
    const store = await open(redis(), { layout: 'packed', skip_dedup: true, key_ttl_seconds: 1000 })
    await feast.write(rows(first, [1], () => 9))
    expect(await store.write(rows(first, [1], () => 5))).toEqual({ written: 1, stale: 0 })
    expect(await content(store, [first], [1])).toEqual([[[5_000_005n, 50n, 51n]]])
    expect(await fieldCount(redis())).toBe(3)
    expect(await store.convert?.([first])).toEqual({ layout: 'packed', converted: 0 })
    expect(await fieldCount(redis())).toBe(1)
    expect(await content(feast, [first], [1])).toEqual([[[5_000_005n, 50n, 51n]]])
    expect(
      Number(await redis().cli('EVAL', 'return redis.call("TTL", redis.call("KEYS", "*")[1])', '0')),
    ).toBeGreaterThan(900)
    await Promise.all([feast.close(), store.close()])
  })

  it('a packed row that is cut off or newer is an error of its request, not a wrong value', async () => {
    const store = await open(redis(), { layout: 'packed' })
    const table = tableOf('broken')
    const spoil = (change: string): Promise<string> =>
      redis().cli(
        'EVAL',
        `for _, k in ipairs(redis.call("KEYS", "*")) do local v = redis.call("HGET", k, "_ts:broken") if v then redis.call("HSET", k, "_ts:broken", ${change}) end end return 1`,
        '0',
      )
    await store.write(rows(table, [1], () => 1))
    await spoil('string.sub(v, 1, -2)')
    await expect(content(store, [table], [1])).rejects.toMatchObject({ code: 'FTS5041' })
    await spoil('"\\254\\2" .. string.sub(v, 3)')
    await expect(content(store, [table], [1])).rejects.toMatchObject({ code: 'FTS5041' })
    await expect(store.write(rows(table, [1], () => 2))).rejects.toMatchObject({ code: 'FTS5018' })
    expect(await content(store, [first], [77])).toEqual([[nothing]])
    await store.close()
  })

  it('a conversion that is killed leaves all keys readable and writable, and goes on when called again', async () => {
    await redis().cli('FLUSHALL')
    const ids = idsTo(20_000)
    const [feast, packed] = await bothLayouts(redis())
    for (const table of tables) await feast.write(rows(table, ids, (id) => id + 1))
    const before = await content(feast, tables, ids)
    const all = await fieldCount(redis())
    const child = converting(redis(), tables)
    while ((await fieldCount(redis())) > all * 0.8) await sleep(5)
    child.kill('SIGKILL')
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    const left = await fieldCount(redis())
    expect(left).toBeGreaterThan(ids.length * 2)
    expect(await content(packed, tables, ids)).toEqual(before)
    expect(await content(feast, tables, ids)).toEqual(before)
    const some = [5, 6, 19_990]
    await feast.write(rows(first, some, () => 50_000))
    await packed.write(rows(second, some, () => 60_000))
    const during = await content(feast, tables, ids)
    const { converted = 0 } = (await packed.convert?.(tables)) ?? {}
    expect(converted).toBeGreaterThan(0)
    expect(converted).toBeLessThan(ids.length * 2)
    expect(await fieldCount(redis())).toBe(ids.length * 2)
    expect(await content(packed, tables, ids)).toEqual(during)
    expect(await feast.convert?.(tables)).toEqual({ layout: 'feast', converted: ids.length * 2 })
    expect(await fieldCount(redis())).toBe(all)
    expect(await content(packed, tables, ids)).toEqual(during)
    await Promise.all([feast.close(), packed.close()])
  })
})

/** A process of its own that packs what is stored for the tables. */
function converting({ host, port }: Service, of: readonly OnlineTable[]): ChildProcess {
  const at = (path: string): string => JSON.stringify(pathToFileURL(`${import.meta.dirname}/${path}`).href)
  const source = `
    import { openRedisOnlineStore } from ${at('redis-online-store.ts')}
    import { testStoreOptions } from ${at('../../testing/store-options.ts')}
    const options = { connection_string: '${host}:${port}', layout: 'packed' }
    const store = await openRedisOnlineStore(testStoreOptions({ type: 'redis', options }, '/nowhere'))
    await store.convert(${JSON.stringify(of)})
    await new Promise((resolve) => setTimeout(resolve, 60_000))`
  return spawn(process.execPath, ['--input-type=module-typescript', '-e', source], { stdio: 'ignore' })
}

const users = ['user default on nopass ~* +@all', 'user writer on >pw ~* +@all -@scripting']

describeService(
  'redis',
  () => redisServer({ users }),
  (redis) => {
    it('features that a batch lacks stay in a packed row, written by scripts or in transactions', async () => {
      const [older, newer] = [tableOf('grown', ['a', 'gone']), tableOf('grown', ['b', 'a', 'c'])]
      for (const settings of ['', ',username=writer,password=pw']) {
        await redis().cli('FLUSHALL')
        const store = await open(redis(), { layout: 'packed' }, settings)
        const feast = await open(redis(), {}, settings)
        await store.write(rows(older, [1], () => 2))
        await feast.write(rows(older, [2], () => 2))
        await store.write(rows(newer, [1, 2], () => 3))
        const read = { ...newer, features: [...newer.features, ...older.features.slice(1)] }
        expect(await content(store, [read], [1])).toEqual([[[3_000_005n, 30n, 31n, 32n, 21n]]])
        expect(await content(feast, [newer], [2])).toEqual([[[3_000_005n, 30n, 31n, 32n]]])
        const batch = rows(newer, [1], () => 3)
        expect(await store.write({ ...batch, createdMicros: [5n] })).toEqual({ written: 1, stale: 0 })
        expect(await store.write({ ...batch, createdMicros: [4n] })).toEqual({ written: 0, stale: 1 })
        expect(await store.write(batch)).toEqual({ written: 0, stale: 1 })
        expect(await store.write({ ...batch, feastOrder: true, createdMicros: [6n] })).toEqual({ written: 0, stale: 1 })
        await Promise.all([store.close(), feast.close()])
      }
    })
  },
)

const firstTime = (row: unknown): unknown => (row as readonly (readonly unknown[])[])[0]?.[0]

for (const [type, start] of Object.entries({ redis: redisServer, redis_cluster: redisCluster })) {
  describeService<Service>('redis', start, (service) => {
    it(`${type}: a conversion there and back gives way to writers of both layouts, and loses nothing`, async () => {
      const ids = idsTo(3000)
      const [feast, packed] = await bothLayouts(service(), { redis_type: type })
      const other = tableOf('first', ['a', 'b'], 'my_shop')
      await feast.write(rows(other, [1, 2, 3], () => 4))
      for (const table of tables) await feast.write(rows(table, ids, (id) => id + 1))
      for (const [to, at] of [
        [packed, 10_000],
        [feast, 20_000],
      ] as const) {
        const converting = to.convert?.(tables)
        const events = idsTo(20).map((event) => at + event)
        for (const event of events) {
          const some = idsTo(200).map((each) => (each * 13 + event) % 3000)
          await Promise.all([feast, packed].map((store, late) => store.write(rows(first, some, () => event - late))))
        }
        await converting
        await to.convert?.(tables)
        expect((await to.convert?.(tables))?.converted).toBe(0)
        const found = await content(packed, tables, ids)
        expect(await content(feast, tables, ids)).toEqual(found)
        const newest = new Map(
          events.flatMap((event) => idsTo(200).map((each) => [(each * 13 + event) % 3000, event] as const)),
        )
        for (const [id, event] of newest) expect(firstTime(found[id])).toBe(BigInt(event) * 1_000_000n + 5n)
        expect(found.map((row) => [(row as readonly unknown[])[1]])).toEqual(await content(to, [second], ids))
      }
      expect(await content(packed, [other], [1])).toEqual([[[4_000_005n, 40n, 41n]]])
      await Promise.all([feast.close(), packed.close()])
    })
  })
}
