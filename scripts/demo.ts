// `npm run demo [FOLDER]`: the story of a ride company, from an empty folder to the best driver for a trip. Commands
// run as a person would type them; the numbers are the same in every run, only the times move.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { styleText } from 'node:util'
import MLR from 'ml-regression-multivariate-linear'
import { createClient } from '../src/client/index.ts'
import { openStore } from '../src/index.ts'
import { readParquet, writeRatings } from './demo-data.ts'

const started = performance.now()
const bin = fileURLToPath(new URL('../bin/feast.mjs', import.meta.url))
const folder = emptyFolder()
const repo = join(folder, 'rides')

/** What makes the tips of the trip log; the model does not know it and has to find it. */
const truth = { base: 0.5, conv_rate: 2, rating: 1.2, expected_fare: 0.05 }

say('A ride company wants to send the best driver to each trip.')
feast(folder, 'init', 'rides')

say('Riders rate drivers; the ratings become a second view. A service names what the model reads.')
await writeRatings(join(repo, 'data/driver_ratings.parquet'), new Date())
writeFileSync(join(repo, 'ratings.ts'), ratingsFile())
console.log(styleText('dim', ratingsFile()))
feast(repo, 'plan')
feast(repo, 'apply')

say('A mistyped name is found at once:')
feast(repo, { exit: 1 }, 'get-online-features', '-e', 'driver_id=1001', '-f', 'driver_hourly_stats:conv_rat')

say('Training rows: every trip of the log gets the features as they were when it began.')
const trips = await tripLog()
const store = await openStore(repo)
const ranking = await store.getFeatureService('driver_ranking')
const training = await store.getHistoricalFeatures({ features: ranking, entities: trips }).toRows()
const shown = training
  .slice(0, 5)
  .map(({ event_timestamp, ...row }) => ({ at: String(event_timestamp), ...rounded(row) }))
console.table(shown)
console.log(`${training.length} rows`)

say('A linear model learns what makes a tip.')
const usable = training.filter((row) => inputs(row).every((value) => value !== null))
const model = new MLR(
  usable.map((row) => inputs(row).map(Number)),
  usable.map((row) => [Number(row.tip)]),
)
const [conv, rating, fare, base] = model.weights.map(([weight]) => weight ?? Number.NaN)
console.table({
  'really is': truth,
  learned: rounded({ base, conv_rate: conv, rating, expected_fare: fare }),
})

await store.close()

say('The latest values go to the online store, and a server answers whoever asks over HTTP.')
feast(repo, 'materialize-incremental', new Date().toISOString().slice(0, 19))
const { server, url } = await serve(repo)

const trip = { distance_km: 12, price_per_km: 1.8 }
say(`A rider wants to go ${trip.distance_km} km. Which driver? The dispatcher asks the server.`)
const drivers = [1001, 1002, 1003, 1004, 1005]
const online = await createClient({ url }).getOnlineFeatures({
  featureService: 'driver_ranking',
  entities: drivers.map((driver_id) => ({ driver_id, ...trip })),
})
const candidates = online
  .rows()
  .map((row): Candidate => ({ ...row, expected_tip: model.predict(inputs(row).map(Number))[0] ?? Number.NaN }))
  .sort((a, b) => b.expected_tip - a.expected_tip)
console.table(candidates.map(rounded))

await drain(server)
const [best] = candidates
console.log(`\nEverything is in ${repo}; it took ${((performance.now() - started) / 1000).toFixed(1)} s.`)
console.log(`Best driver: ${String(best?.driver_id)}`)

/** A driver with all that is known for the trip, and what the model makes of it. */
interface Candidate extends Readonly<Record<string, unknown>> {
  readonly expected_tip: number
}

/** The columns that the model reads, in its order. */
function inputs(row: Readonly<Record<string, unknown>>): readonly unknown[] {
  return [row.conv_rate, row.rating, row.expected_fare]
}

