/**
 * `npm run bench:results`: makes `bench/RESULTS.md`, and the figures of the README, from what the benchmarks left in
 * `bench/results/`.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

export interface Bar {
  readonly name: string
  readonly limit: number
  readonly measured: number
  /** Held against a figure of our own, not against another program; the README leaves it out. */
  readonly absolute?: true
}

/** One benchmark's outcome: a table, and bars that were set beforehand. */
export interface BenchResult {
  readonly title: string
  /** What was run, on which data, and how the figures were taken. */
  readonly method: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly bars: readonly Bar[]
  readonly notes: readonly string[]
}

interface StoredResult extends BenchResult {
  readonly date: string
  readonly machine: string
  readonly versions: string
}

const folder = fileURLToPath(new URL('./results/', import.meta.url))

/** Stores the outcome of `npm run bench:NAME`, replacing the one before, and prints it. */
export function recordResult(name: string, result: BenchResult): void {
  const stored: StoredResult = {
    ...result,
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`,
    versions: `Node ${process.version}`,
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify(stored, null, 2)}\n`)
  console.log(section(name, stored))
}

function section(name: string, result: StoredResult): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const bars = result.bars.map(({ name: bar, limit, measured }) =>
    row([bar, `≤ ${limit.toFixed(3)}`, measured.toFixed(3), measured <= limit ? 'met' : '**missed**']),
  )
  return [
    `## ${result.title}`,
    `\`npm run bench:${name}\` · ${result.date} · ${result.machine} · ${result.versions}`,
    result.method,
    [row(result.columns), row(result.columns.map(() => '---')), ...result.rows.map(row)].join('\n'),
    [
      row(['bar: ours as a share of the other', 'limit', 'measured', '']),
      row(['---', '---', '---', '---']),
      ...bars,
    ].join('\n'),
    ...result.notes,
  ].join('\n\n')
}

function storedResults(): readonly (readonly [string, StoredResult])[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => [file.slice(0, -5), JSON.parse(readFileSync(folder + file, 'utf8')) as StoredResult] as const)
}

/** The text of `bench/RESULTS.md`. */
export function resultsDocument(): string {
  const head = [
    '# Results',
    'Made by `npm run bench:results` from `bench/results/`. Figures of ours stand beside those of real Feast 0.67.0 and, where there is one, the floor, taken in the same run on the same machine, unless a section says otherwise; the shares count, not the seconds.',
  ]
  const sections = storedResults().map(([name, result]) => section(name, result))
  return `${[...head, ...sections].join('\n\n')}\n`
}

/** The README with what it says of each bar: how many times less ours takes. */
export function withFigures(readme: string): string {
  const rows = storedResults().flatMap(([, { title, bars }]) =>
    bars.flatMap(({ name, measured, absolute }) =>
      absolute ? [] : [`| ${title} | ${name} | ${(1 / measured).toFixed(1)} × less |`],
    ),
  )
  const table = ['| | measured | ours takes |', '|---|---|---|', ...rows].join('\n')
  return readme.replace(/(<!-- figures -->\n)[\s\S]*?(\n<!-- end of figures -->)/, `$1\n${table}\n$2`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const readme = fileURLToPath(new URL('../README.md', import.meta.url))
  writeFileSync(fileURLToPath(new URL('./RESULTS.md', import.meta.url)), resultsDocument())
  writeFileSync(readme, withFigures(readFileSync(readme, 'utf8')))
  execFileSync('git', ['diff', '--stat', '--', 'bench/RESULTS.md', 'README.md'], { stdio: 'inherit' })
}
