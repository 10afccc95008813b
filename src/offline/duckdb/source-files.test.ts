import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Instant } from '../../base/instant.ts'
import type { PullRequest } from '../../plugin/offline-store.ts'
import { fileSourceAt, inOrder, type OfflineFixture, offlineFixture, rowsOf } from '../../testing/offline-fixture.ts'
import { tableFromRows } from '../../types/arrow.ts'
import { array, bool, float32, formatDataType, int32, int64, string, unixTimestamp } from '../../types/data-type.ts'
import type { FeatureRow } from '../../types/feature-value.ts'
import { openDuckdbOfflineStore } from './duckdb-offline-store.ts'
import { withFileLock } from './file-lock.ts'

const at = (minute: number): Instant => Instant.fromEpochSeconds(1_700_000_000 + minute * 60)

let fixture: OfflineFixture
beforeEach(async () => {
  fixture = await offlineFixture(openDuckdbOfflineStore)
})
afterEach(() => fixture[Symbol.asyncDispose]())

const pull = (changes: Partial<PullRequest> = {}): PullRequest => ({
  source: fileSourceAt('trips.parquet'),
  keyColumns: ['driver'],
  featureColumns: ['trips'],
  timestampColumn: 'event_timestamp',
  createdColumn: 'created',
  start: null,
  end: null,
  ...changes,
})

const row = (driver: bigint | null, event: number | null, created: number | null, trips: bigint): FeatureRow => ({
  driver,
  event_timestamp: event === null ? null : at(event),
  created: created === null ? null : at(created),
  trips,
})

