import { dirname } from 'node:path'
import type { Field } from '../../../src/model/field.ts'
import { cellBytes, eventMicrosOf } from '../../../src/plugin/online-cells.ts'
import type { OnlineStore, OnlineTable } from '../../../src/plugin/online-store.ts'
import { FeatureStore } from '../../../src/store/feature-store.ts'
import { projectTables } from '../../../src/store/online-tables.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { decodeValue, encodeValue, valueKind } from '../../../src/types/value-codec.ts'
import { readGoldenJson } from '../golden-json.ts'
import type { Checks } from '../outcome.ts'
import { repositoryOf } from './served-repository.ts'
import type { GoldenRow, GoldenServer, GoldenState, StoreGolden } from './store-golden.ts'
import { type RecordedRepository, recordedRepository, startServer, storeGoldens, storeOfFile } from './store-state.ts'

/** What Feast wrote into a store: loaded into a real server and read through ours, then written by ours and compared. */
export async function judgeStore(checks: Checks, path: string): Promise<void> {
  const content = readGoldenJson(path)
  const kind = storeOfFile(content) ?? ''
  const golden = storeGoldens[kind]
  if (golden === undefined) throw new Error('the file is of no store that can be run')
  const known = recordedRepository(repositoryOf(path, {}))
  await using server = await startServer(kind)
  for (const state of golden.states(content, known)) {
    const label = state.name === '' ? '' : `${state.name}: `
    await checks.attempt(`${label}state`, 'the state can be judged', async () => {
      await golden.clear(state, server)
      await judgeState(checks, label, golden, state, server, known)
    })
  }
}

async function judgeState(
  checks: Checks,
  label: string,
  golden: StoreGolden,
  state: GoldenState,
  server: GoldenServer,
  known: RecordedRepository,
): Promise<void> {
  await golden.load(state, server)
  const dumped = await golden.dump(state, server)
  for (const [name, content] of state.recorded) {
    // What cannot be loaded as recorded would make all that follows worthless.
    if (dumped.get(name) !== content) throw new Error(`${name} is ${dumped.get(name)} when loaded, recorded ${content}`)
  }
  await using store = await openStore(
    {
      project: known.project,
      registry: 'registry.db',
      online_store: { ...server.onlineStore, ...state.options },
    },
    { repoPath: dirname('.'), definitions: [] },
  )
  const online = await FeatureStore.contextOf(store).onlineStore()
  const tables = servedTables(known)
  for (const [table, rows] of rowsByTable(tables, state.rows)) await judgeRead(checks, label, online, table, rows)
  await golden.clear(state, server)
  await online.update({ keep: tables, drop: [] })
  for (const [table, rows] of rowsByTable(tables, state.rows)) await writeRows(checks, online, table, rows)
  const written = await golden.dump(state, server)
  for (const [name, content] of state.recorded) {
    checks.equal(`${label}${name} written`, written.get(name) ?? 'nothing', content)
  }
  for (const name of written.keys()) {
    if (!state.recorded.has(name)) checks.fail(`${label}${name}`, 'nothing of that name', written.get(name))
  }
}

/** The tables that Feast makes in these stores: those of views that are served. */
function servedTables({ contents, project }: RecordedRepository): readonly OnlineTable[] {
  const offline = contents.featureViews.filter((view) => !view.online).map((view) => view.name)
  return projectTables(contents, project, false).kept.filter((table) => !offline.includes(table.view))
}

function rowsByTable(
  tables: readonly OnlineTable[],
  rows: readonly GoldenRow[],
): readonly (readonly [OnlineTable, readonly GoldenRow[]])[] {
  return [...Map.groupBy(rows, (row) => row.view)].map(([view, own]) => {
    const table = tables.find((each) => each.view === view)
    if (table === undefined) throw new Error(`the registry has no view "${view}"`)
    return [table, own] as const
  })
}

async function judgeRead(
  checks: Checks,
  label: string,
  online: OnlineStore,
  table: OnlineTable,
  rows: readonly GoldenRow[],
): Promise<void> {
  const features = table.features.map((field) => field.name)
  const [cells] = await online.read([{ table, features, entityKeys: rows.map((row) => row.entityKey) }])
  for (const [index, row] of rows.entries()) {
    const name = `${label}${table.view} ${hex(row.entityKey)}`
    checks.equal(`${name} event read`, cells && eventMicrosOf(cells, index), row.eventMicros)
    for (const [at, feature] of features.entries()) {
      const read = cells === undefined ? null : cellBytes(cells, index, at)
      checks.equal(`${name} ${feature} read`, read === null ? 'nothing' : hex(read), recordedHex(row, feature))
    }
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function recordedHex(row: GoldenRow, feature: string): string {
  const value = row.values.get(feature)
  return value === undefined ? 'nothing' : hex(value)
}

/** Writes recorded rows as values that are encoded anew. */
async function writeRows(
  checks: Checks,
  online: OnlineStore,
  table: OnlineTable,
  rows: readonly GoldenRow[],
): Promise<void> {
  const byFeatures = Map.groupBy(rows, (row) => [...row.values.keys()].sort().join(' '))
  for (const group of byFeatures.values()) {
    const features = table.features.filter((field) => group[0]?.values.has(field.name))
    await online.write({
      table: { ...table, features },
      entityKeys: group.map((row) => row.entityKey),
      values: features.map((field) =>
        group.map((row) => encodedAnew(checks, field, row.values.get(field.name) ?? noBytes)),
      ),
      eventMicros: group.map((row) => row.eventMicros),
      createdMicros: group.map((row) => row.createdMicros),
    })
  }
}

const noBytes = new Uint8Array()

/** The bytes of a value after it was decoded and encoded again. */
function encodedAnew(checks: Checks, { name, type }: Field, bytes: Uint8Array): Uint8Array {
  const value = decodeValue(bytes, type)
  // Feast has a number that stands for a missing time; who reads it sees null, as of no bytes.
  if (value === null) return bytes
  const encoded = encodeValue(value, type)
  if (!/map|struct/.test(valueKind(bytes) ?? '')) return encoded
  // Protobuf gives maps no order, and Feast writes members by what they are in Python: what they hold is compared.
  checks.equal(`${name} encoded anew`, decodeValue(encoded, type), value)
  return bytes
}
