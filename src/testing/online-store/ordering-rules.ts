import assert from 'node:assert/strict'
import type { Row } from './bench.ts'
import type { Rules } from './harness.ts'

export const ordering: Rules = {
  'a later event replaces an earlier one': async (bench) => {
    await bench.write(['x', 1, null, { a: 'old', b: 'old' }])
    assert.deepEqual(await bench.write(['x', 2, null, { a: 'new', b: null }]), { written: 1, stale: 0 })
    assert.deepEqual(await bench.read(['x']), [[2, { a: 'new', b: null }]])
  },
  'an earlier event never replaces a later one, whenever it was created': async (bench) => {
    await bench.write(['x', 2, 2, { a: 'new' }])
    assert.deepEqual(await bench.write(['x', 1, 9, { a: 'old' }]), { written: 0, stale: 1 })
    assert.deepEqual(await bench.read(['x'], ['a']), [[2, { a: 'new' }]])
  },
  'of equal events and creations the one written last stays': async (bench) => {
    await bench.write(['x', 1, 5, { a: 'first' }], ['y', 1, null, { a: 'first' }])
    const summary = await bench.write(['x', 1, 5, { a: 'second' }], ['y', 1, null, { a: 'second' }])
    assert.deepEqual(summary, { written: 2, stale: 0 })
    assert.deepEqual(await bench.read(['x', 'y'], ['a']), [
      [1, { a: 'second' }],
      [1, { a: 'second' }],
    ])
  },
  'a key is written whole or not at all, also when the view has a new feature': async (bench) => {
    const wider = bench.tableNamed(bench.table.view, ['a', 'b', 'c'])
    await bench.write(['x', 2, null, { a: 'new', b: 'new' }])
    await bench.make(wider)
    const older: Row = ['x', 1, null, { a: 'old', b: 'old', c: 'old' }]
    const other: Row = ['y', 1, null, { a: 'y', b: 'y', c: 'y' }]
    assert.deepEqual(await bench.store.write(bench.batch([other, older], wider)), { written: 1, stale: 1 })
    assert.deepEqual(await bench.read(['x', 'y'], ['a', 'b', 'c'], wider), [
      [2, { a: 'new', b: 'new', c: undefined }],
      [1, { a: 'y', b: 'y', c: 'y' }],
    ])
  },
  'writing the same rows again changes nothing': async (bench) => {
    const rows: readonly Row[] = [
      ['x', 1, 1, { a: 'xa', b: null }],
      ['y', 2, null, { a: 'ya', b: 'yb' }],
    ]
    await bench.write(...rows)
    const before = await bench.read(['x', 'y'])
    assert.deepEqual(await bench.write(...rows), { written: 2, stale: 0 })
    assert.deepEqual(await bench.read(['x', 'y']), before)
  },
  'a feature that a write does not have keeps its value': async (bench) => {
    await bench.write(['x', 1, null, { a: 'kept', b: 'old' }])
    const narrow = bench.tableNamed(bench.table.view, ['b'])
    await bench.store.write(bench.batch([['x', 2, null, { b: 'new' }]], narrow))
    assert.deepEqual(await bench.read(['x']), [[2, { a: 'kept', b: 'new' }]])
  },
  'events a microsecond apart are in order when both fit, in any order of arrival': async (bench) => {
    const step = Number(bench.store.capabilities.eventPrecisionMicros) / 1e6
    await bench.write(['x', 3, null, { a: 'whole' }], ['y', 3 + step, null, { a: 'later' }])
    await bench.write(['x', 3 + step, null, { a: 'later' }])
    assert.deepEqual(await bench.write(['y', 3, null, { a: 'whole' }]), { written: 0, stale: 1 })
    const found = await bench.read(['x', 'y'], ['a'])
    assert.deepEqual(
      found.map((each) => each?.[1].a),
      ['later', 'later'],
    )
  },
  'in the order of Feast rows replace others as they do there': async (bench) => {
    const write = (...rows: readonly Row[]): Promise<unknown> =>
      bench.store.write({ ...bench.batch(rows), feastOrder: true })
    await bench.write(['x', 5, null, { a: 'newer', b: 'newer' }])
    await write(['x', 3, null, { a: 'older', b: 'older' }])
    await write(['y', 4, null, { a: 'first', b: null }], ['y', 2, null, { a: 'last', b: null }])
    await write(['z', 7, null, { a: 'one', b: null }])
    await write(['z', 7, null, { a: 'two', b: null }])
    const expected = {
      lastWritten: [
        [3, { a: 'older' }],
        [2, { a: 'last' }],
        [7, { a: 'two' }],
      ],
      firstOfEqual: [
        [5, { a: 'newer' }],
        [4, { a: 'first' }],
        [7, { a: 'one' }],
      ],
    }
    assert.deepEqual(await bench.read(['x', 'y', 'z'], ['a']), expected[bench.harness.feastOrder ?? 'lastWritten'])
  },
}