describe('pull', () => {
  beforeEach(async () => {
    await fixture.source('trips.parquet', [
      row(1n, 1, 5, 10n),
      row(2n, 1, 5, 20n),
      row(1n, 2, null, 11n),
      row(null, 2, 2, 99n),
      row(1n, 2, 3, 12n),
      row(2n, 1, 5, 21n),
      row(3n, null, 1, 30n),
      row(1n, 9, 9, 13n),
    ])
  })

  const trips = (rows: readonly FeatureRow[]): unknown[] => rows.map((one) => one.trips)

  it('of the latest rows takes the greatest event, then created, then the last in the file, in the order of the file', async () => {
    const found = await rowsOf(fixture.store.pullLatest(pull({ end: at(2) })))
    expect(trips(found)).toEqual([12n, 21n])
    expect(Object.keys(found[0] ?? {})).toEqual(['driver', 'trips', 'event_timestamp', 'created'])
  })

  it('of the latest rows counts those that a null key keeps out', async () => {
    let skipped = -1
    const rows = await rowsOf(fixture.store.pullLatest(pull(), { onNullKeys: (count) => (skipped = count) }))
    expect([trips(rows), skipped]).toEqual([[21n, 13n], 1])
  })

  it('of the latest rows has a window that includes both ends to the microsecond', async () => {
    const micros = (offset: bigint): Instant => Instant.fromEpochMicros(at(9).epochMicros + offset)
    expect(trips(await rowsOf(fixture.store.pullLatest(pull({ start: at(9), end: at(9) }))))).toEqual([13n])
    expect(trips(await rowsOf(fixture.store.pullLatest(pull({ start: micros(1n) }))))).toEqual([])
    expect(trips(await rowsOf(fixture.store.pullLatest(pull({ start: at(3), end: micros(-1n) }))))).toEqual([])
  })

  it('without keys gives the one latest row of all', async () => {
    const request = pull({ keyColumns: [], end: at(2) })
    expect(trips(await rowsOf(fixture.store.pullLatest(request)))).toEqual([12n])
  })

  it('of all rows keeps the order of the file and bounds it on the sides that are given', async () => {
    expect(trips(await rowsOf(fixture.store.pullAll(pull())))).toEqual([10n, 20n, 11n, 99n, 12n, 21n, 30n, 13n])
    expect(trips(await rowsOf(fixture.store.pullAll(pull({ start: at(2) }))))).toEqual([11n, 99n, 12n, 13n])
  })

  it('knows the oldest event', async () => {
    const { store } = fixture
    expect(await store.oldestEvent(fileSourceAt('trips.parquet'), 'event_timestamp')).toEqual(at(1))
    await fixture.source(
      'empty.parquet',
      [row(1n, null, null, 1n)],
      [
        { name: 'driver', type: int64 },
        { name: 'event_timestamp', type: unixTimestamp },
      ],
    )
    expect(await store.oldestEvent(fileSourceAt('empty.parquet'), 'event_timestamp')).toBeNull()
  })

  it('takes a path with the characters of patterns for the file of that name', async () => {
    const source = await fixture.source('odd [1]*?.parquet', [row(7n, 1, 1, 70n)])
    expect(trips(await rowsOf(fixture.store.pullAll(pull({ source }))))).toEqual([70n])
  })

  it('agrees with a loop over the rows on the latest of each key, over several files that are rewritten at once', async () => {
    const any = fc.record({
      driver: fc.option(fc.bigInt({ min: 1n, max: 4n })),
      event_timestamp: fc.option(fc.integer({ min: 0, max: 4 }).map(at)),
      created: fc.option(fc.integer({ min: 0, max: 2 }).map(at)),
    })
    const check = async (files: FeatureRow[][], end: Instant): Promise<void> => {
      await rm(join(fixture.folder, 'parts'), { recursive: true, force: true })
      const all: FeatureRow[] = []
      for (const [index, rows] of files.entries()) {
        const numbered = rows.map((one, place) => ({ ...one, trips: BigInt(all.length + place) }))
        await fixture.source(`parts/${index}.parquet`, numbered, fields)
        all.push(...numbered)
      }
      const latest = new Map<unknown, FeatureRow>()
      const micros = (time: unknown): bigint => (time instanceof Instant ? time.epochMicros : -1n)
      for (const one of all) {
        if (one.driver === null || one.event_timestamp === null || micros(one.event_timestamp) > end.epochMicros)
          continue
        const best = latest.get(one.driver)
        const newer =
          best === undefined ||
          micros(one.event_timestamp) > micros(best.event_timestamp) ||
          (micros(one.event_timestamp) === micros(best.event_timestamp) && micros(one.created) >= micros(best.created))
        if (newer) latest.set(one.driver, one)
      }
      const found = await rowsOf(fixture.store.pullLatest(pull({ source: fileSourceAt('parts'), end })))
      expect(new Set(trips(found))).toEqual(new Set(trips([...latest.values()])))
      expect(found).toHaveLength(latest.size)
    }
    const fields = ['driver', 'event_timestamp', 'created', 'trips'].map((name) => ({
      name,
      type: name === 'driver' || name === 'trips' ? int64 : unixTimestamp,
    }))
    const files = fc.array(fc.array(any, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 })
    await fc.assert(fc.asyncProperty(files, fc.integer({ min: 0, max: 4 }).map(at), check), { numRuns: 30 })
  })

  it('works on a source whose columns have the names of the engine for the place of a row', async () => {
    const rows = [5n, 3n].map((n) => ({ driver: 1n, file_row_number: n, event_timestamp: at(1) }))
    await fixture.source('named.parquet', rows)
    const request = pull({
      source: fileSourceAt('named.parquet'),
      featureColumns: ['file_row_number'],
      createdColumn: null,
    })
    expect((await rowsOf(fixture.store.pullLatest(request))).map((one) => one.file_row_number)).toEqual([3n])
  })
})

