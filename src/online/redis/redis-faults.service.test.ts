import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { describeService } from '../../../test/services/describe-service.ts'
import { type RedisNode, redisCluster, redisSentinel, redisServer } from '../../../test/services/redis.ts'
import type { Service } from '../../../test/services/service.ts'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { plainField } from '../../model/field.ts'
import { cellBytes, eventMicrosOf } from '../../plugin/online-cells.ts'
import type { OnlineStore, OnlineTable, OnlineWrite } from '../../plugin/online-store.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { int64, string } from '../../types/data-type.ts'
import { redisKey, serializeEntityKey } from '../../types/entity-key.ts'
import { decodeValue, encodeValue } from '../../types/value-codec.ts'
import { keySlot } from './key-slot.ts'
import { openRedisOnlineStore } from './redis-online-store.ts'

function open(
  { host, port }: Pick<Service, 'host' | 'port'>,
  settings = '',
  more: Readonly<Record<string, unknown>> = {},
): Promise<OnlineStore> {
  const options = { connection_string: `${host}:${port}${settings}`, ...more }
  return openRedisOnlineStore(testStoreOptions({ type: 'redis', options }, '/nowhere'))
}

const table: OnlineTable = {
  project: 'shop',
  view: 'v',
  version: null,
  joinKeys: ['id'],
  features: [plainField('own', int64), plainField('event', int64)],
}

const keyOf = (id: number): Uint8Array => serializeEntityKey(['id'], [{ kind: 'int64', value: BigInt(id) }], 3)
const ids = Array.from({ length: 500 }, (_, id) => id)

/** Rows that say whose they are and of which second. */
function rows(second: number, of: readonly number[] = ids): OnlineWrite {
  return {
    table,
    entityKeys: of.map(keyOf),
    values: [of.map((id) => encodeValue(BigInt(id), int64)), of.map(() => encodeValue(BigInt(second), int64))],
    eventMicros: of.map(() => BigInt(second) * 1_000_000n),
    createdMicros: of.map(() => null),
  }
}

/** The seconds of the rows that are there, after a look that each is of its own key and whole. */
async function read(store: OnlineStore, of: readonly number[]): Promise<readonly number[]> {
  const [cells] = await store.read([{ table, features: ['own', 'event'], entityKeys: of.map(keyOf) }])
  if (cells === undefined) throw new Error('no answer')
  return of.flatMap((id, row) => {
    const event = eventMicrosOf(cells, row)
    if (event === null) return []
    const [own, second] = [0, 1].map((feature) => decodeValue(cellBytes(cells, row, feature) ?? new Uint8Array(0)))
    if (own !== BigInt(id) || second !== event / 1_000_000n) throw new Error(`row ${id} says ${own} of ${second}`)
    return [Number(second)]
  })
}

interface Load {
  /** Answers since the last look. */
  answers(): number
  /** Ends it; the codes of all errors there were. */
  stop(): Promise<ReadonlySet<string>>
}

