import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { OnlineStore, OnlineWriteSummary } from '../../plugin/online-store.ts'
import type { Bench, Row } from './bench.ts'
import type { Rules } from './harness.ts'

export const robustness: Rules = {
  'eight writers at once, in any order, leave the newest event of every key and never a mixed row': async (bench) => {
    const writers = await Promise.all(Array.from({ length: 8 }, () => bench.harness.open()))
    const reader = await bench.harness.open()
    try {
      const keys = Array.from({ length: 12 }, (_, index) => `k${index}`)
      const events = shuffled(Array.from({ length: 96 }, (_, index) => index + 1))
      const writing = Promise.all(
        writers.map((writer, index) =>
          writeAll(
            bench,
            writer,
            keys,
            events.filter((event) => event % 8 === index),
          ),
        ),
      )
      await watchRows(bench, reader, keys, writing)
      const summaries = await writing
      for (const summary of summaries.flat()) assert.equal(summary.written + summary.stale, keys.length)
      assert.deepEqual(
        await bench.read(keys),
        keys.map(() => [96, { a: '96', b: '96' }]),
      )
      // Nothing is left to be written, and every row is counted.
      const again = await Promise.all(writers.map((writer) => writeAll(bench, writer, keys, [1])))
      assert.deepEqual(
        again.flat(),
        writers.map(() => ({ written: 0, stale: keys.length })),
      )
    } finally {
      await Promise.all([...writers, reader].map((store) => store.close()))
    }
  },
  'what was written stays when the connection is closed': async (bench) => {
    const writer = await bench.harness.open()
    await writer.write(bench.batch([['x', 1, null, { a: 'stays' }]]))
    await writer.close()
    assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'stays' }]])
  },
  'a store that can be reached answers a ping': async (bench) => {
    await bench.store.ping()
    await bench.store.ping(AbortSignal.timeout(30_000))
  },
  'a closed store refuses, and may be closed again': async (bench) => {
    const store = await bench.harness.open()
    await store.read([bench.request(['x'])])
    await store.close()
    await store.close()
    await assert.rejects(store.read([bench.request(['x'])]))
    await assert.rejects(store.write(bench.batch([['x', 1, null, { a: 'late' }]])))
    await assert.rejects(store.ping())
    assert.deepEqual(await bench.read(['x']), [null])
  },
  'a store that was never used can be closed': async (bench) => {
    const store = await bench.harness.open()
    await store.close()
  },
}

async function writeAll(
  bench: Bench,
  writer: OnlineStore,
  keys: readonly string[],
  events: readonly number[],
): Promise<readonly OnlineWriteSummary[]> {
  const summaries: OnlineWriteSummary[] = []
  for (const event of events) {
    const rows = shuffled(keys).map((key): Row => [key, event, null, { a: `${event}`, b: `${event}` }])
    summaries.push(await writer.write(bench.batch(rows)))
  }
  return summaries
}

/** Reads until the writers are done: values of a row are those of its event, and no row grows older. */
async function watchRows(
  bench: Bench,
  reader: OnlineStore,
  keys: readonly string[],
  writing: Promise<unknown>,
): Promise<void> {
  let isDone = false
  const done = writing.finally(() => {
    isDone = true
  })
  // Whoever finds a fault first: the writers end in any case, before their stores are closed.
  const [watched] = await Promise.allSettled([watch(), done])
  if (watched.status === 'rejected') throw watched.reason

  async function watch(): Promise<void> {
    const latest = new Map<string, number>()
    while (!isDone) {
      const found = await bench.read(keys, ['a', 'b'], undefined, reader)
      for (const [index, row] of found.entries()) {
        if (row === null) continue
        const [event, { a, b }] = row
        assert.deepEqual([a, b], [`${event}`, `${event}`], `values of the event ${event}`)
        const key = keys[index] ?? ''
        assert.ok(event >= (latest.get(key) ?? 0), `${key} went back from event ${latest.get(key)} to ${event}`)
        latest.set(key, event)
      }
      // A store without I/O would leave the writers no turn.
      await setImmediate()
    }
  }
}

/** In an order that is the same in every run. */
function shuffled<T>(list: readonly T[]): readonly T[] {
  const random = (index: number): number => Math.imul(index + 1, 2_654_435_761) >>> 0
  return list
    .map((item, index) => [random(index), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
}
