/**
 * `npm run bench:serving`: one registry and one Redis database, served by real Feast's Python server and by ours in
 * turns, under the same load. `--quick` takes shorter runs and leaves out the soak.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { feastPython } from '../e2e/interop/feast-side.ts'
import { freePort } from '../test/services/free-port.ts'
import { redisServer } from '../test/services/redis.ts'
import { median } from './measure.ts'
import { type Bar, recordResult } from './results.ts'
import { builtPackage } from './serving/built-package.ts'
import { profiledShares } from './serving/cpu-profile.ts'
import { ask, fullLoad, grpcFullLoad, type LoadOutcome, offeredLoad, reachable } from './serving/load.ts'
import { measureFloor } from './serving/redis-floor.ts'
import { ServedProcess } from './serving/served-process.ts'

const quick = process.argv.includes('--quick')
const [seconds, runs] = quick ? [3, 1] : [6, 3]
const rowCounts = [1, 10, 100] as const
/** Feast's Go server, measured elsewhere with the same data and load: milliseconds of cpu per request. */
const goCpu = { http: { 1: 0.36, 10: 0.95, 100: 6.9 }, grpc: { 1: 0.4, 100: 8.2 } } as const
const httpBars = { 1: 1 / 50, 10: 1 / 30, 100: 1 / 23 } as const

const root = fileURLToPath(new URL('..', import.meta.url))
const python = feastPython()
const feast = join(dirname(python), 'feast')
const folder = mkdtempSync(join(tmpdir(), 'bench-serving-'))
const program = builtPackage(join(folder, 'package'))
const ours = [process.execPath, program]
const repo = join(folder, 'repo')
await using redis = await redisServer()

console.error('preparing: Feast applies and materializes 5 views × 10 000 entities into Redis and into SQLite')
const quiet = { cwd: repo, stdio: 'ignore', env: { ...process.env, FEAST_USAGE: 'False', TZ: 'UTC' } } as const
execFileSync(python, [join(root, 'bench/feast/serving_repo.py'), repo, String(redis.port), '10000'])
execFileSync(feast, ['apply'], quiet)
const window = ['2026-11-18T00:00:00', '2026-11-21T00:00:00']
execFileSync(feast, ['materialize', ...window], quiet)
execFileSync(feast, ['-f', 'sqlite.yaml', 'apply'], quiet)
execFileSync(feast, ['-f', 'sqlite.yaml', 'materialize', ...window], quiet)

interface Side {
  readonly name: string
  /** The command of its server on a port; `yaml` names the configuration. */
  readonly command: (port: number, yaml: string) => readonly string[]
}

const sides = {
  feast: {
    name: 'Feast, Python',
    // It replaces its process after 1000 requests, which costs start-ups and breaks connections of the load.
    command: (port, yaml) => [
      ...[feast, '-f', yaml, 'serve', '-p', String(port), '--no-access-log'],
      ...['--max-requests', '0', '--max-requests-jitter', '0'],
    ],
  },
  ours: {
    name: 'ours',
    command: (port, yaml) => [...ours, '-f', yaml, 'serve', '-p', String(port), '--no-access-log'],
  },
} as const satisfies Record<string, Side>

async function started(side: Side, yaml: string, flags: readonly string[] = []): Promise<[ServedProcess, number]> {
  const port = await freePort()
  const server = await ServedProcess.start([...side.command(port, yaml), ...flags], {
    cwd: repo,
    answers: () => ask(port, [1]),
  })
  return [server, port]
}

/** Several runs of both sides in turns; the middle one by cpu. */
async function inTurns(yaml: string, rows: number): Promise<Record<keyof typeof sides, LoadOutcome>> {
  const outcomes: Record<keyof typeof sides, LoadOutcome[]> = { feast: [], ours: [] }
  const [feastServer, feastPort] = await started(sides.feast, yaml)
  const [ourServer, ourPort] = await started(sides.ours, yaml)
  try {
    await fullLoad(feastServer, feastPort, rows, 1)
    await fullLoad(ourServer, ourPort, rows, 2)
    for (let run = 0; run < runs; run++) {
      outcomes.feast.push(await fullLoad(feastServer, feastPort, rows, seconds))
      outcomes.ours.push(await fullLoad(ourServer, ourPort, rows, seconds))
    }
  } finally {
    await Promise.all([feastServer.stop(), ourServer.stop()])
  }
  return { feast: middle(outcomes.feast), ours: middle(outcomes.ours) }
}

function middle(outcomes: readonly LoadOutcome[]): LoadOutcome {
  const cpu = median(outcomes.map((outcome) => outcome.cpuMsPerRequest))
  const found = outcomes.find((outcome) => outcome.cpuMsPerRequest === cpu)
  if (found === undefined) throw new Error('no run')
  return found
}