describe('columns of a source', () => {
  it('have the types that Feast infers', async () => {
    const fields = { i: int32, l: int64, f: float32, s: string, b: bool, t: unixTimestamp, a: array(int64) }
    const list = Object.entries(fields).map(([name, type]) => ({ name, type }))
    await fixture.source('typed.parquet', [{ i: 1, l: 1n, f: 1, s: '', b: true, t: at(0), a: [1n] }], list)
    const columns = await fixture.store.columns(fileSourceAt('typed.parquet'))
    expect(
      columns.map(({ name, type, isTimestamp }) => `${name} ${formatDataType(type)}${isTimestamp ? ' time' : ''}`),
    ).toEqual(['i Int32', 'l Int64', 'f Float32', 's String', 'b Bool', 't UnixTimestamp time', 'a Array(Int64)'])
  })

  it('of a missing file are FTS4002', async () => {
    await expect(fixture.store.columns(fileSourceAt('nothing.parquet'))).rejects.toMatchObject({ code: 'FTS4002' })
  })
})

describe('append', () => {
  const source = fileSourceAt('trips.parquet')
  const all = (): Promise<FeatureRow[]> => rowsOf(fixture.store.pullAll(pull()))
  beforeEach(async () => {
    await fixture.source('trips.parquet', [row(1n, 1, 1, 10n)])
  })

  it('puts new rows before the old ones and casts them to the types of the file', async () => {
    const reordered = await tableFromRows([{ trips: 20, created: at(2), event_timestamp: at(2), driver: 2n }])
    await fixture.store.append(source, reordered, { reorder: true })
    expect((await all()).at(-1)).toEqual({ driver: 1n, trips: 10n, event_timestamp: at(1), created: at(1) })
    expect((await all())[0]).toEqual({ driver: 2n, trips: 20n, event_timestamp: at(2), created: at(2) })
  })

  it('refuses other columns, naming those that are missing and those that are too many', async () => {
    const rows = await tableFromRows([{ driver: 1n, event_timestamp: at(1), created: at(1), tripz: 1n }])
    await expect(fixture.store.append(source, rows, { reorder: true })).rejects.toMatchObject({
      code: 'FTS4510',
      notes: ['missing: trips', 'not in the source: tripz'],
    })
  })

  it('refuses another order unless it may reorder', async () => {
    const rows = await tableFromRows([{ trips: 1n, driver: 1n, event_timestamp: at(1), created: at(1) }])
    await expect(fixture.store.append(source, rows, { reorder: false })).rejects.toMatchObject({ code: 'FTS4510' })
  })

  it.each([
    ['a fraction', 1.5],
    ['a text', 'many'],
  ])('refuses %s for a whole number and leaves the file as it was', async (_, trips) => {
    const rows = await tableFromRows([{ driver: 1n, event_timestamp: at(1), created: at(1), trips }])
    await expect(fixture.store.append(source, rows, { reorder: true })).rejects.toMatchObject({ code: 'FTS4013' })
    expect(await all()).toHaveLength(1)
    expect(await readdir(fixture.folder)).toEqual(['trips.parquet'])
  })

  it('loses nothing when several writers append at once', async () => {
    const tables = await Promise.all([2n, 3n, 4n, 5n].map((driver) => tableFromRows([row(driver, 2, 2, driver)])))
    const other = await offlineFixture(openDuckdbOfflineStore)
    const otherSource = { ...source, path: join(fixture.folder, 'trips.parquet') }
    await Promise.all(
      tables.map((table, index) =>
        (index % 2 === 0 ? fixture : other).store.append(index % 2 === 0 ? source : otherSource, table, {
          reorder: true,
        }),
      ),
    )
    await other[Symbol.asyncDispose]()
    expect((await all()).map(({ driver }) => driver).sort()).toEqual([1n, 2n, 3n, 4n, 5n])
  })

  it('adds a file to a folder', async () => {
    await fixture.source('folder/one.parquet', [row(1n, 1, 1, 10n)])
    const folder = fileSourceAt('folder')
    await fixture.store.append(folder, await tableFromRows([row(2n, 2, 2, 20n)]), { reorder: true })
    expect(await readdir(join(fixture.folder, 'folder'))).toHaveLength(2)
    expect(await rowsOf(fixture.store.pullAll(pull({ source: folder })))).toHaveLength(2)
  })

  it('takes over the lock of a process that is gone', async () => {
    const path = join(fixture.folder, 'locked.parquet')
    await writeFile(`${path}.lock`, `4194304@${(await import('node:os')).hostname()}`)
    expect(await withFileLock(path, async () => 'done')).toBe('done')
    await expect(stat(`${path}.lock`)).rejects.toThrow('ENOENT')
  })
})

