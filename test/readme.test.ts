import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Instant } from '../src/base/instant.ts'
import { writeParquet } from './write-parquet.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The TypeScript blocks by the file name in their first line. The shell blocks run in `npm run pack:test`. */
const files = new Map(
  [...readme.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, name = '', text = '']) => [name, text]),
)

let folder: string

async function run(program: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' }
  const { stdout } = await promisify(execFile)(program, args, { cwd: folder, env })
  return stdout
}

const node = (...args: readonly string[]): Promise<string> => run(process.execPath, '--conditions=source', ...args)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'readme-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'feast-ts'))
  writeFileSync(join(folder, 'feature_store.yaml'), 'project: readme\nregistry: data/registry.db\nprovider: local\n')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
  writeFileSync(join(folder, '.feastignore'), 'train-and-serve.ts\ndoes-not-compile.ts\n')
  const at = (text: string): Instant => Instant.parse(text) ?? Instant.fromEpochSeconds(0)
  const row = (driver_id: bigint, time: string, conv_rate: number, avg_daily_trips: bigint) => ({
    driver_id,
    event_timestamp: at(time),
    created: at(time),
    conv_rate,
    avg_daily_trips,
  })
  await writeParquet(join(folder, 'data/driver_stats.parquet'), [
    row(1001n, '2026-01-01T10:00:00Z', 0.5, 10n),
    row(1001n, '2026-01-01T11:00:00Z', 0.75, 11n),
    row(1002n, '2026-01-01T11:00:00Z', 0.25, 20n),
  ])
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the examples of the README', () => {
  test('are files with names', () => {
    expect([...files.keys()]).toEqual(['features.ts', 'train-and-serve.ts', 'does-not-compile.ts', 'features.test.ts'])
    expect(readme.match(/```ts/g)).toHaveLength(files.size)
  })

  test('compile, but for the lines that say that they do not', async () => {
    const options = { extends: join(root, 'tsconfig.json'), include: ['*.ts'], exclude: [] }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        ...options,
        compilerOptions: { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
      }),
    )
    await run(join(root, 'node_modules/.bin/tsc'), '-p', '.')
  })

  test('build a training set and serve', async () => {
    const output = await node('train-and-serve.ts')
    expect(output).toContain('driver_stats')
    expect(output).toMatch(/conv_rate: 0\.75[\s\S]*expected_fare: 2\.4/)
    // The rows are from the first of January, and a day later the ttl is over.
    expect(output).toContain("'OUTSIDE_MAX_AGE'")
  })

  test('test a feature', async () => {
    expect(await node('--test', 'features.test.ts')).toMatch(/pass 1\n[\s\S]*fail 0/)
  })

  test('work on a repository from outside of it', async () => {
    const command = join(root, 'bin/feast.mjs')
    const lines = readme.split('\n').filter((line) => line.startsWith('feast -c path/to/feature_repo'))
    expect(lines).toHaveLength(3)
    expect(await run(process.execPath, command, '-c', folder, 'feature-views', 'list')).toContain('driver_stats')
    const read = ['get-online-features', '-e', 'driver_id=1001', '-f', 'driver_stats:conv_rate']
    expect(await run(process.execPath, command, '-c', folder, ...read)).toContain('0.75')
  })
})
