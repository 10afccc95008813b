import { expect, it } from 'vitest'
import { openMemoryOnlineStore } from '../online/memory/memory-online-store.ts'
import { CellBlock } from '../plugin/online-cells.ts'
import type { OnlineStore, OnlineWrite } from '../plugin/online-store.ts'
import { describeOnlineStore, type OnlineStoreHarness } from './online-store-conformance.ts'

type Change = (store: OnlineStore) => Partial<OnlineStore>

/** The reference store with some of its methods replaced. */
function changed(change: Change): OnlineStoreHarness['open'] {
  const tables: NonNullable<Parameters<typeof openMemoryOnlineStore>[0]> = new Map()
  return async () => {
    const store = openMemoryOnlineStore(tables)
    const methods = change(store)
    return new Proxy(store, {
      get: (target, name) => {
        if (Object.hasOwn(methods, name)) return Reflect.get(methods, name)
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}

/** The sentences of the rules that a store breaks, with what is said of each. */
async function brokenRules(
  change: Change,
  more: Partial<OnlineStoreHarness> = {},
): Promise<ReadonlyMap<string, string>> {
  const rules: [string, () => Promise<void>][] = []
  const framework = {
    describe: (_: string, body: () => void) => body(),
    it: (sentence: string, body: () => Promise<void>) => rules.push([sentence, body]),
  }
  describeOnlineStore(framework, { name: 'changed', open: changed(change), ...more })
  const broken = new Map<string, string>()
  for (const [sentence, body] of rules) {
    await body().catch((error: unknown) => broken.set(sentence, String(error)))
  }
  return broken
}

const declares =
  (capability: string, value: unknown): Change =>
  (store) => ({ capabilities: { ...store.capabilities, [capability]: value } })

it('the reference store breaks no rule', async () => {
  expect([...(await brokenRules(() => ({}))).entries()]).toEqual([])
})

it.each([
  ['createdTimestamps', 'of equal events the later created one stays'],
  ['versionedViews', 'a version of a view has values of its own'],
  ['transactionalBatches', 'the rows of a batch become visible at once'],
])('a store that says that it has no %s, and has them, is caught', async (capability, sentence) => {
  const broken = await brokenRules(declares(capability, false))
  expect(broken.get(sentence)).toContain(`declared not implemented, but works: capabilities.${capability} is false`)
})

it.each([
  ['keyTtl', true, 'rows are gone when their time is over'],
  ['eventPrecisionMicros', 1_000_000n, 'event times come back as exact as the store says'],
])('a store that promises more than it does is caught: %s', async (capability, value, sentence) => {
  expect([...(await brokenRules(declares(capability, value))).keys()]).toEqual([sentence])
})

const rowsOf = (batch: OnlineWrite, rows: readonly number[]): OnlineWrite => ({
  ...batch,
  entityKeys: rows.map((row) => batch.entityKeys[row] ?? new Uint8Array(0)),
  values: batch.values.map((column) => rows.map((row) => column[row] ?? new Uint8Array(0))),
  eventMicros: rows.map((row) => batch.eventMicros[row] ?? 0n),
  createdMicros: rows.map((row) => batch.createdMicros[row] ?? null),
})

const faults: Readonly<Record<string, readonly [change: Change, sentence: string]>> = {
  'lets an older event replace a newer one': [
    (store) => ({ write: (batch, signal) => store.write({ ...batch, feastOrder: true }, signal) }),
    'an earlier event never replaces a later one, whenever it was created',
  ],
  'writes the features of a row one after the other': [
    (store) => ({
      write: async (batch, signal) => {
        const { features } = batch.table
        if (features.length !== 2) return store.write(batch, signal)
        const half = (index: number): OnlineWrite => ({
          ...batch,
          table: { ...batch.table, features: features.slice(index, index + 1) },
          values: batch.values.slice(index, index + 1),
        })
        await store.write(half(0), signal)
        await new Promise(setImmediate)
        return store.write(half(1), signal)
      },
    }),
    'eight writers at once, in any order, leave the newest event of every key and never a mixed row',
  ],
  'makes a batch visible row by row': [
    (store) => ({
      write: async (batch, signal) => {
        if (batch.entityKeys.length < 500) return store.write(batch, signal)
        let [written, stale] = [0, 0]
        for (let row = 0; row < batch.entityKeys.length; row += 100) {
          const rows = Array.from({ length: 100 }, (_, index) => row + index)
          const part = await store.write(rowsOf(batch, rows), signal)
          ;[written, stale] = [written + part.written, stale + part.stale]
          await new Promise(setImmediate)
        }
        return { written, stale }
      },
    }),
    'the rows of a batch become visible at once',
  ],
  'takes a project for the end of another': [
    (store) => ({
      teardown: async (tables) => {
        await store.teardown(tables)
        const suffixed = tables.filter((table) => table.project === 'shop')
        await store.teardown(suffixed.map((table) => ({ ...table, project: 'my_shop' })))
      },
    }),
    'tearing down a project leaves those whose names end or begin as its name does',
  ],
  'forgets nulls': [
    (store) => ({
      read: async (reads, signal) =>
        (await store.read(reads, signal)).map((cells) => {
          const block = new CellBlock(cells.rowCount, cells.featureCount)
          for (let row = 0; row < cells.rowCount; row++) {
            block.setEvent(row, cells.eventSeconds[row] ?? Number.NaN, cells.eventMicros[row] ?? 0)
            for (let feature = 0; feature < cells.featureCount; feature++) {
              const cell = row * cells.featureCount + feature
              const [start = -1, end = -1] = [cells.starts[cell], cells.ends[cell]]
              if (end > start) block.set(row, feature, cells.bytes.subarray(start, end))
            }
          }
          return block
        }),
    }),
    'a stored null is told from a value that was never stored',
  ],
  'answers after its end': [
    (store) => ({ close: async () => void (await store.ping()) }),
    'a closed store refuses, and may be closed again',
  ],
  'does not hear that a write is given up': [
    (store) => ({ write: (batch) => store.write(batch) }),
    'a cancelled write stores nothing',
  ],
}

it.each(Object.entries(faults))('a store that %s is caught', async (_, [change, sentence]) => {
  expect([...(await brokenRules(change)).keys()]).toContain(sentence)
})

it('a store that takes names, values or times that it says it refuses is caught', async () => {
  const limits = { viewNames: 'plain', largestValueBytes: 1000, eventRange: { from: 0n, to: 2n ** 51n } } as const
  expect([...(await brokenRules(() => ({}), limits)).keys()]).toEqual([
    'large values come back whole, and one that does not fit is refused with its batch',
    'events before 1970 and in far years are stored, or refused when they do not fit',
    'names of views may hold quotes, blanks, dashes and letters of any script, or are refused',
  ])
})