/** 400 trips of the last ten days, with a tip that follows from what was true at their beginning, and a little luck. */
async function tripLog(): Promise<readonly Readonly<Record<string, string | number>>[]> {
  const stats = await readParquet(join(repo, 'data/driver_stats.parquet'), ['conv_rate'])
  const ratings = await readParquet(join(repo, 'data/driver_ratings.parquet'), ['rating'])
  const newest = Math.max(...stats.map((row) => row.at))
  return Array.from({ length: 400 }, (_, index) => {
    const driver_id = 1001 + (index % 5)
    const at = newest - ((index * 7919) % 14_400) * 60_000
    const distance_km = 1 + ((index * 31) % 200) / 10
    const price_per_km = 1.5 + ((index * 17) % 10) / 10
    const conv_rate = latest(stats, driver_id, at)
    const expected_fare = distance_km * price_per_km * conv_rate
    const luck = (((index * 104_729) % 1000) / 1000 - 0.5) * 0.2
    const tip =
      truth.base +
      truth.conv_rate * conv_rate +
      truth.rating * latest(ratings, driver_id, at) +
      truth.expected_fare * expected_fare +
      luck
    return { driver_id, event_timestamp: new Date(at).toISOString(), distance_km, price_per_km, tip }
  })
}

/** The value that was the latest one then. */
function latest(rows: Awaited<ReturnType<typeof readParquet>>, driver: number, at: number): number {
  const before = rows.filter((row) => row.driver === driver && row.at <= at)
  return before.reduce((best, row) => (row.at >= best.at ? row : best)).value
}

function ratingsFile(): string {
  return `import { days, featureService, featureView, fileSource, float64 } from 'feast-ts'
import { driver, driverStats, tripFare } from './features.ts'

export const driverRatings = featureView('driver_ratings', {
  entities: [driver],
  ttl: days(30),
  schema: { rating: float64 },
  source: fileSource('driver_ratings_source', { path: 'data/driver_ratings.parquet', timestampField: 'event_timestamp' }),
})

export const ranking = featureService('driver_ranking', [
  driverStats.select('conv_rate'),
  driverRatings,
  tripFare.select('expected_fare'),
])
`
}

/** Runs a command in a folder, printing it first; it must end with the exit code that is expected. */
function feast(cwd: string, ...words: readonly (string | { readonly exit: number })[]): void {
  const args = words.filter((word) => typeof word === 'string')
  const expected = words.find((word) => typeof word === 'object')?.exit ?? 0
  console.log(`${styleText('cyan', '$')} ${styleText('bold', `feast ${args.join(' ')}`)}`)
  const { status } = spawnSync(process.execPath, [bin, ...args], { cwd, stdio: 'inherit' })
  if (status !== expected) throw new Error(`feast ${args.join(' ')} ended with ${status}, not ${expected}`)
}

/** Starts the feature server of a repository on a free port; where it is, once it listens. */
async function serve(cwd: string): Promise<{ readonly server: ChildProcess; readonly url: string }> {
  const args = ['serve', '--port', '0', '--no-access-log', '--json']
  console.log(`${styleText('cyan', '$')} ${styleText('bold', `feast ${args.join(' ')}`)}`)
  const child = spawn(process.execPath, [bin, ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill())
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), failed(child)])
  console.log(line)
  return { server: child, url: (JSON.parse(String(line)) as { readonly http: string }).http }
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`feast serve ended with ${code}`)
}

/** Ends a server as an operator does. */
async function drain(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const [code] = await ended
  if (code !== 0) throw new Error(`feast serve ended with ${code}`)
  console.log('SIGTERM: the server answered what was on its way, and ended.')
}

function say(text: string): void {
  console.log(`\n${styleText(['bold', 'green'], text)}`)
}

function rounded(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'number' ? Number(value.toFixed(3)) : typeof value === 'bigint' ? Number(value) : value,
    ]),
  )
}

function emptyFolder(): string {
  const given = process.argv[2]
  if (given === undefined) return mkdtempSync(join(tmpdir(), 'feast-demo-'))
  const path = resolve(given)
  mkdirSync(path, { recursive: true })
  if (readdirSync(path).length === 0) return path
  console.error(`The demo wants an empty folder; ${path} is not empty.`)
  process.exit(1)
}
