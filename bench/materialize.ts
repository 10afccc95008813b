/**
 * `npm run bench:materialize`: a view of three features into SQLite and into Redis, beside real Feast, in one run on the
 * same files.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { feastPython } from '../e2e/interop/feast-side.ts'
import { redisServer } from '../test/services/redis.ts'
import { measure } from './measure.ts'
import { recordResult } from './results.ts'

interface Outcome {
  readonly cpu_s: number
  readonly wall_s: number
  readonly rss_peak_mb: number
  readonly rows?: number
}

interface Sides {
  readonly feast: Outcome
  readonly ours: Outcome
}

const [few, many, most] = [100_000, 1_000_000, 4_000_000] as const
const script = fileURLToPath(new URL('./feast/offline_feast.py', import.meta.url))
const runner = fileURLToPath(new URL('./materialize-run.ts', import.meta.url))
const data = join(tmpdir(), 'feast-ts-bench')
const python = feastPython()

async function run(command: readonly string[]): Promise<Outcome> {
  const { output } = await measure(command, { env: { FEAST_USAGE: 'False', PYTHONWARNINGS: 'ignore', TZ: 'UTC' } })
  const line = output.split('\n').find((one) => one.startsWith('RESULT '))
  if (line === undefined) throw new Error(`no result of ${command.join(' ')}:\n${output}`)
  console.error(`  ${line.slice(7)}`)
  return JSON.parse(line.slice(7)) as Outcome
}

async function ours(entities: number, redisPort?: number): Promise<Outcome> {
  const target = redisPort === undefined ? [] : [String(redisPort)]
  const outcome = await run([process.execPath, runner, data, String(entities), ...target])
  if (outcome.rows !== entities * 3) throw new Error(`${entities} entities: ${outcome.rows} rows are stored`)
  return outcome
}

function feast(entities: number, redisPort?: number): Promise<Outcome> {
  const online = redisPort === undefined ? ['sqlite'] : ['redis', '--redis-port', String(redisPort)]
  return run([
    python,
    script,
    'mat',
    '--dir',
    data,
    '--store',
    'file',
    '--ents',
    String(entities),
    '--online',
    ...online,
  ])
}

/** Ours three times, Feast once among them, as the speed of a machine drifts. */
async function bothSides(entities: number, redisPort?: number): Promise<Sides> {
  console.error(`${entities} entities${redisPort === undefined ? '' : ' into Redis'}`)
  const first = await ours(entities, redisPort)
  const other = await feast(entities, redisPort)
  return { feast: other, ours: medians([first, await ours(entities, redisPort), await ours(entities, redisPort)]) }
}

/** Each figure by itself: how large the heap is when the engine is busiest varies by a tenth. */
function medians(outcomes: readonly Outcome[]): Outcome {
  const median = (figure: 'cpu_s' | 'wall_s' | 'rss_peak_mb'): number =>
    outcomes.map((outcome) => outcome[figure]).sort((a, b) => a - b)[Math.floor(outcomes.length / 2)] ?? Number.NaN
  return { cpu_s: median('cpu_s'), wall_s: median('wall_s'), rss_peak_mb: median('rss_peak_mb') }
}

mkdirSync(data, { recursive: true })
const gen = ['gen', '--dir', data, '--rows', '10000', '--views', '0', '--hist-ents', '1']
execFileSync(python, [script, ...gen, '--mat-ents', [few, many, most].join(',')], { stdio: 'inherit' })

const [small, large] = [await bothSides(few), await bothSides(many)]
console.error(`${most} entities`)
const largest = medians([await ours(most), await ours(most), await ours(most)])
await using redis = await redisServer()
const inRedis = await bothSides(many, redis.port)

const cells = (side: Outcome): string =>
  `${side.cpu_s.toFixed(1)} s, ${side.wall_s.toFixed(1)} s, ${side.rss_peak_mb} MB`
const row = (entities: string, sides: Sides): string[] => [entities, cells(sides.feast), cells(sides.ours)]
const written = (entities: number): string => entities.toLocaleString('en')

recordResult('materialize', {
  title: 'Materialization',
  method:
    'Three features, two source rows per entity, one Parquet file, an empty database (SQLite file, or Redis on this machine). Each cell: cpu seconds (user and system, all threads), wall seconds and peak resident memory. Of Feast only the call is counted, of ours the whole process with its start, each figure the median of three runs.',
  columns: ['entities', 'Feast', 'ours'],
  rows: [
    row(written(few), small),
    row(written(many), large),
    [written(most), '', cells(largest)],
    row(`${written(many)}, Redis`, inRedis),
  ],
  bars: [
    { name: 'cpu, 1 M entities, of Feast', limit: 1 / 5, measured: large.ours.cpu_s / large.feast.cpu_s },
    { name: 'peak memory, 1 M, of Feast', limit: 1 / 6, measured: large.ours.rss_peak_mb / large.feast.rss_peak_mb },
    {
      name: 'memory added from 100 k to 1 M, of what Feast adds',
      limit: 1 / 10,
      measured: (large.ours.rss_peak_mb - small.ours.rss_peak_mb) / (large.feast.rss_peak_mb - small.feast.rss_peak_mb),
    },
    {
      name: 'peak memory at 1 M, of that at 100 k',
      limit: 1.2,
      measured: large.ours.rss_peak_mb / small.ours.rss_peak_mb,
      absolute: true,
    },
    { name: 'Redis: cpu, 1 M entities, of Feast', limit: 1 / 5, measured: inRedis.ours.cpu_s / inRedis.feast.cpu_s },
    {
      name: 'Redis: peak memory, 1 M, of Feast',
      limit: 1 / 6,
      measured: inRedis.ours.rss_peak_mb / inRedis.feast.rss_peak_mb,
    },
  ],
  notes: [
    `Every run stored three rows per entity. Ours took ${Math.round((large.ours.cpu_s / many) * 1e6)} µs of cpu per entity at 1 M.`,
  ],
})
