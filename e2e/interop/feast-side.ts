import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The version that the formats are measured by. */
export const feastVersion = '0.67.0'

const script = fileURLToPath(new URL('./feast_side.py', import.meta.url))

/** Where the virtual environment with real Feast is kept between runs. */
const environment = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'feast-ts', `feast-${feastVersion}`)

/**
 * The Python interpreter of an environment that has real Feast. Made on the first call, which downloads about 740 MB
 * from PyPI; a half-made one is never used, because it gets its name only when it is whole.
 */
export function feastPython(): string {
  const python = join(environment, 'bin', 'python')
  if (existsSync(python)) return python
  mkdirSync(join(environment, '..'), { recursive: true })
  console.error(`Installing Feast ${feastVersion} into ${environment} (once, a minute or two) …`)
  const requirement = `feast[duckdb]==${feastVersion}`
  const building = `${environment}.${process.pid}`
  rmSync(building, { recursive: true, force: true })
  execFileSync('python3', ['-m', 'venv', building], { stdio: 'inherit' })
  execFileSync(join(building, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', requirement], { stdio: 'inherit' })
  try {
    renameSync(building, environment)
  } catch {
    rmSync(building, { recursive: true, force: true })
  }
  return python
}

/** Runs one command of `feast_side.py` and returns the document that it prints. */
export async function feastSide<Result>(command: string, ...args: readonly string[]): Promise<Result> {
  const { stdout } = await promisify(execFile)(feastPython(), [script, command, ...args], {
    env: { ...process.env, TZ: 'UTC', FEAST_USAGE: 'False' },
    maxBuffer: 1 << 28,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null') as Result
}
