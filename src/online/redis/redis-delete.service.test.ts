import { expect, it } from 'vitest'
import { describeService } from '../../../test/services/describe-service.ts'
import { type RedisService, redisCluster, redisServer } from '../../../test/services/redis.ts'
import { plainField } from '../../model/field.ts'
import { eventMicrosOf } from '../../plugin/online-cells.ts'
import type { OnlineStore, OnlineTable } from '../../plugin/online-store.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { int64 } from '../../types/data-type.ts'
import { type EntityKeyVersion, serializeEntityKey } from '../../types/entity-key.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { openRedisOnlineStore } from './redis-online-store.ts'

interface Place {
  readonly project: string
  readonly joinKeys: readonly string[]
  readonly view: string
}

const placeOf = (project: string, view: string): Place => ({ project, joinKeys: ['id'], view })

const tableOf = ({ project, joinKeys, view }: Place, features = ['a']): OnlineTable => ({
  project,
  view,
  version: null,
  joinKeys,
  features: features.map((name) => plainField(name, int64)),
})

const keyOf = ({ joinKeys }: Place, value: string, version: EntityKeyVersion): Uint8Array =>
  serializeEntityKey(
    joinKeys,
    joinKeys.map(() => ({ kind: 'string', value })),
    version,
  )

async function write(
  store: OnlineStore,
  place: Place,
  values: readonly string[],
  version: EntityKeyVersion = 3,
): Promise<void> {
  await store.write({
    table: tableOf(place),
    entityKeys: values.map((value) => keyOf(place, value, version)),
    values: [values.map(() => encodeValue(1n, int64))],
    eventMicros: values.map(() => 1n),
    createdMicros: values.map(() => null),
  })
}

async function isThere(
  store: OnlineStore,
  place: Place,
  value: string,
  version: EntityKeyVersion = 3,
): Promise<boolean> {
  const entityKeys = [keyOf(place, value, version)]
  const [cells] = await store.read([{ table: tableOf(place), features: ['a'], entityKeys }])
  return cells !== undefined && eventMicrosOf(cells, 0) !== null
}

/** Lengths whose lowest byte is a sign of patterns: `*` 0x2a, `?` 0x3f, `[` 0x5b, `\` 0x5c. */
const signLengths = [0x2a, 0x3f, 0x5b, 0x5c]
const projects = [
  'shop',
  'my_shop',
  'hop',
  'sho*',
  'sho?',
  '[shop]',
  'shop\\',
  '*',
  'shöp',
  'a\u0002\0\0\0\u0004\0\0\0shop',
]
const joinKeyLists = [
  ['id'],
  ['id', 'of'],
  ['i*'],
  ['i?', '[i]'],
  ['\\id'],
  ...signLengths.map((length) => ['k'.repeat(length)]),
]
const values = ['1', 'shop', 'my_', '*', '{}', '']
const places = projects.flatMap((project) => joinKeyLists.map((joinKeys): Place => ({ project, joinKeys, view: 'v' })))

/** Deletes one place and sees that all others are as before. */
async function onlyGoes(store: OnlineStore, gone: Place, remove: (table: OnlineTable) => Promise<void>): Promise<void> {
  await remove(tableOf(gone))
  for (const place of places) {
    const found = await Promise.all(values.map((value) => isThere(store, place, value)))
    expect(found, JSON.stringify(place)).toEqual(values.map(() => place !== gone))
  }
  await write(store, gone, values)
}

const open = (
  server: Pick<RedisService, 'host' | 'port'>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<OnlineStore> =>
  openRedisOnlineStore(
    testStoreOptions(
      { type: 'redis', options: { connection_string: `${server.host}:${server.port}`, ...more } },
      '/nowhere',
    ),
  )

describeService('redis', redisServer, (redis) => {
  it('whatever names look like, dropping a view touches the keys of its project and join keys alone', async () => {
    const store = await open(redis())
    for (const place of places) await write(store, place, values)
    for (const [index, place] of places.entries()) {
      // One in seven, in turns by both ways: each looks at all keys of all places.
      if (index % 7 !== 0) continue
      await onlyGoes(store, place, (table) =>
        index % 2 === 0 ? store.update({ keep: [], drop: [table] }) : store.teardown([table]),
      )
    }
    await store.close()
  })

  it('a view goes, and the views that share its hashes stay', async () => {
    await redis().cli('FLUSHALL')
    const store = await open(redis())
    const [v, w] = [placeOf('p', 'v'), placeOf('p', 'w')]
    await write(store, v, ['1', '2'])
    await write(store, w, ['1'])
    await store.update({ keep: [tableOf(w)], drop: [tableOf(v)] })
    expect(await isThere(store, w, '1')).toBe(true)
    expect(await isThere(store, v, '1')).toBe(false)
    expect(await redis().cli('DBSIZE')).toBe('1')
    await store.close()
  })

  it('values of features that a view once had go with the last view of a hash', async () => {
    await redis().cli('FLUSHALL')
    const store = await open(redis())
    const place = placeOf('p', 'v')
    await write(store, place, ['1'])
    await store.teardown([tableOf(place, ['another'])])
    expect(await redis().cli('DBSIZE')).toBe('0')
    await store.close()
  })

  it('what is under our names and not a hash is left alone', async () => {
    await redis().cli('FLUSHALL')
    const store = await open(redis())
    const place = placeOf('p', 'v')
    await write(store, place, ['1'])
    const script = 'local k = redis.call("KEYS", "*")[1] redis.call("DEL", k) redis.call("SET", k, "mine") return 1'
    await redis().cli('EVAL', script, '0')
    await store.teardown([tableOf(place)])
    expect(await redis().cli('DBSIZE')).toBe('1')
    await expect(isThere(store, place, '1')).rejects.toMatchObject({ code: 'FTS5018' })
    await store.close()
  })

  it('without a full scan a dropped view keeps its values', async () => {
    await redis().cli('FLUSHALL')
    const store = await open(redis(), { full_scan_for_deletion: false })
    const place = placeOf('p', 'v')
    await write(store, place, ['1'])
    await store.update({ keep: [], drop: [tableOf(place)] })
    expect(await isThere(store, place, '1')).toBe(true)
    await store.close()
  })
})

describeService('redis', redisCluster, (cluster) => {
  it('in a cluster every server is looked through', async () => {
    const store = await open(cluster(), { redis_type: 'redis_cluster' })
    const many = Array.from({ length: 2500 }, (_, index) => `${index}`)
    const [v, other] = [placeOf('shop', 'v'), placeOf('my_shop', 'v')]
    await write(store, v, many)
    await write(store, other, many)
    await store.teardown([tableOf(v)])
    const sizes = await Promise.all(cluster().nodes.map(async (node) => Number(await node.cli('DBSIZE'))))
    expect(sizes.every((size) => size > 0)).toBe(true)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(many.length)
    expect(await isThere(store, other, '7')).toBe(true)
    await store.close()
  })
})
