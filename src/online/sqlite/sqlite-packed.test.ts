import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, test } from 'vitest'
import { loadSqlite } from '../../base/node-sqlite.ts'
import { cellBytes, eventMicrosOf, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineStore, OnlineTable, OnlineWrite } from '../../plugin/online-store.ts'
import { describeOnlineStore } from '../../testing/online-store-conformance.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { float64, int64, string } from '../../types/data-type.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { openSqliteOnlineStore } from './sqlite-online-store.ts'

const repoPath = mkdtempSync(join(tmpdir(), 'feast-sqlite-packed-'))
afterAll(() => rmSync(repoPath, { recursive: true }))

const open = (layout: 'feast' | 'packed', path: string): Promise<OnlineStore> =>
  openSqliteOnlineStore(testStoreOptions({ type: 'sqlite', options: { path, layout } }, repoPath))

describeOnlineStore({ describe, it }, { name: 'sqlite, packed', open: () => open('packed', 'packed.db') })

const field = (name: string, type: OnlineTable['features'][number]['type']) => ({
  name,
  type,
  description: '',
  tags: {},
})
const table = {
  project: 'p',
  view: 'v',
  version: null,
  joinKeys: ['id'],
  features: [field('a', int64), field('b', string), field('c', float64)],
} as unknown as OnlineTable

const key = (id: number): Uint8Array => Buffer.from(`key ${String(id).padStart(6, '0')}`)
const second = 1_000_000n

function rows(ids: readonly number[], at: bigint): OnlineWrite {
  return {
    table,
    entityKeys: ids.map(key),
    values: [
      ids.map((id) => encodeValue(BigInt(id), int64)),
      ids.map((id) => (id % 2 === 0 ? new Uint8Array(0) : encodeValue(`text ${id}`, string))),
      ids.map((id) => encodeValue(id + 0.5, float64)),
    ],
    eventMicros: ids.map((id) => (BigInt(id) + at) * second),
    createdMicros: ids.map(() => null),
  }
}

const everyKey = Array.from({ length: 1203 }, (_, id) => id)

const readAll = async (store: OnlineStore): Promise<OnlineCells> => {
  const [cells] = await store.read([{ table, features: ['c', 'a', 'b'], entityKeys: everyKey.map(key) }])
  if (cells === undefined) throw new Error('no answer')
  return cells
}

/** Event time and values of each key. */
function contentOf(cells: OnlineCells): readonly (readonly unknown[])[] {
  return everyKey.map((row) => [
    eventMicrosOf(cells, row),
    ...[0, 1, 2].map((feature) => {
      const bytes = cellBytes(cells, row, feature)
      return bytes && Buffer.from(bytes).toString('hex')
    }),
  ])
}

describe('a conversion', () => {
  let path = ''
  let number = 0
  beforeEach(() => {
    path = `convert-${number++}.db`
  })

  /** How many rows of each layout the file has. */
  function counts(): readonly [blobs: number, loose: number] {
    const database = new (loadSqlite().DatabaseSync)(join(repoPath, path))
    const count = (where: string): number =>
      Number(database.prepare(`SELECT count(*) AS n FROM p_v WHERE feature_name ${where}`).get()?.n)
    const found = [count("= ''"), count("<> ''")] as const
    database.close()
    return found
  }

  test('packs every key and back, and nothing is lost', async () => {
    const loose = await open('feast', path)
    await loose.update({ keep: [table], drop: [] })
    await loose.write(rows(everyKey, 1000n))
    const before = contentOf(await readAll(loose))
    const packed = await open('packed', path)
    expect(contentOf(await readAll(packed))).toEqual(before)
    expect(await packed.convert?.([table])).toEqual({ layout: 'packed', converted: everyKey.length })
    expect(counts()).toEqual([everyKey.length, 0])
    expect(contentOf(await readAll(packed))).toEqual(before)
    expect(contentOf(await readAll(loose))).toEqual(before)
    expect(await packed.convert?.([table])).toEqual({ layout: 'packed', converted: 0 })
    expect(await loose.convert?.([table])).toEqual({ layout: 'feast', converted: everyKey.length })
    expect(counts()).toEqual([0, everyKey.length * 3])
    expect(contentOf(await readAll(packed))).toEqual(before)
    await Promise.all([loose.close(), packed.close()])
  })

  test('that broke off leaves all keys readable and writable, and goes on when called again', async () => {
    const loose = await open('feast', path)
    await loose.update({ keep: [table], drop: [] })
    await loose.write(rows(everyKey, 1000n))
    const packed = await open('packed', path)
    const end = new AbortController()
    const broken = packed.convert?.([table], end.signal)
    // It lets others run after each batch of keys; this ends it after the first.
    setImmediate(() => end.abort())
    await expect(broken).rejects.toMatchObject({ name: 'AbortError' })
    const [blobs, rest] = counts()
    expect(blobs).toBeGreaterThan(0)
    expect(rest).toBe((everyKey.length - blobs) * 3)
    expect(rest).toBeGreaterThan(0)
    const newer = rows([0, 1, 700, 1202], 5000n)
    expect(await loose.write(newer)).toEqual({ written: 4, stale: 0 })
    expect(await packed.write(rows([1, 2, 1201], 10n))).toEqual({ written: 0, stale: 3 })
    const during = contentOf(await readAll(loose))
    expect(contentOf(await readAll(packed))).toEqual(during)
    expect(during[700]?.[0]).toBe(5700n * second)
    await packed.convert?.([table])
    expect(counts()).toEqual([everyKey.length, 0])
    expect(contentOf(await readAll(loose))).toEqual(during)
    await Promise.all([loose.close(), packed.close()])
  })

  test('meets rows that come in while it runs', async () => {
    const loose = await open('feast', path)
    await loose.update({ keep: [table], drop: [] })
    await loose.write(rows(everyKey, 1000n))
    const packed = await open('packed', path)
    const converting = packed.convert?.([table])
    for (let at = 2000n; at < 2020n; at++) {
      await loose.write(rows([3, 4, Number(at % 1203n)], at))
      await new Promise(setImmediate)
    }
    await converting
    expect(counts()).toEqual([everyKey.length, 0])
    const content = contentOf(await readAll(packed))
    expect(content[3]?.[0]).toBe(2022n * second)
    await Promise.all([loose.close(), packed.close()])
  })

  test('keeps microseconds of events in blobs', async () => {
    const packed = await open('packed', path)
    await packed.update({ keep: [table], drop: [] })
    const batch = rows([1], 0n)
    await packed.write({ ...batch, eventMicros: [5_000_001n] })
    expect(await packed.write({ ...batch, eventMicros: [5_000_000n] })).toEqual({ written: 0, stale: 1 })
    expect(contentOf(await readAll(packed))[1]?.[0]).toBe(5_000_001n)
    await packed.close()
  })

  test('of a view that has no table is refused', async () => {
    const packed = await open('packed', path)
    await expect(packed.convert?.([table])).rejects.toMatchObject({ code: 'FTS5010' })
    await packed.close()
  })
})
