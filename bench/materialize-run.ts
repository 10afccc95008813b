/**
 * One materialization in a process of its own: `materialize-run.ts DIR ENTITIES [REDIS_PORT]`, into SQLite or into a
 * Redis database that is emptied first. Prints a line `RESULT {…}` with the same figures as `feast/offline_feast.py
 * mat`; cpu time is that of the whole process, its start included.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { boundHeap, heapOfLoad } from '../src/cli/bounded-heap.ts'
import { days, entity, featureView, fileSource, float32, float64, int64, openStore } from '../src/index.ts'

const [folder = '.', entities = '1000', redisPort] = process.argv.slice(2)
const start = 1_700_000_000

const key = entity('key', { joinKey: 'key', type: int64 })
const source = fileSource('s0', {
  path: join(folder, `mat_${entities}.parquet`),
  timestampField: 'event_timestamp',
  createdTimestampColumn: 'created',
})
const view = featureView('fv0', {
  entities: [key],
  ttl: days(10),
  schema: { f0_0: float64, f0_1: float32, f0_2: int64 },
  source,
})

// As `feast materialize` does.
boundHeap(heapOfLoad)()
const repoPath = mkdtempSync(join(folder, 'ours-'))
try {
  const configuration = {
    project: 'bench',
    provider: 'local',
    registry: 'r.db',
    online_store:
      redisPort === undefined
        ? { type: 'sqlite', path: 'o.db' }
        : { type: 'redis', connection_string: `127.0.0.1:${redisPort}` },
    offline_store: { type: 'file' },
    entity_key_serialization_version: 3,
  }
  if (redisPort !== undefined) redis('FLUSHALL')
  const store = await openStore(configuration, { repoPath, definitions: [key, view] })
  await store.apply()
  const from = performance.now()
  const window = { start: new Date((start - 1) * 1000), end: new Date((start + 31 * 86_400) * 1000) }
  const { views } = await store.materialize(window)
  const wall = (performance.now() - from) / 1000
  await store.close()
  const { user, system } = process.cpuUsage()
  const peakKb = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  const result = {
    cpu_s: (user + system) / 1e6,
    wall_s: wall,
    rss_peak_mb: Math.round(Number(peakKb ?? 0) / 1024),
    written: views[0]?.written ?? 0,
    rows: redisPort === undefined ? rowsIn(join(repoPath, 'o.db')) : Number(redis('DBSIZE')) * 3,
  }
  console.log(`RESULT ${JSON.stringify(result)}`)
} finally {
  rmSync(repoPath, { recursive: true, force: true })
}

function rowsIn(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true })
  const row = database.prepare('SELECT count(*) AS rows FROM bench_fv0').get()
  database.close()
  return Number(row?.rows)
}

function redis(...command: readonly string[]): string {
  return execFileSync('redis-cli', ['-p', redisPort ?? '', ...command], { encoding: 'utf8' }).trim()
}
