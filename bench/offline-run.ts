/**
 * One historical retrieval in a process of its own: `offline-run.ts ours|floor DIR ROWS VIEWS ENTITY_ROWS SUFFIX`. The
 * entity rows are an Arrow table in memory, as Feast is given a data frame. Prints a line `RESULT {…}` with the same
 * figures as `feast/offline_feast.py hist`. The floor is DuckDB's own ASOF join, which breaks no ties.
 */
import { readFileSync } from 'node:fs'
import type { RecordBatch, Table } from 'apache-arrow'
import { systemClock } from '../src/base/clock.ts'
import { days } from '../src/base/instant.ts'
import { silentLogger } from '../src/base/logger.ts'
import type { FeatureStoreConfig } from '../src/config/feature-store-config.ts'
import { loadArrowTable } from '../src/offline/duckdb/arrow-tables.ts'
import { duckdbConfig } from '../src/offline/duckdb/duckdb-config.ts'
import { type Engine, openEngine } from '../src/offline/duckdb/duckdb-driver.ts'
import { openDuckdbOfflineStore } from '../src/offline/duckdb/duckdb-offline-store.ts'
import { streamBatches } from '../src/offline/duckdb/record-batches.ts'
import { fileSourceAt } from '../src/testing/offline-fixture.ts'
import { loadArrow } from '../src/types/arrow.ts'

const [side = 'ours', folder = '.', rows = '', viewCount = '1', entityRows = '', suffix = ''] = process.argv.slice(2)
const views = Array.from({ length: Number(viewCount) }, (_, view) => view)
const features = (view: number): string[] => [0, 1, 2].map((feature) => `f${view}_${feature}`)
const fileOf = (view: number): string => `${folder}/feat_${rows}_v${view}${suffix}.parquet`
const entityFile = `${folder}/ents_${rows}_${entityRows}${suffix}.parquet`

const offlineStore = { type: 'duckdb', options: {} }
const { Table: ArrowTable } = await loadArrow()

async function ours(table: Table): Promise<RecordBatch[]> {
  const store = await openDuckdbOfflineStore({
    config: offlineStore,
    store: { coerceTzAware: true, offlineStore } as FeatureStoreConfig,
    repoPath: folder,
    clock: systemClock,
    logger: silentLogger,
  })
  const job = store.historical({
    entityRows: { kind: 'table', table },
    filterByCreated: false,
    sources: [],
    views: views.map((view) => ({
      name: `fv${view}`,
      source: fileSourceAt(fileOf(view)),
      keys: [{ sourceColumn: 'key', entityColumn: 'key' }],
      timestampColumn: 'event_timestamp',
      createdColumn: 'created',
      features: features(view).map((name) => ({ sourceColumn: name, output: name })),
      ttl: days(10),
    })),
  })
  return collect(job.batches())
}

function floor(engine: Engine, table: Table): Promise<RecordBatch[]> {
  const joins = views.map(
    (view) => `ASOF LEFT JOIN '${fileOf(view)}' v${view} ON e.c0 = v${view}.key AND e.c1 >= v${view}.event_timestamp`,
  )
  const names = views.flatMap((view) => features(view))
  const columns = views.flatMap((view) => features(view).map((name) => `v${view}.${name}`))
  const sql = `SELECT e.c0, e.c1, ${columns.join(', ')} FROM e ${joins.join(' ')}`
  return engine.withSession(async (session) => {
    await loadArrowTable(session, 'e', table)
    const all = ['key', 'event_timestamp', ...names].map((name) => ({ name }))
    return collect(streamBatches(session, sql, all))
  })
}

async function collect(batches: AsyncIterable<RecordBatch>): Promise<RecordBatch[]> {
  const all: RecordBatch[] = []
  for await (const batch of batches) all.push(batch)
  return all
}

async function entityTable(): Promise<Table> {
  const engine = await openEngine(duckdbConfig(process.env))
  const columns = [{ name: 'key' }, { name: 'event_timestamp' }]
  const batches = await engine.withSession((session) =>
    collect(streamBatches(session, `SELECT key, event_timestamp FROM '${entityFile}'`, columns)),
  )
  engine.close()
  return new ArrowTable(batches)
}

const peakMb = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024

const table = await entityTable()
const baseMb = peakMb()
const cpuBefore = process.cpuUsage()
const started = performance.now()
const batches = side === 'ours' ? await ours(table) : await floor(await openEngine(duckdbConfig(process.env)), table)
const wall = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const peak = peakMb()

let [nonNull, checksum] = [0, 0]
for (const value of new ArrowTable(batches).getChild('f0_0') ?? []) {
  if (value === null) continue
  nonNull++
  checksum += value
}
const result = {
  kind: 'hist',
  store: side,
  rows: Number(rows),
  views: views.length,
  ents: Number(entityRows),
  wall_s: Number(wall.toFixed(3)),
  cpu_s: (user + system) / 1e6,
  rss_base_mb: Math.round(baseMb),
  rss_peak_mb: Math.round(peak),
  out_rows: batches.reduce((sum, batch) => sum + batch.numRows, 0),
  non_null: nonNull,
  checksum: Number(checksum.toFixed(4)),
}
console.log(`RESULT ${JSON.stringify(result)}`)
process.exit(0)
