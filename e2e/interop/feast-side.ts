import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The version that the formats are measured by. */
export const feastVersion = '0.67.0'

/** What of Feast's optional parts the tests and benchmarks run. */
const extras = ['duckdb', 'redis', 'postgres', 'mysql', 'grpcio']

const script = fileURLToPath(new URL('./feast_side.py', import.meta.url))

/** Where the virtual environment with real Feast is kept between runs. */
const environment = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'feast-ts', `feast-${feastVersion}`)

/**
 * The Python interpreter of an environment that has real Feast. Made on the first call, which downloads about 740 MB
 * from PyPI. The mark is set last: an environment whose installation was cut off is installed again.
 */
export function feastPython(): string {
  const python = join(environment, 'bin', 'python')
  const mark = join(environment, `installed-${extras.join('-')}`)
  if (existsSync(mark)) return python
  console.error(`Installing Feast ${feastVersion} into ${environment} (once, a minute or two) …`)
  mkdirSync(environment, { recursive: true })
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' })
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', `feast[${extras.join(',')}]==${feastVersion}`], {
    stdio: 'inherit',
  })
  writeFileSync(mark, '')
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