/** Eight readers of random rows, who never stop asking. */
function readersOf(store: OnlineStore, pauseMs = 1): Load {
  const codes = new Set<string>()
  let answers = 0
  let isRunning = true
  const reader = async (seed: number): Promise<void> => {
    for (let turn = seed; isRunning; turn++) {
      try {
        await read(store, [turn % 500, (turn * 7) % 500, (turn * 31) % 500])
        answers++
      } catch (error) {
        codes.add(error instanceof FeatureStoreError ? error.code : String(error))
        await sleep(pauseMs)
      }
    }
  }
  const readers = Promise.all(Array.from({ length: 8 }, (_, seed) => reader(seed * 17)))
  return {
    answers: () => {
      const seen = answers
      answers = 0
      return seen
    },
    async stop() {
      isRunning = false
      await readers
      return codes
    },
  }
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited 20 s until ${what}`)
    await sleep(20)
  }
}

const kept = ['--appendonly', 'yes', '--appendfsync', 'always']

describeService(
  'redis',
  () => redisServer({ args: kept }),
  (redis) => {
    it('killed and restarted under load: clear errors, no wrong value, and it goes on by itself', async () => {
      const store = await open(redis())
      await store.write(rows(1))
      const load = readersOf(store)
      for (let round = 2; round < 5; round++) {
        await until('answers come', () => load.answers() > 50)
        await redis().kill()
        await expect(read(store, [1])).rejects.toMatchObject({ code: 'FTS5014', retryable: true })
        const writing = store.write(rows(round))
        await redis().restart()
        expect(await writing).toEqual({ written: 500, stale: 0 })
        load.answers()
      }
      await until('answers come again', () => load.answers() > 50)
      expect([...(await load.stop())]).toEqual(['FTS5014'])
      expect(await read(store, ids)).toEqual(ids.map(() => 4))
      await store.close()
    })

    it('a server that hangs is given up in time, and used again when it is back', async () => {
      const store = await open(redis(), ',socket_timeout=0.3')
      await store.write(rows(9))
      process.kill(redis().pid ?? 0, 'SIGSTOP')
      const started = performance.now()
      await expect(read(store, [1])).rejects.toMatchObject({ code: 'FTS5016' })
      expect(performance.now() - started).toBeLessThan(5000)
      process.kill(redis().pid ?? 0, 'SIGCONT')
      await until('it is used again', () =>
        read(store, [1])
          .then((seen) => seen[0] === 9)
          .catch(() => false),
      )
      await store.close()
    })

    it('a program that forgets to close its store ends all the same', async () => {
      const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href)
      const program = `
        const { openRedisOnlineStore } = await import(${url('./redis-online-store.ts')})
        const { testStoreOptions } = await import(${url('../../testing/store-options.ts')})
        const options = { connection_string: '${redis().host}:${redis().port}' }
        await (await openRedisOnlineStore(testStoreOptions({ type: 'redis', options }, '/'))).ping()
        console.log('done')`
      const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 })
      expect((await run).stdout).toBe('done\n')
    })

    it('connections that an operator kills are made anew, and nobody notices', async () => {
      const store = await open(redis())
      await store.write(rows(10))
      const load = readersOf(store)
      for (let kill = 0; kill < 5; kill++) {
        await until('answers come', () => load.answers() > 20)
        await redis().cli('CLIENT', 'KILL', 'TYPE', 'normal')
        expect(await store.write(rows(11 + kill))).toEqual({ written: 500, stale: 0 })
      }
      expect([...(await load.stop())]).toEqual([])
      await store.close()
    })
  },
)

describeService(
  'redis',
  () => redisServer({ args: ['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction'] }),
  (redis) => {
    it('a full server says so, and the rows that were there before stay readable', async () => {
      const store = await open(redis())
      await store.write(rows(1))
      const large: OnlineTable = { ...table, view: 'large', features: [plainField('text', string)] }
      const fill = (from: number): Promise<unknown> => {
        const of = ids.map((id) => from + id)
        return store.write({
          table: large,
          entityKeys: of.map(keyOf),
          values: [of.map(() => encodeValue('x'.repeat(1000), string))],
          eventMicros: of.map(() => 1n),
          createdMicros: of.map(() => null),
        })
      }
      const failure = await (async () => {
        for (let from = 0; from < 50_000; from += 500) await fill(from)
      })().catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'FTS5019', retryable: true })
      expect(await read(store, ids)).toEqual(ids.map(() => 1))
      await redis().cli('CONFIG', 'SET', 'maxmemory', '0')
      expect(await store.write(rows(2))).toEqual({ written: 500, stale: 0 })
      await store.close()
    })
  },
)

describeService(
  'redis',
  () =>
    redisServer({ tls: true, users: ['user default off', 'user fs on >pw,1 ~* +@all', 'user feast on >pw ~* +@all'] }),
  (redis) => {
    const settings = (): string => `,ssl=true,ssl_ca_certs=${redis().certificates?.authority}`

    it('with TLS and a user of its own it reads and writes, large replies too', async () => {
      const store = await open(redis(), `${settings()},username=feast,password=pw`)
      expect(await store.write(rows(1))).toEqual({ written: 500, stale: 0 })
      const all = await Promise.all(Array.from({ length: 20 }, () => read(store, ids)))
      expect(all).toEqual(all.map(() => ids.map(() => 1)))
      await store.close()
    })

    it.each([
      ['without a user', () => settings(), /NOAUTH/],
      ['with a wrong password', () => `${settings()},username=feast,password=s3cret`, /WRONGPASS/],
      ['with a certificate that nobody vouches for', () => ',ssl=true,username=feast,password=pw', /certificate/],
    ])('%s the login is refused', async (_, text, message) => {
      const store = await open(redis(), text())
      const failure = await store.ping().catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'FTS5015', message: expect.stringMatching(message) })
      expect(String(failure)).not.toContain('s3cret')
      await store.close()
    })

    it('without TLS there is no connection, and an answer at once', async () => {
      const store = await open(redis(), ',username=feast,password=pw')
      await expect(store.ping()).rejects.toMatchObject({ code: 'FTS5014' })
      await store.close()
    })

    it('a certificate of another host counts when names are not to be looked at', async () => {
      const trusting = await open(redis(), ',ssl=true,ssl_cert_reqs=none,username=feast,password=pw')
      await trusting.ping()
      await trusting.close()
      const missing = await open(redis(), ',ssl=true,ssl_ca_certs=/no/such/file.pem,username=feast,password=pw')
      await expect(missing.ping()).rejects.toMatchObject({ code: 'FTS1005' })
      await missing.close()
    })
  },
)

describeService('redis', redisSentinel, (sentinel) => {
  it('when the master is lost its replica is found, reads and writes go on, and no value is wrong', async () => {
    const store = await open(sentinel(), '', { redis_type: 'redis_sentinel', sentinel_master: sentinel().master })
    await store.write(rows(1))
    await sentinel().nodes[0]?.cli('WAIT', '1', '2000')
    const load = readersOf(store, 5)
    await until('answers come', () => load.answers() > 50)
    await sentinel().nodes[0]?.kill()
    await until('the replica takes writes', () =>
      store
        .write(rows(2))
        .then(() => true)
        .catch(() => false),
    )
    load.answers()
    await until('answers come again', () => load.answers() > 50)
    for (const code of await load.stop()) expect(code).toBe('FTS5014')
    expect(await read(store, ids)).toEqual(ids.map(() => 2))
    // The old master comes back as a replica; nobody writes to it by mistake.
    await sentinel().nodes[0]?.restart()
    expect(await store.write(rows(3))).toEqual({ written: 500, stale: 0 })
    expect(await read(store, ids)).toEqual(ids.map(() => 3))
    await store.close()
  })

  it('a master that no sentinel knows is named', async () => {
    const store = await open(sentinel(), '', { redis_type: 'redis_sentinel', sentinel_master: 'another' })
    await expect(store.ping()).rejects.toMatchObject({ code: 'FTS5018', message: expect.stringContaining('"another"') })
    await store.close()
  })
})

/** Which of the servers keeps a slot: the one that does not send others away. */
async function ownerOf(nodes: readonly RedisNode[], slot: number): Promise<number> {
  const answers = await Promise.all(nodes.map((node) => node.cli('CLUSTER', 'NODES')))
  return answers.findIndex((text) => {
    const ranges =
      text
        .split('\n')
        .find((line) => line.includes('myself'))
        ?.split(' ')
        .slice(8) ?? []
    return ranges.some((range) => {
      const [first = -1, last = first] = range.split('-').map(Number)
      return slot >= first && slot <= last
    })
  })
}

describeService('redis', redisCluster, (cluster) => {
  it('while slots move from server to server nothing is lost and nothing is wrong', async () => {
    const store = await open(cluster(), '', { redis_type: 'redis_cluster' })
    await store.write(rows(1))
    const load = readersOf(store)
    await until('answers come', () => load.answers() > 50)
    const [first, second] = cluster().nodes
    if (first === undefined || second === undefined) throw new Error('a cluster has three servers')
    const [source = '', target = ''] = [await first.cli('CLUSTER', 'MYID'), await second.cli('CLUSTER', 'MYID')]
    const moves = ['--cluster-from', source, '--cluster-to', target, '--cluster-slots', '1000', '--cluster-yes']
    let isMoving = true
    const moving = first.cli('--cluster', 'reshard', `127.0.0.1:${first.port}`, ...moves).finally(() => {
      isMoving = false
    })
    let writes = 1
    while (isMoving) expect(await store.write(rows(++writes))).toEqual({ written: 500, stale: 0 })
    await moving
    load.answers()
    await until('answers come still', () => load.answers() > 50)
    expect([...(await load.stop())]).toEqual([])
    expect(writes).toBeGreaterThan(5)
    expect(await read(store, ids)).toEqual(ids.map(() => writes))
    await store.close()
  })

  it('a key whose slot is half moved is read and written where it is, and later found there at once', async () => {
    const store = await open(cluster(), '', { redis_type: 'redis_cluster' })
    // A key that nobody wrote, so that the old server sends everybody to the new one.
    const slot = keySlot(redisKey(keyOf(77_777), table.project))
    const holders = cluster().nodes
    const ids = await Promise.all(holders.map((node) => node.cli('CLUSTER', 'MYID')))
    const counts = await Promise.all(
      holders.map((node) => node.cli('CLUSTER', 'COUNTKEYSINSLOT', String(slot)).then(Number)),
    )
    expect(counts.every((count) => count === 0)).toBe(true)
    const owner = await ownerOf(holders, slot)
    const [from, to] = [holders[owner], holders[(owner + 1) % 3]]
    const target = ids[(owner + 1) % 3] ?? ''
    await to?.cli('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', ids[owner] ?? '')
    await from?.cli('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', target)
    expect(await read(store, [1, 77_777, 2])).toHaveLength(2)
    expect(await store.write(rows(5, [77_777]))).toEqual({ written: 1, stale: 0 })
    expect(await to?.cli('CLUSTER', 'COUNTKEYSINSLOT', String(slot))).toBe('1')
    expect(await read(store, [77_777])).toEqual([5])
    for (const node of [to, from]) await node?.cli('CLUSTER', 'SETSLOT', String(slot), 'NODE', target)
    expect(await read(store, [77_777])).toEqual([5])
    expect(await store.write(rows(4, [77_777]))).toEqual({ written: 0, stale: 1 })
    await store.close()
  })

  it('a server of a cluster that is lost fails the rows that it keeps, and is used again when it is back', async () => {
    const store = await open(cluster(), '', { redis_type: 'redis_cluster' })
    await store.write(rows(1000))
    const third = cluster().nodes[2]
    await third?.kill()
    await expect(read(store, ids)).rejects.toMatchObject({ code: 'FTS5014' })
    await third?.restart()
    // It kept nothing on disk, so its rows are gone and come back with the next write.
    await until('it is used again', () =>
      store
        .write(rows(1001))
        .then(() => true)
        .catch(() => false),
    )
    expect(await read(store, ids)).toEqual(ids.map(() => 1001))
    await store.close()
  })
})
