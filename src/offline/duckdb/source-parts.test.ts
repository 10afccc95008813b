import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Vector } from 'apache-arrow'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Instant } from '../../base/instant.ts'
import { fileSourceAt, type OfflineFixture, offlineFixture } from '../../testing/offline-fixture.ts'
import { columnReader } from '../../types/arrow.ts'
import { openDuckdbOfflineStore } from './duckdb-offline-store.ts'

/** More keys than are read at once. */
const keys = 600_000
const start = Instant.fromEpochSeconds(1_700_000_000)

let fixture: OfflineFixture
beforeEach(async () => {
  fixture = await offlineFixture(openDuckdbOfflineStore)
})
afterEach(() => fixture[Symbol.asyncDispose]())

/** Writes rows with the columns `tenant`, `id`, `trips` and `ts`. */
async function writeRows(name: string, select: string): Promise<string> {
  const path = join(fixture.folder, name)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return path
}

const pull = {
  source: fileSourceAt('trips.parquet'),
  keyColumns: ['tenant', 'id'],
  featureColumns: ['trips'],
  timestampColumn: 'ts',
  createdColumn: null,
  start,
  end: null,
}

/** How many rows have which trips, of how many ids; `between` runs after the first batch. */
async function latestTrips(between?: () => Promise<void>) {
  const ids = new Set<unknown>()
  const trips = new Map<unknown, number>()
  let batches = 0
  for await (const batch of fixture.store.pullLatest(pull, { order: 'entityKey' })) {
    const [readId, readTrips] = ['id', 'trips'].map((name) => columnReader(batch.getChild(name) as Vector))
    for (let row = 0; row < batch.numRows; row++) {
      ids.add(readId?.(row))
      trips.set(readTrips?.(row), (trips.get(readTrips?.(row)) ?? 0) + 1)
    }
    if (batches++ === 0) await between?.()
  }
  return { ids: ids.size, trips }
}

/** Rows of all keys in turn, so many for each; what comes later in the file is later. */
const rows = (times: number, trips: string): string =>
  `SELECT n % 2 AS tenant, n % ${keys} AS id, (${trips})::BIGINT AS trips,
    make_timestamptz(1700000000000000 + (n // ${keys}) * 1000000) AS ts FROM range(${keys * times}) AS r(n)`

it('every key of a source that is read in parts comes once, with its latest row', async () => {
  await writeRows('trips.parquet', rows(2, `n // ${keys}`))
  expect(await latestTrips()).toEqual({ ids: keys, trips: new Map([[1n, keys]]) })
})

it('parts that are read after the file was replaced by a longer one hold its latest rows', async () => {
  await writeRows('trips.parquet', rows(1, '0'))
  // So many rows that their numbers have more digits than before.
  const longer = await writeRows('longer.parquet', rows(4, `n // ${keys}`))
  const { ids, trips } = await latestTrips(() => rename(longer, join(fixture.folder, 'trips.parquet')))
  expect(ids).toBe(keys)
  expect(new Set(trips.keys())).toEqual(new Set([0n, 3n]))
})
