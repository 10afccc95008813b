/** `npm run bench:cli`: wall and cpu time of commands that people run all day, beside real Feast, in one run. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { feastPython, feastSide } from '../e2e/interop/feast-side.ts'
import { type Cost, measure, median } from './measure.ts'
import { recordResult } from './results.ts'

const runs = 7
const commands = [
  { args: ['version'], bar: 1 / 15 },
  { args: ['apply'], bar: 1 / 8 },
  { args: ['feature-views', 'list'], bar: 1 / 15 },
] as const

const ours = [process.execPath, fileURLToPath(new URL('../bin/feast.mjs', import.meta.url))]
const feast = [join(dirname(feastPython()), 'feast')]

const folder = mkdtempSync(join(tmpdir(), 'bench-cli-'))
const repo = join(folder, 'repo')
await feastSide('make', repo)
cpSync(fileURLToPath(new URL('../e2e/interop/definitions.ts', import.meta.url)), join(repo, 'definitions.ts'))

// Each side applies once to a registry of its own; the runs that count change nothing.
const repoOf = { ours: join(folder, 'ours'), feast: join(folder, 'feast') }
for (const path of Object.values(repoOf)) cpSync(repo, path, { recursive: true })
await measure([...ours, 'apply'], { cwd: repoOf.ours })
await measure([...feast, 'apply'], { cwd: repoOf.feast })

const rows: string[][] = []
const bars: { name: string; limit: number; measured: number }[] = []
for (const { args, bar } of commands) {
  const costs: { ours: Cost[]; feast: Cost[] } = { ours: [], feast: [] }
  for (let run = 0; run < runs; run++) {
    costs.feast.push(await measure([...feast, ...args], { cwd: repoOf.feast }))
    costs.ours.push(await measure([...ours, ...args], { cwd: repoOf.ours }))
  }
  const cpu = (side: readonly Cost[]): number => median(side.map((cost) => cost.cpuSeconds))
  const wall = (side: readonly Cost[]): number => median(side.map((cost) => cost.wallSeconds))
  const name = `feast ${args.join(' ')}`
  rows.push([
    `\`${name}\``,
    ...[wall(costs.feast), wall(costs.ours), cpu(costs.feast), cpu(costs.ours)].map((value) => `${value.toFixed(3)} s`),
    `1/${(cpu(costs.feast) / cpu(costs.ours)).toFixed(1)}`,
  ])
  bars.push({ name: `cpu of \`${name}\``, limit: bar, measured: cpu(costs.ours) / cpu(costs.feast) })
}
rmSync(folder, { recursive: true, force: true })

recordResult('cli', {
  title: 'Commands',
  method: `Median of ${runs} runs, taken in turns. The repository has 2 entities, 4 feature views and a feature service; \`apply\` finds nothing to change.`,
  columns: ['command', 'Feast, wall', 'ours, wall', 'Feast, cpu', 'ours, cpu', 'cpu share'],
  rows,
  bars,
  notes: [],
})
