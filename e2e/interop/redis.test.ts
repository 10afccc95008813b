import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { featureField } from '../../src/online/redis/redis-layout.ts'
import type { OnlineTable } from '../../src/plugin/online-store.ts'
import { describeService } from '../../test/services/describe-service.ts'
import { redisCluster, redisServer } from '../../test/services/redis.ts'
import {
  driverFeatures,
  drivers,
  inStore,
  onlineByFeast,
  repositoriesOnServers,
  window,
  writeByFeast,
} from './both-sides.ts'
import { onlineByUs } from './our-side.ts'

const views = ['driver_stats', 'driver_profile', 'driver_pushed']
const stats: OnlineTable = { project: 'interop', view: 'driver_stats', version: null, joinKeys: [], features: [] }
const repositoryOn = repositoriesOnServers()

/** A repository with the data and definitions of both sides, over Redis. */
const makeRepository = (repo: string, block: Readonly<Record<string, unknown>>): Promise<string> =>
  repositoryOn(repo, { type: 'redis', ...block })

const byUs = (repo: string): Promise<unknown> => inStore(repo, (store) => onlineByUs(store, driverFeatures, drivers))

async function writeByUs(repo: string): Promise<void> {
  await inStore(repo, async (store) => {
    await store.apply()
    await store.materialize({ ...window, views })
  })
}

/** All hashes of a database as text, field by field. */
const dumpScript = `
local function hex(s) return (string.gsub(s, '.', function (c) return string.format('%02x', string.byte(c)) end)) end
redis.call('SELECT', ARGV[1])
local lines = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do lines[#lines + 1] = hex(key) .. ' ' .. hex(all[i]) .. ' ' .. hex(all[i + 1]) end
end
table.sort(lines)
return table.concat(lines, '\\n')`

describeService('redis', redisServer, (redis) => {
  let [ours, theirs] = ['', '']
  const folder = mkdtempSync(join(tmpdir(), 'interop-redis-'))
  beforeAll(async () => {
    const address = `${redis().host}:${redis().port}`
    ours = await makeRepository(join(folder, 'ours'), { connection_string: `${address},db=1` })
    await writeByUs(ours)
    theirs = await makeRepository(join(folder, 'theirs'), { connection_string: `${address},db=2` })
    await writeByFeast(theirs)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('real Feast reads what we wrote', async () => {
    expect(await onlineByFeast(ours)).toEqual(await byUs(ours))
  })

  test('we read what real Feast wrote', async () => {
    const expected = await onlineByFeast(theirs)
    expect(await byUs(theirs)).toEqual(expected)
    expect(JSON.stringify(expected)).toContain('naïve')
  })

  const dump = async (database: string): Promise<readonly string[]> =>
    (await redis().cli('EVAL', dumpScript, '0', database)).split('\n')

  test('both write the same keys, fields and values, byte for byte', async () => {
    // Feast's way of materializing, not its store, rounds nullable 64-bit integers to 53 bits; `trips` has more.
    const rounded = ` ${Buffer.from(featureField(stats, 'trips')).toString('hex')} `
    const [own, other] = [await dump('1'), await dump('2')].map((lines) =>
      lines.filter((line) => !line.includes(rounded)),
    )
    expect(own?.length).toBeGreaterThan(5000)
    expect(own).toEqual(other)
  })

  test('what one side wrote stays when the other writes the same events again', async () => {
    const before = await dump('1')
    await writeByFeast(ours)
    expect(await dump('1')).toEqual(before)
  })

  test('real Feast fails on packed rows, never misses them, and finds its own again, byte for byte', async () => {
    const [before, expected] = [await dump('2'), await onlineByFeast(theirs)]
    const packed = join(folder, 'packed')
    cpSync(theirs, packed, { recursive: true })
    appendFileSync(join(packed, 'feature_store.yaml'), '  layout: packed\n')
    const { converted } = await inStore(packed, (store) => store.convertOnlineStore())
    expect(converted).toBeGreaterThan(500)
    for (const repo of [packed, theirs]) expect(await byUs(repo)).toEqual(expected)
    await expect(onlineByFeast(theirs)).rejects.toThrow('DecodeError')
    await expect(writeByFeast(theirs)).rejects.toThrow('DecodeError')
    await inStore(theirs, (store) => store.convertOnlineStore())
    expect(await dump('2')).toEqual(before)
    expect(await onlineByFeast(theirs)).toEqual(expected)
  })
})

describeService('redis', redisCluster, (cluster) => {
  test('in a cluster each side reads what the other wrote', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'interop-redis-'))
    try {
      const block = { redis_type: 'redis_cluster', connection_string: `${cluster().host}:${cluster().port}` }
      const repo = await makeRepository(join(folder, 'shared'), block)
      await writeByFeast(repo)
      const expected = await onlineByFeast(repo)
      expect(await byUs(repo)).toEqual(expected)
      for (const node of cluster().nodes) await node.cli('FLUSHALL')
      await writeByUs(repo)
      expect(await onlineByFeast(repo)).toEqual(await byUs(repo))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
