import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Instant } from '../../src/base/instant.ts'
import { openStore } from '../../src/index.ts'
import { pushRows } from '../../src/serve/push-rows.ts'
import { servingContext } from '../../src/serve/serving-context.ts'
import { holdWriteServices } from '../../src/serve/write-services.ts'
import { writeParquet } from '../write-parquet.ts'
import { FeastProcess } from './feast-process.ts'
import { RidesRepository } from './rides-repository.ts'

const settings = `feature_server:
  offline_push_batching_enabled: true
  offline_push_batching_batch_size: 25
  offline_push_batching_batch_interval_seconds: 1
`
const at = '2024-03-01T12:00:00Z'

let repository: RidesRepository

beforeEach(async () => {
  repository = await RidesRepository.make(settings)
  const time = Instant.parse(at) ?? Instant.fromEpochMicros(0n)
  await writeParquet(join(repository.folder, 'data/stats.parquet'), [{ driver_id: 0n, ts: time, rate: 0, trips: 0n }])
})

afterEach(() => repository[Symbol.asyncDispose]())

/** Pushes rows of some drivers to the offline store; those that the server has accepted. */
async function push(http: string, drivers: readonly number[]): Promise<readonly number[]> {
  const accepted = drivers.map(async (driver) => {
    const df = { driver_id: [driver], ts: [at], rate: [0.5], trips: [driver] }
    const body = JSON.stringify({ push_source_name: 'stats_push', df, to: 'offline' })
    const answer = await fetch(`${http}/push`, { method: 'POST', body }).catch(() => undefined)
    return answer?.status === 202 ? [driver] : []
  })
  return (await Promise.all(accepted)).flat()
}

/** The drivers in the history, in order; the one that was there at first left out. */
async function history(): Promise<readonly number[]> {
  await using store = await openStore(repository.folder)
  const rows = await store.pullAll('stats').toRows()
  const drivers = rows.map(({ driver_id }) => Number(driver_id)).filter((driver) => driver !== 0)
  return drivers.sort((a, b) => a - b)
}

const range = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, n) => from + n)

test('a server that is told to end writes every row that it accepted first', async () => {
  const { server, addresses } = await FeastProcess.serve(repository.folder)
  const accepted = await push(addresses.http, range(1, 12))
  server.child.kill('SIGTERM')
  expect(await server.end()).toBe(0)
  expect(accepted).toEqual(range(1, 12))
  expect(await history()).toEqual(range(1, 12))
})

test('workers that are killed under load lose and double no row that they accepted', async () => {
  const accepted: number[] = []
  for (const run of [0, 1]) {
    const { server, addresses } = await FeastProcess.serve(repository.folder, '--workers', '2')
    let stopped = false
    const load = range(0, 4).map(async (lane) => {
      for (let n = 0; !stopped; n += 1)
        accepted.push(...(await push(addresses.http, range(run * 100_000 + lane * 10_000 + n * 5 + 1, 5))))
    })
    // However slow the machine is: killed in the midst of work, and not before there was any.
    while (accepted.length < (run + 1) * 100) await sleep(20)
    server.child.kill('SIGKILL')
    await server.end()
    stopped = true
    await Promise.all(load)
  }
  const { server } = await FeastProcess.serve(repository.folder, '--workers', '2')
  await sleep(1500)
  server.child.kill('SIGTERM')
  expect(await server.end(), server.log).toBe(0)
  const rows = await history()
  expect(accepted.length).toBeGreaterThan(100)
  expect(rows).toEqual([...new Set(rows)])
  const there = new Set(rows)
  expect(accepted.filter((driver) => !there.has(driver))).toEqual([])
})

test('of two servers in one process the last to close writes what waits', async () => {
  await using store = await openStore(repository.folder)
  const context = servingContext({ store })
  const [http, grpc] = [holdWriteServices(context), holdWriteServices(context)]
  const rows = [{ driver_id: 1, ts: at, rate: 0.5, trips: 1 }]
  const push = () => pushRows(context, { source: 'stats_push', rows, to: 'offline', signal: undefined })
  expect(await push()).toBe(true)
  await http.close()
  await http.close()
  expect([await push(), await history()]).toEqual([true, []])
  await grpc.close()
  expect(await history()).toEqual([1, 1])
})