describe('saved data sets', () => {
  const storage = (path: string) => ({ kind: 'file', path, s3EndpointOverride: '' }) as const
  const save = async (path: string, rows: readonly FeatureRow[], overwrite: boolean): Promise<void> =>
    fixture.store.persist(inOrder((await tableFromRows(rows)).batches), storage(path), { overwrite })
  const read = (path: string): Promise<FeatureRow[]> =>
    rowsOf(
      fixture.store.readPersisted(storage(path), {
        columns: ['trips', 'driver'],
        timestampColumn: 'event_timestamp',
        start: at(1),
        end: at(2),
      }),
    )

  it.each(['set.parquet', 'folder'])('at %s are replaced only when asked, content and all', async (path) => {
    await save(path, [row(1n, 1, 1, 10n), row(1n, 3, 3, 30n)], false)
    await expect(save(path, [row(2n, 2, 2, 20n)], false)).rejects.toMatchObject({ code: 'FTS4014' })
    expect(await read(path)).toEqual([{ trips: 10n, driver: 1n }])
    await save(path, [row(2n, 2, 2, 20n)], true)
    expect(await read(path)).toEqual([{ trips: 20n, driver: 2n }])
    expect(await readdir(fixture.folder)).toEqual([path])
  })

  it.each(['notes.txt', 'deeper/registry.db'])('do not replace a folder that holds %s too', async (other) => {
    await save('folder', [row(1n, 1, 1, 10n)], false)
    const path = join(fixture.folder, 'folder', other)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, 'mine')
    await expect(save('folder', [row(2n, 2, 2, 20n)], true)).rejects.toMatchObject({ code: 'FTS4019' })
    expect(await readFile(path, 'utf8')).toBe('mine')
    expect(await read('folder')).toEqual([{ trips: 10n, driver: 1n }])
  })

  it('stay as they were when the batches that should replace them fail', async () => {
    await save('set.parquet', [row(1n, 1, 1, 10n)], false)
    const failing = async function* () {
      yield* (await tableFromRows([row(2n, 2, 2, 20n)])).batches
      throw new Error('lost the connection')
    }
    const replaced = fixture.store.persist(failing(), storage('set.parquet'), { overwrite: true })
    await expect(replaced).rejects.toThrow('lost the connection')
    expect(await read('set.parquet')).toEqual([{ trips: 10n, driver: 1n }])
  })
})

describe('feature logs', () => {
  const logged = (minute: number, day: string): FeatureRow => ({ driver: 1n, __log_timestamp: at(minute), day })

  it.each([
    ['in one folder', []],
    ['in a folder per value', ['day']],
  ])('are written as one more file %s and read back by time', async (_, partitionBy) => {
    const destination = { kind: 'file', path: 'logs', s3EndpointOverride: '', partitionBy } as const
    await mkdir(join(fixture.folder, 'logs'))
    await fixture.store.writeLogs(await tableFromRows([logged(1, 'mon'), logged(2, 'tue/1')]), destination)
    await fixture.store.writeLogs(await tableFromRows([logged(9, 'mon')]), destination)
    const rows = await rowsOf(fixture.store.readLogs(destination, { start: at(1), end: at(2) }))
    expect(rows.sort((a, b) => String(a.day).localeCompare(String(b.day)))).toEqual([
      logged(1, 'mon'),
      logged(2, 'tue/1'),
    ])
    const folders = (await readdir(join(fixture.folder, 'logs'))).filter((name) => !name.endsWith('.parquet'))
    expect(folders).toEqual(partitionBy.length === 0 ? [] : ['mon', 'tue%2F1'])
  })
})
