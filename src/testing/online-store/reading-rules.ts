import assert from 'node:assert/strict'
import { cellBytes } from '../../plugin/online-cells.ts'
import { foundIn, type Row, shown } from './bench.ts'
import type { Rules } from './harness.ts'

export const reading: Rules = {
  'a key that was never written has neither values nor an event time': async (bench) => {
    assert.deepEqual(await bench.read(['x']), [null])
  },
  'answers come in the order of the keys asked for, each as often as it was asked for': async (bench) => {
    await bench.write(['x', 1, null, { a: 'xa', b: 'xb' }], ['y', 2, null, { a: 'ya', b: 'yb' }])
    const [x, y] = [
      [1, { a: 'xa', b: 'xb' }],
      [2, { a: 'ya', b: 'yb' }],
    ] as const
    assert.deepEqual(await bench.read(['y', 'x', 'z', 'y']), [y, x, null, y])
  },
  'columns are the features asked for, in that order': async (bench) => {
    await bench.write(['x', 1, null, { a: 'xa', b: 'xb' }])
    const cells = await bench.cells(bench.request(['x'], ['b', 'a']))
    assert.deepEqual(
      [0, 1].map((feature) => shown(cellBytes(cells, 0, feature))),
      ['xb', 'xa'],
    )
    assert.deepEqual(await bench.read(['x'], ['b']), [[1, { b: 'xb' }]])
  },
  'a stored null is told from a value that was never stored': async (bench) => {
    await bench.write(['x', 1, null, { a: null, b: 'xb' }])
    assert.deepEqual(await bench.read(['x'], ['a', 'b', 'c']), [[1, { a: null, b: 'xb', c: undefined }]])
  },
  'reads of several views are answered in order by one call': async (bench) => {
    const other = bench.tableNamed(`${bench.table.view}_other`)
    await bench.make(other)
    await bench.write(['x', 1, null, { a: 'here' }])
    await bench.store.write(bench.batch([['x', 2, null, { a: 'there' }]], other))
    const answers = await bench.store.read([bench.request(['x'], ['a'], other), bench.request(['x'], ['a'])])
    assert.deepEqual(
      answers.map((each) => shown(cellBytes(each, 0, 0))),
      ['there', 'here'],
    )
  },
  'an empty list of keys gives no rows': async (bench) => {
    assert.deepEqual(await bench.read([]), [])
  },
  'reads of one view with other features, and of no view at all, are answered too': async (bench) => {
    await bench.write(['x', 1, null, { a: 'xa', b: 'xb' }], ['y', 2, null, { a: 'ya', b: 'yb' }])
    const reads = [bench.request(['y'], ['b']), bench.request(['x', 'y'], ['a'])]
    const answers = await bench.store.read(reads)
    assert.deepEqual(
      answers.map((cells, index) => foundIn(cells, reads[index] ?? bench.request([]))),
      [
        [[2, { b: 'yb' }]],
        [
          [1, { a: 'xa' }],
          [2, { a: 'ya' }],
        ],
      ],
    )
    assert.deepEqual(await bench.store.read([]), [])
  },
  'reads at once are each answered with their own values': async (bench) => {
    const names = Array.from({ length: 20 }, (_, index) => `k${index}`)
    await bench.write(...names.map((name): Row => [name, 1, null, { a: `a of ${name}`, b: null }]))
    const answers = await Promise.all(names.map((name) => bench.read([name, 'none'], ['a'])))
    assert.deepEqual(
      answers,
      names.map((name) => [[1, { a: `a of ${name}` }], null]),
    )
  },
  'a cancelled read is refused, and the next one is answered': async (bench) => {
    await bench.write(['x', 1, null, { a: 'here' }])
    await assert.rejects(bench.store.read([bench.request(['x'])], AbortSignal.abort()))
    const controller = new AbortController()
    const underWay = bench.store.read([bench.request(['x'])], controller.signal).then(
      () => 'answered',
      () => 'refused',
    )
    controller.abort()
    assert.match(await underWay, /answered|refused/)
    assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'here' }]])
  },
}
