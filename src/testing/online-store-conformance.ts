import assert from 'node:assert/strict'
import { plainField } from '../model/field.ts'
import { cellBytes, eventMicrosOf } from '../plugin/online-cells.ts'
import type { OnlineRead, OnlineStore, OnlineTable, OnlineWrite } from '../plugin/online-store.ts'
import { string } from '../types/data-type.ts'
import { serializeEntityKey } from '../types/entity-key.ts'
import { decodeValue, encodeValue } from '../types/value-codec.ts'

/** The two functions of a test framework that the suite needs: those of vitest, node:test, mocha and jest all do. */
export interface TestFramework {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}

export interface OnlineStoreHarness {
  readonly name: string
  /**
   * A connection to the store under test. Every call reaches the same data; tests use tables of their own, so nothing
   * needs to be emptied between them. The suite closes what it opens.
   */
  open(): Promise<OnlineStore>
  /** What the store keeps of an event time: 1 for microseconds, 1 000 000 for whole seconds. */
  readonly eventPrecisionMicros: bigint
}

/** The rules that every online store keeps. A plug-in's own tests call this once. */
export function describeOnlineStore(framework: TestFramework, harness: OnlineStoreHarness): void {
  const { describe, it } = framework
  const groups: Readonly<Record<string, Rules>> = { reading, ordering, batches, infrastructure, robustness }
  describe(`online store ${harness.name}`, () => {
    for (const [group, rules] of Object.entries(groups)) {
      describe(group, () => {
        for (const [rule, check] of Object.entries(rules)) {
          it(rule, async () => {
            const bench = await Bench.open(harness)
            try {
              await check(bench)
            } finally {
              await bench.close()
            }
          })
        }
      })
    }
  })
}

type Rules = Readonly<Record<string, (bench: Bench) => Promise<void>>>

const second = 1_000_000n
const noon = 1_709_294_400n * second

/** One row: key, event and creation in seconds after noon, then feature values by name; null for a null. */
type Row = readonly [
  key: string,
  event: number,
  created: number | null,
  values: Readonly<Record<string, string | null>>,
]

/** What a read says of one key: nothing, or its event in seconds after noon and its values. */
type Found = null | readonly [event: number, values: Readonly<Record<string, string | null | undefined>>]

let tableCount = 0

/** A store and a table that no other test uses. */
class Bench {
  readonly harness: OnlineStoreHarness
  readonly store: OnlineStore
  readonly table: OnlineTable

  private constructor(harness: OnlineStoreHarness, store: OnlineStore) {
    this.harness = harness
    this.store = store
    this.table = this.tableNamed(`view_${process.pid}_${++tableCount}`)
  }

  static async open(harness: OnlineStoreHarness): Promise<Bench> {
    const bench = new Bench(harness, await harness.open())
    await bench.store.update({ keep: [bench.table], drop: [] })
    return bench
  }

  async close(): Promise<void> {
    await this.store.teardown([this.table])
    await this.store.close()
  }

  tableNamed(view: string, features: readonly string[] = ['a', 'b'], project = 'conformance'): OnlineTable {
    const fields = features.map((name) => plainField(name, string))
    return { project, view, version: null, joinKeys: ['id'], features: fields }
  }

  batch(rows: readonly Row[], table: OnlineTable = this.table): OnlineWrite {
    const at = (seconds: number): bigint => noon + BigInt(Math.round(seconds * 1e6))
    return {
      table,
      entityKeys: rows.map(([key]) => keyOf(key)),
      values: table.features.map(({ name, type }) =>
        rows.map(([, , , values]) => encodeValue(values[name] ?? null, type)),
      ),
      eventMicros: rows.map(([, event]) => at(event)),
      createdMicros: rows.map(([, , created]) => (created === null ? null : at(created))),
    }
  }

  write(...rows: readonly Row[]): Promise<{ readonly written: number; readonly stale: number }> {
    return this.store.write(this.batch(rows))
  }

  request(keys: readonly string[], features: readonly string[] = ['a', 'b'], table = this.table): OnlineRead {
    return { table, features, entityKeys: keys.map(keyOf) }
  }

  async read(keys: readonly string[], features?: readonly string[], table?: OnlineTable): Promise<readonly Found[]> {
    const request = this.request(keys, features, table)
    const [cells] = await this.store.read([request])
    assert.ok(cells !== undefined, 'one answer per read')
    assert.equal(cells.featureCount, request.features.length, 'one cell per feature and row')
    assert.equal(cells.rowCount, keys.length, 'one row per key')
    return keys.map((_, row) => {
      const event = eventMicrosOf(cells, row)
      const values = request.features.map((name, index) => [name, shown(cellBytes(cells, row, index))] as const)
      if (event === null) {
        assert.ok(
          values.every(([, value]) => value === undefined),
          'no values without an event time',
        )
        return null
      }
      return [Number(event - noon) / 1e6, Object.fromEntries(values)]
    })
  }
}

const keyOf = (id: string): Uint8Array => serializeEntityKey(['id'], [{ kind: 'string', value: id }], 3)

/** Undefined when nothing is stored, null for a stored null. */
function shown(bytes: Uint8Array | null | undefined): string | null | undefined {
  if (bytes === null || bytes === undefined) return undefined
  const value = decodeValue(bytes)
  return value === null ? null : String(value)
}

