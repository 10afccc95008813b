import assert from 'node:assert/strict'
import { string } from '../../types/data-type.ts'
import { serializeEntityKey } from '../../types/entity-key.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { foundIn, noon } from './bench.ts'
import type { Rules } from './harness.ts'

export const infrastructure: Rules = {
  'update may be repeated and keeps what is stored': async (bench) => {
    await bench.write(['x', 1, null, { a: 'kept' }])
    await bench.store.update({ keep: [bench.table], drop: [] })
    assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'kept' }]])
  },
  'a view that is to be kept is not dropped': async (bench) => {
    await bench.write(['x', 1, null, { a: 'kept' }])
    await bench.store.update({ keep: [bench.table], drop: [{ ...bench.table, features: [] }, bench.table] })
    assert.deepEqual(await bench.read(['x'], ['a']), [[1, { a: 'kept' }]])
  },
  'a dropped view is empty when it is made again': async (bench) => {
    await bench.write(['x', 1, null, { a: 'gone' }])
    await bench.store.update({ keep: [], drop: [bench.table] })
    await bench.store.update({ keep: [], drop: [bench.table] })
    await bench.store.update({ keep: [bench.table], drop: [] })
    assert.deepEqual(await bench.read(['x']), [null])
  },
  'projects and views do not share values, also when one name is the end or the beginning of another': async (
    bench,
  ) => {
    const view = bench.table.view
    const own = ['shop', 'my_shop', 'shop2'].map((project) => bench.tableNamed(view, ['a', 'b'], project))
    const others = [...own, bench.tableNamed(`${view}x`), bench.tableNamed(`${view}_a`)]
    await bench.make(...others)
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
    assert.deepEqual(await bench.read(['x']), [null])
  },
  'tearing down a project leaves those whose names end or begin as its name does': async (bench) => {
    const tables = ['shop', 'my_shop', 'shop2', 'p'].map((project) => {
      return bench.tableNamed(`${bench.table.view}_goods`, ['a', 'b'], project)
    })
    const write = async (): Promise<void> => {
      await bench.make(...tables)
      for (const table of tables) {
        await bench.store.write(bench.batch([['x', 1, null, { a: table.project, b: null }]], table))
      }
    }
    for (const gone of tables) {
      await write()
      await bench.store.teardown([gone])
      await bench.store.update({ keep: [gone], drop: [] })
      const requests = tables.map((table) => bench.request(['x'], ['a'], table))
      const found = (await bench.store.read(requests)).map((cells) => foundIn(cells, bench.request(['x'], ['a'])))
      assert.deepEqual(
        found,
        tables.map((table) => [table === gone ? null : [1, { a: table.project }]]),
        `without ${gone.project}`,
      )
    }
  },
  'dropping a view leaves views whose join keys a pattern would match': async (bench) => {
    // Characters of patterns, and lengths whose bytes are such characters: 42 is an asterisk, 63, 91 and 92 are ?, [, \.
    const names = ['*', 'a?c', 'abc', '[ab]', 'a', '\\', '\\*', ...[42, 63, 91, 92].map((length) => 'k'.repeat(length))]
    const tables = names.map((name, index) => {
      return { ...bench.tableNamed(`${bench.table.view}_${index}`), joinKeys: [name] }
    })
    await bench.make(...tables)
    const keysOf = (name: string): readonly Uint8Array[] =>
      ['*', '?', '[a]', '\\', 'v'.repeat(42), 'v'.repeat(92)].map((value) => {
        return serializeEntityKey([name], [{ kind: 'string', value }], 3)
      })
    for (const [index, table] of tables.entries()) {
      const entityKeys = keysOf(names[index] ?? '')
      const value = encodeValue(`view ${index}`, string)
      const column = entityKeys.map(() => value)
      const [eventMicros, createdMicros] = [entityKeys.map(() => noon), entityKeys.map(() => null)]
      await bench.store.write({ table, entityKeys, values: [column, column], eventMicros, createdMicros })
    }
    const requests = tables.map((table, index) => ({ table, features: ['a'], entityKeys: keysOf(names[index] ?? '') }))
    for (const [index, table] of tables.entries()) {
      await bench.store.update({ keep: [], drop: [table] })
      await bench.store.update({ keep: [table], drop: [] })
      for (const [other, cells] of (await bench.store.read(requests)).entries()) {
        const found = foundIn(cells, requests[other] ?? bench.request([])).map((each) => each?.[1].a ?? null)
        const expected = new Array<string | null>(6).fill(other <= index ? null : `view ${other}`)
        assert.deepEqual(found, expected, `"${names[other]}" when "${names[index]}" was dropped`)
      }
    }
  },
  'names of features may hold quotes, blanks, dashes and letters of any script': async (bench) => {
    const features = ['a"b', "it's", 'mit-Strich', '特徴', 'x; DROP TABLE y', 'a b', 'constructor', 'values']
    const table = bench.tableNamed(`${bench.table.view}_odd`, features)
    await bench.make(table)
    const values = Object.fromEntries(features.map((name) => [name, `value of ${name}`]))
    await bench.store.write(bench.batch([["key's", 1, null, values]], table))
    assert.deepEqual(await bench.read(["key's"], features, table), [[1, values]])
    assert.deepEqual(await bench.read(["key's"], ['特徴'], table), [[1, { 特徴: 'value of 特徴' }]])
  },
  'names of views may hold quotes, blanks, dashes and letters of any script, or are refused': async (bench) => {
    const table = bench.tableNamed(`odd "name" - 'quoted' ${bench.table.view} 視`)
    if (bench.harness.viewNames === 'plain') {
      await assert.rejects(bench.store.update({ keep: [table], drop: [] }), { name: 'FeatureStoreError' })
      return
    }
    await bench.make(table)
    await bench.store.write(bench.batch([['x', 1, null, { a: 'odd' }]], table))
    assert.deepEqual(await bench.read(['x'], ['a'], table), [[1, { a: 'odd' }]])
  },
}