const table: string[][] = []
const bars: Bar[] = []
const notes: string[] = []

const line = (what: string, rows: number, outcome: LoadOutcome, share = ''): void => {
  table.push([
    what,
    String(rows),
    outcome.requestsPerSecond.toFixed(0),
    `${outcome.p50.toFixed(2)} ms`,
    `${outcome.p99.toFixed(2)} ms`,
    `${outcome.cpuMsPerRequest.toFixed(3)} ms`,
    share,
  ])
  console.error(`  ${table.at(-1)?.join(' · ')}`)
}

for (const rows of rowCounts) {
  const outcome = await inTurns('feature_store.yaml', rows)
  const share = outcome.ours.cpuMsPerRequest / outcome.feast.cpuMsPerRequest
  line('Feast, Python, Redis', rows, outcome.feast)
  line('ours, HTTP, Redis', rows, outcome.ours, `1/${(1 / share).toFixed(0)}`)
  bars.push({ name: `HTTP, Redis, ${rows} × 50: cpu per request`, limit: httpBars[rows], measured: share })
}

const sqlite = await inTurns('sqlite.yaml', 1)
const sqliteShare = sqlite.ours.cpuMsPerRequest / sqlite.feast.cpuMsPerRequest
line('Feast, Python, SQLite', 1, sqlite.feast)
line('ours, HTTP, SQLite', 1, sqlite.ours, `1/${(1 / sqliteShare).toFixed(0)}`)
bars.push({ name: 'HTTP, SQLite, 1 × 50: cpu per request', limit: 1 / 20, measured: sqliteShare })

for (const [rows, limit] of [
  [1, 1],
  [100, 0.33],
] as const) {
  const port = await freePort()
  const command = [...ours, 'serve', '-p', '0', '--grpc-port', String(port), '--no-access-log']
  const server = await ServedProcess.start(command, { cwd: repo, answers: () => reachable(port) })
  try {
    await grpcFullLoad(server, port, rows, 2)
    const outcomes: LoadOutcome[] = []
    for (let run = 0; run < runs; run++) outcomes.push(await grpcFullLoad(server, port, rows, seconds))
    const outcome = middle(outcomes)
    line('ours, gRPC, Redis', rows, outcome)
    bars.push({
      name: `gRPC, Redis, ${rows} × 50: cpu per request, of Go's ${goCpu.grpc[rows]} ms`,
      limit,
      measured: outcome.cpuMsPerRequest / goCpu.grpc[rows],
    })
  } finally {
    await server.stop()
  }
}

// At the rate that Feast can just bear, how long answers take.
{
  const [feastServer, feastPort] = await started(sides.feast, 'feature_store.yaml')
  const [ourServer, ourPort] = await started(sides.ours, 'feature_store.yaml')
  try {
    const rate = 100
    await offeredLoad(feastPort, 1, rate, 2)
    await offeredLoad(ourPort, 1, rate, 2)
    const [theirs, own] = [await offeredLoad(feastPort, 1, rate, seconds), await offeredLoad(ourPort, 1, rate, seconds)]
    notes.push(
      `At ${rate} requests/s offered, 1 row: p50 ${theirs.p50.toFixed(2)} ms and p99 ${theirs.p99.toFixed(2)} ms of Feast's Python server, ${own.p50.toFixed(2)} ms and ${own.p99.toFixed(2)} ms of ours.`,
    )
    bars.push({ name: `p99 at ${rate} requests/s offered`, limit: 1, measured: own.p99 / theirs.p99 })
  } finally {
    await Promise.all([feastServer.stop(), ourServer.stop()])
  }
}

// Several processes. The load generator and Redis want cores too, so it counts how much of the work the busier one has.
{
  const busiest: number[] = []
  const outcomes: LoadOutcome[] = []
  for (const workers of ['1', '2']) {
    const [server, port] = await started(sides.ours, 'feature_store.yaml', ['--workers', workers])
    try {
      await fullLoad(server, port, 10, 3)
      const before = server.busiestCpuSeconds()
      const outcome = await fullLoad(server, port, 10, 2 * seconds)
      busiest.push((server.busiestCpuSeconds() - before) / outcome.requests)
      outcomes.push(outcome)
    } finally {
      await server.stop()
    }
  }
  const [one, two] = outcomes
  const [alone = 0, shared = 0] = busiest
  if (one === undefined || two === undefined) throw new Error('no run')
  line('ours, HTTP, Redis, 2 workers', 10, two)
  notes.push(
    `Two workers answered ${(two.requestsPerSecond / one.requestsPerSecond).toFixed(2)} times as many requests of 10 rows as one, with wrk and Redis on the same ${availableParallelism()} cores. Of each request the busier of the two had ${(shared * 1000).toFixed(3)} ms of cpu, one alone has ${(alone * 1000).toFixed(3)} ms: with a core for each of them, and others for the load, two answer ${(alone / shared).toFixed(2)} times as many.`,
  )
  bars.push({
    name: 'cpu of the busier of two workers per request, of one',
    limit: 1 / 1.6,
    measured: shared / alone,
    absolute: true,
  })
}

