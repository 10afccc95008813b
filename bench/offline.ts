/**
 * `npm run bench:offline`: point-in-time joins beside real Feast and a bare ASOF join, in one run on the same files.
 * `-- --quick` leaves out Feast's file store and the three views. The data (1.2 GB) stays in the temporary folder.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { feastPython } from '../e2e/interop/feast-side.ts'
import { measure, median } from './measure.ts'
import { recordResult } from './results.ts'

interface Case {
  readonly name: string
  readonly rows: number
  readonly views: number
  readonly entityRows: number
  readonly perKey: number
  /** Limits of our cpu time as a share of Feast's, by its store; of the peak memory as `memory`. */
  readonly bars: { readonly duckdb: number; readonly file?: number; readonly memory?: number }
}

const cases: readonly Case[] = [
  {
    name: '10 M × 1 M, 1 view',
    rows: 10_000_000,
    views: 1,
    entityRows: 1_000_000,
    perKey: 10,
    bars: { duckdb: 0.7, file: 0.2, memory: 0.6 },
  },
  {
    name: '10 M × 1 M, 3 views',
    rows: 10_000_000,
    views: 3,
    entityRows: 1_000_000,
    perKey: 10,
    bars: { duckdb: 0.6, file: 0.2 },
  },
  {
    name: '1 M at 1000 per key × 10 k',
    rows: 1_000_000,
    views: 1,
    entityRows: 10_000,
    perKey: 1000,
    bars: { duckdb: 0.3 },
  },
  { name: '10 M × 1000', rows: 10_000_000, views: 1, entityRows: 1000, perKey: 10, bars: { duckdb: 0.7 } },
]

interface Outcome {
  readonly cpu_s: number
  readonly wall_s: number
  readonly rss_peak_mb: number
  readonly out_rows: number
  readonly non_null: number
  readonly checksum: number
}

const script = fileURLToPath(new URL('./feast/offline_feast.py', import.meta.url))
const runner = fileURLToPath(new URL('./offline-run.ts', import.meta.url))
const data = join(tmpdir(), 'feast-ts-bench')
const python = feastPython()
const quick = process.argv.includes('--quick')
const [turns, slowTurns] = [5, 1]

function generate({ rows, views, entityRows, perKey }: Case): void {
  const args = ['gen', '--dir', data, '--rows', rows, '--views', views, '--hist-ents', entityRows]
  execFileSync(python, [script, ...args.map(String), '--mat-ents', '1000', '--per-key', String(perKey)], {
    stdio: 'inherit',
  })
}

const suffixOf = ({ perKey }: Case): string => (perKey === 10 ? '' : `_k${perKey}`)

async function run(command: readonly string[]): Promise<Outcome> {
  const { output } = await measure(command, { env: { FEAST_USAGE: 'False', PYTHONWARNINGS: 'ignore', TZ: 'UTC' } })
  const line = output.split('\n').find((one) => one.startsWith('RESULT '))
  if (line === undefined) throw new Error(`no result of ${command.join(' ')}:\n${output}`)
  console.error(`  ${line.slice(7)}`)
  return JSON.parse(line.slice(7)) as Outcome
}

const feast = (store: 'duckdb' | 'file', one: Case): Promise<Outcome> => {
  const size = ['--rows', one.rows, '--views', one.views, '--ents', one.entityRows, '--per-key', one.perKey]
  return run([python, script, 'hist', '--dir', data, '--store', store, '--deliver', 'arrow', ...size.map(String)])
}

const node = (side: 'ours' | 'floor', one: Case): Promise<Outcome> =>
  run([process.execPath, runner, side, data, ...[one.rows, one.views, one.entityRows].map(String), suffixOf(one)])

/** The run whose cpu time is the median. */
function middle(runs: readonly Outcome[]): Outcome {
  const cpu = median(runs.map((one) => one.cpu_s))
  const found = runs.find((one) => one.cpu_s === cpu)
  if (found === undefined) throw new Error('nothing was run')
  return found
}

/** A join that found other rows is no faster join. */
function refuseDifference(one: Case, feastOutcome: Outcome, oursOutcome: Outcome): void {
  const same =
    feastOutcome.out_rows === oursOutcome.out_rows &&
    feastOutcome.non_null === oursOutcome.non_null &&
    Math.abs(feastOutcome.checksum - oursOutcome.checksum) < 0.01
  if (!same)
    throw new Error(`${one.name}: results differ: ${JSON.stringify({ feast: feastOutcome, ours: oursOutcome })}`)
}

mkdirSync(data, { recursive: true })
const rows: string[][] = []
const bars: { name: string; limit: number; measured: number }[] = []
for (const one of cases.filter(({ views }) => !quick || views === 1)) {
  console.error(one.name)
  generate(one)
  const runs: Record<'duckdb' | 'ours' | 'floor' | 'file', Outcome[]> = { duckdb: [], ours: [], floor: [], file: [] }
  for (let turn = 0; turn < turns; turn++) {
    runs.duckdb.push(await feast('duckdb', one))
    runs.ours.push(await node('ours', one))
    runs.floor.push(await node('floor', one))
    // The file store takes a minute for three views; it has fewer turns.
    if (one.bars.file !== undefined && !quick && turn < slowTurns) runs.file.push(await feast('file', one))
  }
  const [duckdb, ours, floor] = [middle(runs.duckdb), middle(runs.ours), middle(runs.floor)]
  const file = runs.file.length === 0 ? null : middle(runs.file)
  refuseDifference(one, duckdb, ours)
  const cells = [duckdb, file, floor, ours].map((side) =>
    side === null ? '' : `${side.cpu_s.toFixed(2)} s, ${side.wall_s.toFixed(2)} s, ${side.rss_peak_mb} MB`,
  )
  rows.push([one.name, ...cells])
  bars.push({ name: `cpu, ${one.name}, of Feast duckdb`, limit: one.bars.duckdb, measured: ours.cpu_s / duckdb.cpu_s })
  if (file !== null && one.bars.file !== undefined) {
    bars.push({ name: `cpu, ${one.name}, of Feast file`, limit: one.bars.file, measured: ours.cpu_s / file.cpu_s })
  }
  if (one.bars.memory !== undefined) {
    const measured = ours.rss_peak_mb / duckdb.rss_peak_mb
    bars.push({ name: `peak memory, ${one.name}, of Feast duckdb`, limit: one.bars.memory, measured })
  }
}

recordResult('offline', {
  title: 'Historical retrieval',
  method:
    'Feature rows × entity rows; three features per view, ttl 10 days, ties broken by created. Each cell: cpu seconds (user and system, all threads), wall seconds and peak resident memory of a process that does one retrieval, from the call until the whole result is there as Arrow; the entity rows are in memory before. Of five runs, taken in turns, the one with the median cpu time (Feast file: one run). The floor is a bare ASOF join of the same DuckDB as ours: no ttl, no tie-break, no order of rows.',
  columns: ['case', 'Feast duckdb', 'Feast file', 'floor', 'ours'],
  rows,
  bars,
  notes: ['Row counts, matches and the sum of a feature were equal to those of Feast duckdb in every case.'],
})
