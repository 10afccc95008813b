import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { FeatureStoreError } from '../../src/base/errors/feature-store-error.ts'
import { CuttingProxy } from '../services/cutting-proxy.ts'
import { describeService } from '../services/describe-service.ts'
import { postgresServer } from '../services/postgres.ts'
import { openOnlineStore, readEvents, rowsOf, tableOf } from './store-rows.ts'

const keyCount = 40

/** How long to wait for what happens within a second unless the machine has much else to do. */
const patience = { timeout: 20_000 }

describeService('postgres', postgresServer, (postgres) => {
  const open = (more: Readonly<Record<string, unknown>> = {}): ReturnType<typeof openOnlineStore> =>
    openOnlineStore({ ...postgres().onlineStore, conn_type: 'pool', max_conn: 4, ...more })

  it('a server that is killed and started again under load gives clear errors meanwhile, then answers, and no value is wrong or older than what it confirmed', async () => {
    const table = tableOf('restarted')
    const store = await open()
    await store.update({ keep: [table], drop: [] })
    let confirmed = 0
    let isOver = false
    const [codes, reads] = [new Map<string, number>(), { before: 0, after: 0 }]
    const survive = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work()
      } catch (error) {
        if (!(error instanceof FeatureStoreError)) throw error
        codes.set(error.code, (codes.get(error.code) ?? 0) + 1)
        await sleep(10)
      }
    }
    const write = async (): Promise<void> => {
      for (let event = 1; !isOver; event++) {
        await survive(async () => {
          await store.write(rowsOf(table, keyCount, event))
          confirmed = event
        })
      }
    }
    const read = async (): Promise<void> => {
      while (!isOver) {
        await survive(async () => {
          const least = confirmed
          const events = await readEvents(store, table, keyCount)
          for (const event of events) expect(event ?? 0).toBeGreaterThanOrEqual(least)
          reads[codes.size === 0 ? 'before' : 'after']++
        })
      }
    }
    const load = Promise.all([write(), read(), read(), read()])
    await expect.poll(() => reads.before, patience).toBeGreaterThan(100)
    await postgres().kill()
    await expect.poll(() => codes.size, patience).toBeGreaterThan(0)
    await sleep(400)
    const during = new Map(codes)
    await postgres().restart()
    await expect.poll(() => reads.after, patience).toBeGreaterThan(100)
    isOver = true
    await load
    expect([...during.keys()]).toEqual(['FTS5014'])
    expect([...codes.keys()]).toEqual(['FTS5014'])
    expect(new Set(await readEvents(store, table, keyCount))).toEqual(new Set([confirmed]))
    await store.close()
  })

  it('a server that dies in the middle of a batch leaves all of it or nothing', async () => {
    const table = tableOf('dying')
    const store = await open()
    await store.update({ keep: [table], drop: [] })
    const written = store.write(rowsOf(table, 60_000, 5)).catch((error: unknown) => error)
    const running =
      "SELECT FROM pg_stat_activity WHERE query LIKE '%INSERT INTO%faults_dying%' AND application_name <> ''"
    while ((await postgres().query(running)).length === 0) await sleep(5)
    await postgres().kill()
    await expect(written).resolves.toMatchObject({ code: 'FTS5014' })
    await postgres().restart()
    expect(new Set(await readEvents(store, table, 60_000)).size).toBe(1)
    expect(await store.write(rowsOf(table, 100, 6))).toEqual({ written: 100, stale: 0 })
    await store.close()
  })

  it('an answer that is cut off anywhere is read again, or is an error, and never in part', async () => {
    const table = tableOf('cut')
    await using proxy = await CuttingProxy.start(postgres())
    const store = await open({ port: proxy.port })
    await store.update({ keep: [table], drop: [] })
    await store.write(rowsOf(table, keyCount, 9))
    for (let bytes = 0; bytes < 4000; bytes += 131) {
      proxy.cutAfter(bytes)
      const events = await readEvents(store, table, keyCount).catch((error: unknown) => error)
      if (events instanceof Error) expect(events).toMatchObject({ code: 'FTS5014' })
      else expect(events).toEqual(new Array(keyCount).fill(9))
    }
    expect(await readEvents(store, table, keyCount)).toEqual(new Array(keyCount).fill(9))
    await store.close()
  })

  it('a server that falls silent is given up when the signal says so, and used again when it speaks', async () => {
    const table = tableOf('silent')
    await using proxy = await CuttingProxy.start(postgres())
    const store = await open({ port: proxy.port })
    await store.update({ keep: [table], drop: [] })
    await store.write(rowsOf(table, 3, 9))
    proxy.silent = true
    const started = performance.now()
    const read = readEvents(store, table, 3, AbortSignal.timeout(200))
    await expect(read).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(performance.now() - started).toBeLessThan(8000)
    proxy.silent = false
    expect(await readEvents(store, table, 3)).toEqual([9, 9, 9])
    await store.close()
  })

  it('a read that is given up stops on the server too, and other reads wait for no more connections than there are', async () => {
    const table = tableOf('blocked')
    const store = await open({ max_conn: 3 })
    await store.update({ keep: [table], drop: [] })
    const blocker = postgres().query('BEGIN; LOCK TABLE faults_blocked; SELECT pg_sleep(50); COMMIT')
    blocker.catch(() => undefined)
    const locks = "SELECT pid FROM pg_locks WHERE relation = 'faults_blocked'::regclass AND granted"
    while ((await postgres().query(locks)).length === 0) await sleep(10)
    const givingUp = new AbortController()
    const reads = Array.from({ length: 20 }, () => readEvents(store, table, 3, givingUp.signal))
    const ended = Promise.allSettled(reads)
    const busy = async (): Promise<unknown> => {
      const [row] = await postgres().query(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'feast-ts' AND state = 'active'",
      )
      return row?.n
    }
    while ((await busy()) !== 3) await sleep(10)
    await sleep(100)
    expect(await busy()).toBe(3)
    givingUp.abort()
    expect((await ended).map(({ status }) => status)).toEqual(new Array(20).fill('rejected'))
    while ((await busy()) !== 0) await sleep(10)
    await postgres().query(`SELECT pg_terminate_backend(pid) FROM (${locks}) AS blocking`)
    await blocker.catch(() => undefined)
    expect(await readEvents(store, table, 3)).toEqual([null, null, null])
    await store.close()
  })
})
