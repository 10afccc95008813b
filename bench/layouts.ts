/**
 * `npm run bench:layouts`: reads of 5 views × 10 features in Feast's layout and packed, side by side in one SQLite file
 * and in one Redis database, and the conversion of one into the other.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plainField } from '../src/model/field.ts'
import { openRedisOnlineStore } from '../src/online/redis/redis-online-store.ts'
import { openSqliteOnlineStore } from '../src/online/sqlite/sqlite-online-store.ts'
import type { OnlineStore, OnlineTable } from '../src/plugin/online-store.ts'
import { testStoreOptions } from '../src/testing/store-options.ts'
import { float64, int64 } from '../src/types/data-type.ts'
import { serializeEntityKey } from '../src/types/entity-key.ts'
import { encodeValue } from '../src/types/value-codec.ts'
import { redisServer } from '../test/services/redis.ts'
import { median } from './measure.ts'
import { recordResult } from './results.ts'

const entities = 10_000
const rounds = 9
const counts = [1, 10, 100] as const
const second = 1_000_000n
const layouts = ['feast', 'packed'] as const
type Layout = (typeof layouts)[number]

/** The views of a project; each layout has a project of its own, so that both are there at once. */
const tablesOf = (project: Layout): readonly OnlineTable[] =>
  Array.from({ length: 5 }, (_, v) => {
    const features = Array.from({ length: 10 }, (__, f) => plainField(`f${v}_${f}`, f % 2 === 0 ? int64 : float64))
    return { project, view: `view${v}`, version: null, joinKeys: ['user_id'], features }
  })
const tables = { feast: tablesOf('feast'), packed: tablesOf('packed') }
const keys = Array.from({ length: entities }, (_, id) =>
  serializeEntityKey(['user_id'], [{ kind: 'int64', value: BigInt(id) }], 3),
)

/** What the server of a store has done so far; nothing for a store in this process. */
interface ServerWork {
  readonly cpuMicros: number
  /** What it has sent. */
  readonly bytes: number
}

interface Subject {
  readonly name: string
  readonly open: (layout: Layout) => Promise<OnlineStore>
  readonly work: () => Promise<ServerWork>
  /** Requests at once, as many as a server would have. */
  readonly atOnce: number
}

interface Costs {
  readonly clientMicros: number
  readonly serverMicros: number
  readonly bytes: number
  readonly perSecond: number
}

async function fill(store: OnlineStore, views: readonly OnlineTable[]): Promise<void> {
  await store.update({ keep: views, drop: [] })
  for (const table of views) {
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

/** One round of requests of so many rows. */
async function readRound({ atOnce, work }: Subject, store: OnlineStore, layout: Layout, rows: number): Promise<Costs> {
  const requests = Math.ceil(3000 / (rows + 3))
  const views = tables[layout].map((table) => ({ table, features: table.features.map(({ name }) => name) }))
  let left = requests
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const any = (): Uint8Array => keys[Math.floor(Math.random() * entities)] ?? new Uint8Array(0)
      const entityKeys = Array.from({ length: rows }, any)
      await store.read(views.map((view) => ({ ...view, entityKeys })))
    }
  }
  const [before, cpu, started] = [await work(), process.cpuUsage(), performance.now()]
  await Promise.all(Array.from({ length: atOnce }, client))
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const after = await work()
  return {
    clientMicros: (user + system) / requests,
    serverMicros: (after.cpuMicros - before.cpuMicros) / requests,
    bytes: (after.bytes - before.bytes) / requests,
    perSecond: requests / seconds,
  }
}

const rows: string[][] = []
const bars: { name: string; limit: number; measured: number }[] = []
const notes: string[] = []

/** Both layouts in turns, of every figure the median. */
async function compare(subject: Subject): Promise<void> {
  const stores = { feast: await subject.open('feast'), packed: await subject.open('packed') }
  for (const layout of layouts) await fill(stores[layout], tables[layout])
  for (const count of counts) {
    const taken: Record<Layout, Costs[]> = { feast: [], packed: [] }
    for (const layout of layouts) await readRound(subject, stores[layout], layout, count)
    for (let round = 0; round < rounds; round++) {
      for (const layout of layouts) taken[layout].push(await readRound(subject, stores[layout], layout, count))
    }
    const middle = (layout: Layout, of: (costs: Costs) => number): number => median(taken[layout].map(of))
    rows.push([`${subject.name}, ${count} × 50`, ...layouts.map((layout) => cell((of) => middle(layout, of)))])
    const cpu = ({ clientMicros, serverMicros }: Costs): number => clientMicros + serverMicros
    bars.push({
      name: `packed rows in ${subject.name}, cpu of both sides, ${count} × 50`,
      limit: 1,
      measured: middle('packed', cpu) / middle('feast', cpu),
    })
  }
  const started = performance.now()
  const converted = (await stores.packed.convert?.(tables.feast))?.converted ?? 0
  const took = (performance.now() - started) / 1000
  notes.push(`${subject.name}: converting ${converted} rows into packed ones took ${took.toFixed(1)} s.`)
  await Promise.all([stores.feast.close(), stores.packed.close()])
}

function cell(middle: (of: (costs: Costs) => number) => number): string {
  const [client, server] = [middle((costs) => costs.clientMicros), middle((costs) => costs.serverMicros)]
  const perSecond = `${Math.round(middle((costs) => costs.perSecond))} requests/s`
  const bytes = middle((costs) => costs.bytes)
  if (bytes === 0) return `${client.toFixed(0)} µs, ${perSecond}`
  return `${client.toFixed(0)} µs + ${server.toFixed(0)} µs, ${Math.round(bytes)} bytes, ${perSecond}`
}

const folder = mkdtempSync(join(tmpdir(), 'bench-layouts-'))
const path = join(folder, 'online.db')
await compare({
  name: 'SQLite',
  open: (layout) => openSqliteOnlineStore(testStoreOptions({ type: 'sqlite', options: { path, layout } }, folder)),
  work: async () => ({ cpuMicros: 0, bytes: 0 }),
  atOnce: 1,
})
rmSync(folder, { recursive: true, force: true })

await using redis = await redisServer()
const address = `${redis.host}:${redis.port}`
await compare({
  name: 'Redis',
  open: (layout) =>
    openRedisOnlineStore(testStoreOptions({ type: 'redis', options: { connection_string: address, layout } }, folder)),
  work: async () => {
    const [cpu, stats] = [await redis.cli('INFO', 'cpu'), await redis.cli('INFO', 'stats')]
    const figure = (text: string, name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1])
    const seconds = figure(cpu, 'used_cpu_user') + figure(cpu, 'used_cpu_sys')
    return { cpuMicros: seconds * 1e6, bytes: figure(stats, 'total_net_output_bytes') }
  },
  atOnce: 8,
})

recordResult('layouts', {
  title: 'Layouts of online values',
  method: `Reads of the online store alone, 5 views × 10 features, ${entities} entities; both layouts in one SQLite file and in one Redis database, in turns, median of ${rounds} rounds. Each cell: processor time per request, of ours and, after the plus, of the Redis server; the bytes that it sent per request; requests per second, in Redis with 8 at once.`,
  columns: ['store, rows × features', 'layout of Feast', 'packed'],
  rows,
  bars,
  notes,
})
