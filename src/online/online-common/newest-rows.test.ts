import { expect, it } from 'vitest'
import type { OnlineWrite } from '../../plugin/online-store.ts'
import { lastRows, newestRows } from './newest-rows.ts'

const rows: readonly (readonly [key: number, event: bigint, created: bigint | null])[] = [
  [2, 5n, null],
  [1, 9n, 1n],
  [2, 4n, 7n],
  [1, 9n, null],
  [3, 0n, null],
]
const batch: OnlineWrite = {
  table: { project: 'p', view: 'v', version: null, joinKeys: [], features: [] },
  entityKeys: rows.map(([key]) => new Uint8Array([key])),
  values: [],
  eventMicros: rows.map(([, event]) => event),
  createdMicros: rows.map(([, , created]) => created),
}

it('of each key the newest row stays, ordered by the bytes of the keys', () => {
  expect([...newestRows(batch)]).toEqual([1, 0, 4])
})

it("in the order of Feast's SQL stores the last row of each key stays", () => {
  expect([...lastRows(batch)]).toEqual([3, 2, 4])
})
