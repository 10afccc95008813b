import assert from 'node:assert/strict'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { eventMicrosOf } from '../../plugin/online-cells.ts'
import type { OnlineStore } from '../../plugin/online-store.ts'
import { type Bench, noon, type Row, shown } from './bench.ts'
import type { Rules } from './harness.ts'

/** How often a batch is looked at while it is written: seldom where it shows nothing, until it does where it may. */
const glimpses = { transactional: 4, other: 60 } as const

/** What a store can do beyond the rules of all. Where it says that it cannot, the rule must be seen to fail. */
export const capabilities: Rules = {
  'of equal events the later created one stays': {
    needs: 'createdTimestamps',
    check: async (bench) => {
      await bench.write(['x', 1, 5, { a: 'first' }])
      assert.deepEqual(await bench.write(['x', 1, 4, { a: 'earlier' }]), { written: 0, stale: 1 })
      assert.deepEqual(await bench.write(['x', 1, 6, { a: 'later' }]), { written: 1, stale: 0 })
      assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'later' }]])
    },
  },
  'a row without a creation time counts as created before any that has one': {
    needs: 'createdTimestamps',
    check: async (bench) => {
      await bench.write(['x', 1, null, { a: 'without' }])
      assert.deepEqual(await bench.write(['x', 1, 3, { a: 'with' }]), { written: 1, stale: 0 })
      assert.deepEqual(await bench.write(['x', 1, null, { a: 'again' }]), { written: 0, stale: 1 })
      assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'with' }]])
    },
  },
  'a version of a view has values of its own': {
    needs: 'versionedViews',
    check: async (bench) => {
      const second = { ...bench.table, version: 2 }
      await bench.make(second)
      await bench.write(['x', 1, null, { a: 'unversioned' }])
      await bench.store.write(bench.batch([['x', 2, null, { a: 'second' }]], second))
      await bench.store.write(bench.batch([['y', 2, null, { a: 'second' }]], second))
      assert.deepEqual(await bench.read(['x', 'y'], ['a']), [[1, { a: 'unversioned' }], null])
      assert.deepEqual(await bench.read(['x'], ['a'], second), [[2, { a: 'second' }]])
      await bench.store.teardown([second])
      assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'unversioned' }]])
    },
  },
  'rows are gone when their time is over': {
    needs: 'keyTtl',
    check: async (bench) => {
      assert.ok(bench.harness.openWithKeyTtl !== undefined, 'the harness can open the store with a lifetime of rows')
      const store = await bench.harness.openWithKeyTtl(1)
      try {
        await store.write(bench.batch([['x', 1, null, { a: 'short' }]]))
        assert.deepEqual(await bench.read(['x'], ['a'], undefined, store), [[1, { a: 'short' }]])
        const end = performance.now() + 4000
        while (performance.now() < end && (await isThere(bench))) await sleep(50)
        assert.deepEqual(await bench.read(['x'], ['a'], undefined, store), [null])
      } finally {
        await store.close()
      }
    },
  },
  'the rows of a batch become visible at once': {
    needs: 'transactionalBatches',
    check: async (bench) => {
      const rounds = bench.store.capabilities.transactionalBatches ? glimpses.transactional : glimpses.other
      const reader = await bench.harness.open()
      const count = Math.min(800, (bench.harness.batchRows ?? 5000) / 4)
      try {
        for (let round = 1; round <= rounds; round++) {
          const rows = Array.from({ length: count }, (_, row): Row => [`k${row}`, round, null, { a: `${round}` }])
          await watchBatch(
            bench,
            reader,
            [0, 1, count / 2, count - 1].map((row) => `k${row}`),
            bench.write(...rows),
          )
        }
      } finally {
        await reader.close()
      }
    },
  },
}

/** Reads keys of a batch until it is written; at any time they are of one state. */
async function watchBatch(
  bench: Bench,
  reader: OnlineStore,
  keys: readonly string[],
  write: Promise<unknown>,
): Promise<void> {
  let isWritten = false
  const done = write.finally(() => {
    isWritten = true
  })
  let mixed: ReadonlySet<unknown> | undefined
  while (!isWritten && mixed === undefined) {
    const found = await bench.read(keys, ['a'], undefined, reader)
    const seen = new Set(found.map((each) => each?.[1].a))
    if (seen.size > 1) mixed = seen
    // A store without I/O would leave the writer no turn.
    await setImmediate()
  }
  await done
  assert.equal(mixed, undefined, `one state of the batch, not ${[...(mixed ?? [])].join(' and ')}`)
}

async function isThere(bench: Bench): Promise<boolean> {
  const [found] = await bench.read(['x'], ['a'])
  return found !== null
}

/** What is kept of event times is a number, not a yes or no: no more and no less than declared. */
export const precision: Rules = {
  'event times come back as exact as the store says': async (bench) => {
    const kept = bench.store.capabilities.eventPrecisionMicros
    assert.equal(kept, bench.harness.eventPrecisionMicros ?? kept)
    const events = [123_456n, 999_999n, 500_000n, 1n, 0n].map((micros) => noon + micros)
    for (const [index, eventMicros] of events.entries()) {
      const row: Row = [`k${index}`, 0, null, { a: `${index}` }]
      await bench.store.write({ ...bench.batch([row]), eventMicros: [eventMicros] })
    }
    const cells = await bench.cells(bench.request(events.map((_, index) => `k${index}`)))
    assert.deepEqual(
      events.map((_, row) => eventMicrosOf(cells, row)),
      events.map((event) => event - (event % kept)),
    )
    assert.deepEqual(shown(cells.bytes.subarray(cells.starts[0], cells.ends[0])), '0')
  },
}
