import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { frozenClock } from '../../src/base/clock.ts'
import { openStore } from '../../src/index.ts'
import { startHttpServer } from '../../src/serve/http/http-server.ts'
import { at, configuration, definitions, makeData, noon, row } from '../rides.ts'
import { describeService } from '../services/describe-service.ts'
import { mariadbServer } from '../services/mariadb.ts'
import { postgresServer } from '../services/postgres.ts'
import type { SqlService } from '../services/service.ts'
import { writeParquet } from '../write-parquet.ts'
import { RidesStore } from './rides-store.ts'

/** How long to wait for what happens within a second unless the machine has much else to do. */
const patience = { timeout: 20_000 }

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

function describeServing(service: () => SqlService, refuseKey: string): void {
  test('what is pushed into the store is served from it, through an outage too', async () => {
    await using rides = await RidesStore.open({ online_store: service().onlineStore })
    const server = await startHttpServer({ store: rides.store })
    const ask = async (path: string, body?: unknown): Promise<Answer> => {
      const answer = await fetch(`http://${server.address}:${server.port}${path}`, {
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      })
      return { status: answer.status, body: (await answer.json()) as Answer['body'] }
    }
    const wanted = { features: ['stats:rate', 'more:level'], entities: { driver_id: [1, 2, 3] } }
    const read = (): Promise<Answer> => ask('/get-online-features', wanted)
    const answers: Answer[] = []
    let isOver = false
    const load = Promise.all(
      Array.from({ length: 3 }, async () => {
        while (!isOver) answers.push(await read())
      }),
    )
    await expect.poll(() => answers.length, patience).toBeGreaterThan(10)
    await service().kill()
    await expect.poll(() => answers.at(-1)?.status, patience).toBe(503)
    expect(await ask('/ready')).toMatchObject({ status: 503, body: { ready: false } })
    expect(await read()).toMatchObject({ status: 503, body: { code: 'FTS5014' } })
    await service().restart()
    await expect.poll(() => answers.at(-1)?.status, patience).toBe(200)
    isOver = true
    await load
    expect(await ask('/ready')).toMatchObject({ status: 200, body: { ready: true } })
    answers.push(await read())
    const good = answers.filter(({ status }) => status === 200)
    const bad = answers.filter(({ status }) => status !== 200)
    expect(good.length).toBeGreaterThan(10)
    expect(bad.length).toBeGreaterThan(0)
    for (const { body } of good) {
      const results = body.results as readonly { readonly values: unknown; readonly statuses: unknown }[]
      expect(results.map(({ values }) => values)).toEqual([
        [1, 2, 3],
        [0.5, null, null],
        ['gold', null, null],
      ])
      expect(results[1]?.statuses).toEqual(['PRESENT', 'OUTSIDE_MAX_AGE', 'NOT_FOUND'])
    }
    for (const { status, body } of bad) expect([status, body.code]).toEqual([503, 'FTS5014'])
    await server.close()
  })

  test('a load that fails in its middle records no interval, and the next run repairs it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sql-load-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await makeData(folder)
    const drivers = Array.from({ length: 500 }, (_, id) =>
      row(BigInt(id), '2024-03-01T11:00:00Z', id / 1000, BigInt(id)),
    )
    await writeParquet(join(folder, 'data/stats.parquet'), drivers)
    const block = { ...configuration, project: 'loads', online_store: service().onlineStore }
    const materialization = { online_write_batch_size: 100 }
    await using store = await openStore(
      { ...block, materialization },
      { definitions, repoPath: folder, clock: frozenClock(noon) },
    )
    await store.apply()
    const load = (): Promise<unknown> =>
      store.materialize({ start: at('2024-02-01T00:00:00Z'), end: noon, views: ['driver_stats'] })
    const intervals = async (): Promise<unknown> =>
      (await store.refreshRegistry()).featureViews.find(({ name }) => name === 'driver_stats')?.intervals.length
    await service().query(`ALTER TABLE loads_driver_stats ADD CONSTRAINT refused CHECK (entity_key <> ${refuseKey})`)
    await expect(load()).rejects.toMatchObject({ code: 'FTS5018' })
    expect(await intervals()).toBe(0)
    await service().query('ALTER TABLE loads_driver_stats DROP CONSTRAINT refused')
    await load()
    expect(await intervals()).toBe(1)
    const entities = drivers.map(({ driver_id }) => ({ driver_id }))
    const response = await store.getOnlineFeatures({ features: ['driver_stats:trips'], entities })
    expect(response.column('trips')).toEqual(drivers.map(({ trips }) => trips))
  })
}

/** The serialised entity key of driver 321. */
const refused = '0100000002000000090000006472697665725f696404000000080000004101000000000000'

describeService('postgres', postgresServer, (postgres) => describeServing(postgres, `'\\x${refused}'`))
describeService('mariadb', mariadbServer, (mariadb) => describeServing(mariadb, `'${refused}'`))
