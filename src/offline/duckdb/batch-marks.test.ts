import { afterAll, beforeAll, expect, test } from 'vitest'
import { Instant } from '../../base/instant.ts'
import { type OfflineFixture, offlineFixture, rowsOf } from '../../testing/offline-fixture.ts'
import { tableFromRows } from '../../types/arrow.ts'
import { isMarked, marked } from './batch-marks.ts'
import { openDuckdbOfflineStore } from './duckdb-offline-store.ts'

const at = Instant.fromEpochMicros(0n)

let fixture: OfflineFixture

beforeAll(async () => {
  fixture = await offlineFixture(openDuckdbOfflineStore)
})

afterAll(() => fixture[Symbol.asyncDispose]())

test('a batch is added to a file once, whatever is added in between, and a later one is added', async () => {
  const source = await fixture.source('rows.parquet', [{ n: 0n, at }])
  const add = async (n: bigint, once?: { readonly sender: string; readonly sequence: number }): Promise<void> =>
    fixture.store.append(source, await tableFromRows([{ n, at }]), { reorder: true, once })
  await add(1n, { sender: 'a', sequence: 1 })
  await add(2n, { sender: 'b', sequence: 1 })
  await add(3n)
  await add(1n, { sender: 'a', sequence: 1 })
  await add(2n, { sender: 'b', sequence: 1 })
  await add(4n, { sender: 'a', sequence: 7 })
  await add(4n, { sender: 'a', sequence: 7 })
  const request = {
    source,
    keyColumns: [],
    featureColumns: ['n'],
    timestampColumn: 'at',
    createdColumn: null,
    start: null,
    end: null,
  }
  const rows = await rowsOf(fixture.store.pullAll(request))
  expect(rows.map(({ n }) => n)).toEqual([4n, 3n, 2n, 1n, 0n])
})

test('a file remembers the last batch of each of the latest hundred senders', () => {
  const marks = Array.from({ length: 150 }, (_, n) => ({ sender: `s${n}`, sequence: 5 })).reduce(
    marked,
    [] as ReturnType<typeof marked>,
  )
  expect(marks).toHaveLength(100)
  expect(isMarked(marks, { sender: 's149', sequence: 5 })).toBe(true)
  expect(isMarked(marks, { sender: 's149', sequence: 6 })).toBe(false)
  expect(isMarked(marks, { sender: 's49', sequence: 5 })).toBe(false)
  const again = marked(marks, { sender: 's50', sequence: 6 })
  expect([again.length, again.at(-1)]).toEqual([100, { sender: 's50', sequence: 6 }])
})
