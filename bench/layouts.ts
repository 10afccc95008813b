/**
 * `npm run bench:layouts`: reads of 5 views × 10 features from SQLite in Feast's layout and packed, and the conversion
 * of one into the other.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plainField } from '../src/model/field.ts'
import { openSqliteOnlineStore } from '../src/online/sqlite/sqlite-online-store.ts'
import type { OnlineStore, OnlineTable } from '../src/plugin/online-store.ts'
import { testStoreOptions } from '../src/testing/store-options.ts'
import { float64, int64 } from '../src/types/data-type.ts'
import { serializeEntityKey } from '../src/types/entity-key.ts'
import { encodeValue } from '../src/types/value-codec.ts'
import { median } from './measure.ts'
import { recordResult } from './results.ts'

const entities = 10_000
const rounds = 9
const second = 1_000_000n

const tables = Array.from({ length: 5 }, (_, v): OnlineTable => {
  const features = Array.from({ length: 10 }, (__, f) => plainField(`f${v}_${f}`, f % 2 === 0 ? int64 : float64))
  return { project: 'base', view: `view${v}`, version: null, joinKeys: ['user_id'], features }
})
const keys = Array.from({ length: entities }, (_, id) =>
  serializeEntityKey(['user_id'], [{ kind: 'int64', value: BigInt(id) }], 3),
)

const folder = mkdtempSync(join(tmpdir(), 'bench-layouts-'))
const path = join(folder, 'online.db')
const open = (layout: 'feast' | 'packed'): Promise<OnlineStore> =>
  openSqliteOnlineStore(testStoreOptions({ type: 'sqlite', options: { path, layout } }, folder))

async function fill(store: OnlineStore): Promise<void> {
  await store.update({ keep: tables, drop: [] })
  for (const table of tables) {
    await store.write({
      table,
      entityKeys: keys,
      values: table.features.map(({ type }, feature) =>
        keys.map(() => encodeValue(feature % 2 === 0 ? BigInt(Math.floor(Math.random() * 1e6)) : Math.random(), type)),
      ),
      eventMicros: keys.map((_, id) => (1_700_000_000n + BigInt(id)) * second),
      createdMicros: keys.map(() => null),
    })
  }
}

/** Microseconds of processor time per request of so many rows. */
async function readMicros(store: OnlineStore, rows: number): Promise<number> {
  const requests = Math.ceil(2000 / (rows + 3))
  const request = async (): Promise<void> => {
    const entityKeys = Array.from(
      { length: rows },
      () => keys[Math.floor(Math.random() * entities)] ?? new Uint8Array(0),
    )
    await store.read(tables.map((table) => ({ table, features: table.features.map(({ name }) => name), entityKeys })))
  }
  for (let index = 0; index < 100; index++) await request()
  const micros: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    for (let index = 0; index < requests; index++) await request()
    const { user, system } = process.cpuUsage(before)
    micros.push((user + system) / requests)
  }
  return median(micros)
}

const counts = [1, 10, 100]
const feast = await open('feast')
await fill(feast)
const loose: number[] = []
for (const count of counts) loose.push(await readMicros(feast, count))
const packed = await open('packed')
const started = performance.now()
const converted = (await packed.convert?.(tables))?.converted ?? 0
const conversionSeconds = (performance.now() - started) / 1000
const rows: string[][] = []
const bars: { name: string; limit: number; measured: number }[] = []
for (const [index, count] of counts.entries()) {
  const [before, after] = [loose[index] ?? Number.NaN, await readMicros(packed, count)]
  rows.push([`${count} × 50`, `${before.toFixed(0)} µs`, `${after.toFixed(0)} µs`])
  bars.push({ name: `packed rows, ${count} × 50`, limit: 1, measured: after / before })
}
const size = statSync(path).size
await Promise.all([feast.close(), packed.close()])
rmSync(folder, { recursive: true, force: true })

recordResult('layouts', {
  title: 'Layouts of online values',
  method: `Processor time of one read of the SQLite store, median of ${rounds} rounds: 5 views × 10 features, ${entities} entities. First in Feast's layout, then after \`feast online convert\` in the same file.`,
  columns: ['rows × features', 'layout of Feast', 'packed'],
  rows,
  bars,
  notes: [
    `The conversion of ${converted} keys took ${conversionSeconds.toFixed(1)} s; the file has ${(size / 2 ** 20).toFixed(1)} MiB after it, as SQLite keeps freed pages for new rows.`,
  ],
})
