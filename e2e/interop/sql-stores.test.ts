import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FeatureStore, openStore } from 'feast-ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { describeService } from '../../test/services/describe-service.ts'
import { mariadbServer } from '../../test/services/mariadb.ts'
import { postgresServer } from '../../test/services/postgres.ts'
import { feastSide } from './feast-side.ts'
import { onlineByUs } from './our-side.ts'

const references = [
  'driver_stats:conv_rate',
  'driver_stats:acc_rate',
  'driver_stats:trips',
  'driver_profile:level',
  'driver_profile:name',
  'driver_profile:active',
  'driver_profile:since',
  'driver_profile:photo',
  'driver_profile:last_scores',
]
const window = { start: '2023-11-14T00:00:00+00:00', end: '2023-11-30T00:00:00+00:00' }
const entityRows = Array.from({ length: 520 }, (_, index) => ({ driver_id: 990 + index }))
const views = ['driver_stats', 'driver_profile']

type Block = Readonly<Record<string, unknown>>

interface SqlService extends AsyncDisposable {
  readonly onlineStore: Block
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>
}

interface Side {
  readonly service: () => SqlService
  /** The block `online_store` of one of the two sides, each with tables of its own. */
  readonly block: (side: string) => Block
  /** Every byte of one side's table. */
  readonly dump: (side: string, view: string) => string
}

/** What both sides and both stores start from; making it once saves half a minute. */
const original = mkdtempSync(join(tmpdir(), 'interop-original-'))
let made: Promise<unknown> | undefined
afterAll(() => rmSync(original, { recursive: true, force: true }))

/** A repository with the data and definitions of both sides, over a store on a server. */
async function makeRepository(folder: string, block: Block): Promise<string> {
  const repo = join(folder, 'repository')
  made ??= feastSide('make', original)
  await made
  cpSync(original, repo, { recursive: true })
  // Its other views have tens of thousands of keys, which Feast writes to MySQL one by one.
  const python = join(repo, 'definitions.py')
  writeFileSync(python, readFileSync(python, 'utf8').replaceAll('name="driver_city_weather", ', '$&online=False, '))
  copyFileSync(fileURLToPath(new URL('./definitions.ts', import.meta.url)), join(repo, 'definitions.ts'))
  const yaml = join(repo, 'feature_store.yaml')
  const head = readFileSync(yaml, 'utf8').replace(/online_store:\n( {2}.*\n)+/, '')
  writeFileSync(yaml, head + stringify({ online_store: block }))
  return repo
}

async function inStore<Result>(repo: string, use: (store: FeatureStore) => Promise<Result>): Promise<Result> {
  await using store = await openStore(repo)
  return await use(store)
}

async function onlineByFeast(repo: string): Promise<unknown> {
  const request = join(repo, 'request.json')
  writeFileSync(request, JSON.stringify({ features: references, entity_rows: entityRows }))
  return feastSide('online', repo, request)
}

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
    await feastSide('apply', theirs)
    await feastSide('materialize', theirs, window.start, window.end)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('real Feast reads what we wrote', async () => {
    const expected = await inStore(ours, (store) => onlineByUs(store, references, entityRows))
    expect(await onlineByFeast(ours)).toEqual(expected)
  })

  test('we read what real Feast wrote', async () => {
    const expected = await onlineByFeast(theirs)
    expect(await inStore(theirs, (store) => onlineByUs(store, references, entityRows))).toEqual(expected)
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
