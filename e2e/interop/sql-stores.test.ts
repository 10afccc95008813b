import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeService } from '../../test/services/describe-service.ts'
import { mariadbServer } from '../../test/services/mariadb.ts'
import { postgresServer } from '../../test/services/postgres.ts'
import type { SqlService } from '../../test/services/service.ts'
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

const views = ['driver_stats', 'driver_profile']

interface Side {
  readonly service: () => SqlService
  /** The block `online_store` of one of the two sides, each with tables of its own. */
  readonly block: (side: string) => Readonly<Record<string, unknown>>
  /** Every byte of one side's table. */
  readonly dump: (side: string, view: string) => string
}

const makeRepository = repositoriesOnServers()

const byUs = (repo: string): Promise<unknown> => inStore(repo, (store) => onlineByUs(store, driverFeatures, drivers))

function describeSides({ service, block, dump }: Side): void {
  const folder = mkdtempSync(join(tmpdir(), 'interop-sql-'))
  let [ours, theirs] = ['', '']
  beforeAll(async () => {
    ours = await makeRepository(join(folder, 'ours'), block('ours'))
    await inStore(ours, async (store) => {
      await store.apply()
      await store.materialize({ ...window, views })
    })
    theirs = await makeRepository(join(folder, 'theirs'), block('theirs'))
    await writeByFeast(theirs)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('real Feast reads what we wrote', async () => {
    const expected = await byUs(ours)
    expect(await onlineByFeast(ours)).toEqual(expected)
  })

  test('we read what real Feast wrote', async () => {
    const expected = await onlineByFeast(theirs)
    expect(await byUs(theirs)).toEqual(expected)
    expect(JSON.stringify(expected)).toContain('naïve')
  })

  // Feast's way of materializing, not its store, rounds nullable 64-bit integers to 53 bits; `trips` has more.
  test.each(views)('both write %s byte for byte the same', async (view) => {
    const rowsOf = async (side: string): Promise<readonly unknown[]> =>
      (await service().query(dump(side, view))).filter((row) => row.feature_name !== 'trips')
    const [own, other] = [await rowsOf('ours'), await rowsOf('theirs')]
    expect(own.length).toBeGreaterThan(900)
    expect(own).toEqual(other)
  })
}

describeService('postgres', postgresServer, (postgres) =>
  describeSides({
    service: postgres,
    block: (side) => ({ ...postgres().onlineStore, db_schema: side }),
    dump: (side, view) =>
      `SELECT encode(entity_key, 'hex') AS k, feature_name, encode(value, 'hex') AS v, value_text, vector_value,
        event_ts::text, created_ts::text FROM ${side}.interop_${view} ORDER BY 1, 2`,
  }),
)

describeService(
  'mariadb',
  async () => {
    const service = await mariadbServer()
    for (const side of ['ours', 'theirs']) await service.query(`CREATE DATABASE ${side}`)
    return service
  },
  (mariadb) =>
    describeSides({
      service: mariadb,
      block: (side) => ({ ...mariadb().onlineStore, database: side }),
      dump: (side, view) => `SELECT entity_key, feature_name, hex(value) AS v, event_ts, created_ts
        FROM ${side}.interop_${view} ORDER BY 1, 2`,
    }),
)