const reading: Rules = {
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
    const [cells] = await bench.store.read([bench.request(['x'], ['b', 'a'])])
    assert.ok(cells !== undefined, 'one answer per read')
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
    await bench.store.update({ keep: [other], drop: [] })
    await bench.write(['x', 1, null, { a: 'here' }])
    await bench.store.write(bench.batch([['x', 2, null, { a: 'there' }]], other))
    const answers = await bench.store.read([bench.request(['x'], ['a'], other), bench.request(['x'], ['a'])])
    assert.deepEqual(
      answers.map((each) => shown(cellBytes(each, 0, 0))),
      ['there', 'here'],
    )
    await bench.store.teardown([other])
  },
  'an empty list of keys gives no rows': async (bench) => {
    assert.deepEqual(await bench.read([]), [])
  },
  'event times come back as exact as the store keeps them': async (bench) => {
    const event = noon + 123_456n
    const batch = bench.batch([['x', 0, null, { a: '1' }]])
    await bench.store.write({ ...batch, eventMicros: [event] })
    const [cells] = await bench.store.read([bench.request(['x'])])
    assert.deepEqual(cells === undefined ? null : [eventMicrosOf(cells, 0)], [
      event - (event % bench.harness.eventPrecisionMicros),
    ])
  },
}

const ordering: Rules = {
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
  'of equal events the later created one stays': async (bench) => {
    await bench.write(['x', 1, 5, { a: 'first' }])
    assert.deepEqual(await bench.write(['x', 1, 4, { a: 'earlier' }]), { written: 0, stale: 1 })
    assert.deepEqual(await bench.write(['x', 1, 6, { a: 'later' }]), { written: 1, stale: 0 })
    assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'later' }]])
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
  'a row without a creation time counts as created before any that has one': async (bench) => {
    await bench.write(['x', 1, null, { a: 'without' }])
    assert.deepEqual(await bench.write(['x', 1, 3, { a: 'with' }]), { written: 1, stale: 0 })
    assert.deepEqual(await bench.write(['x', 1, null, { a: 'again' }]), { written: 0, stale: 1 })
    assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'with' }]])
  },
  'a key is written whole or not at all, also when the view has a new feature': async (bench) => {
    const wider = bench.tableNamed(bench.table.view, ['a', 'b', 'c'])
    await bench.write(['x', 2, null, { a: 'new', b: 'new' }])
    await bench.store.update({ keep: [wider], drop: [] })
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
}

const batches: Rules = {
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
    const names = Array.from({ length: 3000 }, (_, index) => `k${(index * 7919) % 3000}`)
    const rows = names.map((name): Row => [name, 1, null, { a: name, b: null }])
    assert.deepEqual(await bench.write(...rows), { written: 3000, stale: 0 })
    assert.deepEqual(await bench.read(['k0', 'k2999', 'k3000'], ['a']), [[1, { a: 'k0' }], [1, { a: 'k2999' }], null])
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

const infrastructure: Rules = {
  'update may be repeated and keeps what is stored': async (bench) => {
    await bench.write(['x', 1, null, { a: 'kept' }])
    await bench.store.update({ keep: [bench.table], drop: [] })
    assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'kept' }]])
  },
  'a dropped view is empty when it is made again': async (bench) => {
    await bench.write(['x', 1, null, { a: 'gone' }])
    await bench.store.update({ keep: [], drop: [bench.table] })
    await bench.store.update({ keep: [], drop: [bench.table] })
    await bench.store.update({ keep: [bench.table], drop: [] })
    assert.deepEqual(await bench.read(['x']), [null])
  },
  'projects, views and versions do not share values': async (bench) => {
    const others: readonly OnlineTable[] = [
      bench.tableNamed(`${bench.table.view}x`),
      bench.tableNamed(bench.table.view, ['a', 'b'], 'conformance_other'),
      { ...bench.table, version: 2 },
    ]
    await bench.store.update({ keep: others, drop: [] })
    for (const [index, table] of others.entries()) {
      await bench.store.write(bench.batch([['x', index, null, { a: `other ${index}` }]], table))
    }
    assert.deepEqual(await bench.read(['x']), [null])
    await bench.write(['x', 9, null, { a: 'own' }])
    await bench.store.teardown([bench.table])
    await bench.store.update({ keep: [bench.table], drop: [] })
    for (const [index, table] of others.entries()) {
      assert.deepEqual(await bench.read(['x'], ['a'], table), [[index, { a: `other ${index}` }]])
    }
    await bench.store.teardown(others)
  },
  'names of views and features may hold quotes, blanks, dashes and letters of any script': async (bench) => {
    const features = ['a"b', "it's", 'mit-Strich', '特徴', 'x; DROP TABLE y', 'a b']
    const table = bench.tableNamed(`odd "name" - 'quoted' ${bench.table.view} 視`, features)
    await bench.store.update({ keep: [table], drop: [] })
    const values = Object.fromEntries(features.map((name) => [name, `value of ${name}`]))
    await bench.store.write(bench.batch([["key's", 1, null, values]], table))
    assert.deepEqual(await bench.read(["key's"], features, table), [[1, values]])
    await bench.store.teardown([table])
  },
}

const robustness: Rules = {
  'writers at once leave the newest event of every key': async (bench) => {
    const writers = await Promise.all(Array.from({ length: 3 }, () => bench.harness.open()))
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`)
    const rounds = Array.from({ length: 30 }, (_, index) => (index * 11) % 30)
    const write = (round: number, writer: OnlineStore): Promise<unknown> =>
      writer.write(bench.batch(keys.map((key) => [key, round, null, { a: `${round}`, b: `${round}` }])))
    await Promise.all(
      writers.map(async (writer, index) => {
        for (const round of rounds) if (round % writers.length === index) await write(round, writer)
      }),
    )
    await Promise.all(writers.map((writer) => writer.close()))
    assert.deepEqual(
      await bench.read(keys),
      keys.map(() => [29, { a: '29', b: '29' }]),
    )
  },
  'what was written stays when the connection is closed': async (bench) => {
    const writer = await bench.harness.open()
    await writer.write(bench.batch([['x', 1, null, { a: 'stays' }]]))
    await writer.close()
    assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'stays' }]])
  },
}