{
  const starts: number[] = []
  for (let run = 0; run < 5; run++) {
    const [server] = await started(sides.ours, 'feature_store.yaml')
    starts.push(server.firstAnswerMs)
    await server.stop()
  }
  bars.push({ name: 'start to first answer, of 400 ms', limit: 1, measured: median(starts) / 400, absolute: true })
  notes.push(`From the start of the process to its first answer: ${median(starts).toFixed(0)} ms (median of 5).`)
}

// Resident memory, and beside it what V8 makes of it when Node is given sizes and the server leaves them alone.
if (!quick) {
  const resident: number[] = []
  const [server, port] = await started(sides.ours, 'feature_store.yaml')
  try {
    await ask(port, [1])
    resident.push(server.residentMb())
    for (let requests = 0; requests < 1_000_000; ) {
      requests += (await fullLoad(server, port, 1, 10)).requests
      resident.push(server.residentMb())
      console.error(`  soak: ${requests} requests, ${server.residentMb().toFixed(0)} MB`)
    }
    await fullLoad(server, port, 100, seconds)
    const afterMany = server.residentMb()
    const [first = 0, half = 0, last = 0] = [resident[0], resident[Math.floor(resident.length / 2)], resident.at(-1)]
    notes.push(
      `Resident memory: ${first.toFixed(0)} MB after the first answer, ${half.toFixed(0)} MB half way, ${last.toFixed(0)} MB after 1 M requests of 1 row, and ${afterMany.toFixed(0)} MB after ${seconds} s of requests of 100 rows on top. ${await residentByDefault()}`,
    )
    bars.push({ name: 'resident memory after 1 M requests, of 150 MB', limit: 1, measured: last / 150, absolute: true })
    bars.push({
      name: 'resident memory after 1 M requests, of half way',
      limit: 1.1,
      measured: last / half,
      absolute: true,
    })
  } finally {
    await server.stop()
  }
}

async function residentByDefault(): Promise<string> {
  const port = await freePort()
  const flags = ['--semi-space-growth-factor=2', program, 'serve', '-p', String(port), '--no-access-log']
  const answers = (): Promise<unknown> => ask(port, [1])
  const server = await ServedProcess.start([process.execPath, ...flags], { cwd: repo, answers })
  try {
    const start = server.residentMb()
    const { cpuMsPerRequest, requests } = await fullLoad(server, port, 1, 20)
    return `With V8's own sizes of the heap: ${start.toFixed(0)} MB after the first answer, ${server.residentMb().toFixed(0)} MB after ${requests} requests of 1 row, at ${cpuMsPerRequest.toFixed(3)} ms of cpu each.`
  } finally {
    await server.stop()
  }
}

for (const rows of [1, 100]) {
  const profiles = join(folder, `profile-${rows}`)
  const port = await freePort()
  const flags = ['--cpu-prof', `--cpu-prof-dir=${profiles}`, program, 'serve', '-p', String(port), '--no-access-log']
  const answers = (): Promise<unknown> => ask(port, [1])
  const server = await ServedProcess.start([process.execPath, ...flags], { cwd: repo, answers })
  await fullLoad(server, port, rows, 2 * seconds)
  await server.stop()
  const shares = profiledShares(profiles, 3000).map(([part, share]) => `${part} ${Math.round(share * 100)} %`)
  notes.push(`Where the time of the server goes at ${rows} ${rows === 1 ? 'row' : 'rows'}: ${shares.join(', ')}.`)
}

notes.push(await measureFloor(redis.port))
rmSync(folder, { recursive: true, force: true })

recordResult('serving', {
  title: 'Online serving',
  method:
    'Five views of ten features, 10 000 entities, in one Redis database that Feast filled; `wrk` with 8 connections in one thread; each figure the middle of several runs, sides in turns. Ours is the built package. Cpu is user and system time of the server alone. For Feast’s Go server see the bars of gRPC and the notes; its figures were taken elsewhere.',
  columns: ['server', 'rows', 'requests/s', 'p50', 'p99', 'server cpu per request', 'of Feast, Python'],
  rows: table,
  bars,
  notes: [
    ...notes,
    'What remains at 1 row is mostly one system call to Redis and one to the client per request, and Node’s own HTTP around them; at 100 rows it is the text of the answer and its way out. The floor is what the Redis client alone costs.',
    `Feast’s Go server took ${goCpu.http[1]}, ${goCpu.http[10]} and ${goCpu.http[100]} ms of cpu per request at 1, 10 and 100 rows over HTTP.`,
  ],
})
