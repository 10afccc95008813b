import assert from 'node:assert/strict'
import type { Row } from './bench.ts'
import type { Rules } from './harness.ts'

export const batches: Rules = {
  'of several rows of a key in one batch the newest stays': async (bench) => {
    const summary = await bench.write(
      ['x', 1, 9, { a: 'old' }],
      ['x', 3, 1, { a: 'tie' }],
      ['y', 5, null, { a: 'y' }],
      ['x', 3, 2, { a: 'newest' }],
      ['x', 3, null, { a: 'uncreated' }],
      ['x', 2, 9, { a: 'older' }],
    )
    assert.deepEqual(summary, { written: 2, stale: 0 })
    assert.deepEqual(await bench.read(['x', 'y'], ['a']), [
      [3, { a: 'newest' }],
      [5, { a: 'y' }],
    ])
  },
  'within a batch events are told apart by the microsecond': async (bench) => {
    await bench.write(['x', 0.000002, null, { a: 'later' }], ['x', 0.000001, null, { a: 'earlier' }])
    const [found] = await bench.read(['x'], ['a'])
    assert.deepEqual(found?.[1], { a: 'later' })
  },
  'a batch of thousands of keys in any order arrives whole': async (bench) => {
    const count = bench.harness.batchRows ?? 5000
    const names = Array.from({ length: count }, (_, index) => `k${(index * 7919) % count}`)
    const rows = names.map((name): Row => [name, 1, null, { a: name, b: null }])
    assert.deepEqual(await bench.write(...rows), { written: count, stale: 0 })
    const asked = Array.from({ length: 250 }, (_, index) => `k${index * 4}`)
    assert.deepEqual(await bench.read([...asked, `k${count - 1}`, `k${count}`], ['a']), [
      ...asked.map((name) => [1, { a: name }]),
      [1, { a: `k${count - 1}` }],
      null,
    ])
  },
  'views may have hundreds of features': async (bench) => {
    const features = Array.from({ length: 300 }, (_, index) => `feature_${index}`)
    const table = bench.tableNamed(`${bench.table.view}_wide`, features)
    await bench.make(table)
    const valuesOf = (row: number): Readonly<Record<string, string | null>> =>
      Object.fromEntries(features.map((name, index) => [name, index % 7 === 0 ? null : `${row}.${index}`]))
    const rows = Array.from({ length: 20 }, (_, row): Row => [`k${row}`, row, null, valuesOf(row)])
    assert.deepEqual(await bench.store.write(bench.batch(rows, table)), { written: 20, stale: 0 })
    assert.deepEqual(
      await bench.read(['k3', 'k19'], features, table),
      [3, 19].map((row) => [row, valuesOf(row)]),
    )
  },
  'an empty batch writes nothing': async (bench) => {
    assert.deepEqual(await bench.write(), { written: 0, stale: 0 })
  },
  'a cancelled write stores nothing': async (bench) => {
    const signal = AbortSignal.abort()
    await assert.rejects(bench.store.write(bench.batch([['x', 1, null, { a: '1' }]]), signal))
    assert.deepEqual(await bench.read(['x']), [null])
  },
}
