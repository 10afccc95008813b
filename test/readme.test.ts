import { execFile } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resultsDocument, withFigures } from '../bench/results.ts'
import { Instant } from '../src/base/instant.ts'
import { FeastProcess } from './serve/feast-process.ts'
import { writeParquet } from './write-parquet.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/**
 * The TypeScript blocks by the file name in their first line. Of the shell blocks the quick start runs in
 * `npm run pack:test`, and those under "Serve" here.
 */
const files = new Map(
  [...readme.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, name = '', text = '']) => [name, text]),
)

/** The example of docs/client.md, which asks for the same features. */
const clientPage = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/client.md'), 'utf8'))?.[1] ?? ''
files.set('client-page.ts', clientPage)

let folder: string
/** What train-and-serve.ts printed; the other examples read what it applied and materialized. */
let trained: string

async function run(program: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', XDG_CACHE_HOME: join(folder, '.cache') }
  const { stdout } = await promisify(execFile)(program, args, { cwd: folder, env })
  return stdout
}

const node = (...args: readonly string[]): Promise<string> => run(process.execPath, '--conditions=source', ...args)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'readme-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'feast-ts'))
  symlinkSync(join(root, 'node_modules', 'fastify'), join(folder, 'node_modules', 'fastify'))
  writeFileSync(join(folder, 'feature_store.yaml'), 'project: readme\nregistry: data/registry.db\nprovider: local\n')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [name, text] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const programs = [...files.keys()].filter((name) => !name.startsWith('features.'))
  writeFileSync(join(folder, '.feastignore'), `${[...programs, 'elsewhere-*'].join('\n')}\n`)
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
  trained = await node('train-and-serve.ts')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the examples of the README', () => {
  test('are files with names', () => {
    const first = ['features.ts', 'train-and-serve.ts', 'does-not-compile.ts', 'features.test.ts']
    expect([...files.keys()]).toEqual([
      ...first,
      'ask.ts',
      'server.ts',
      'app/fares/route.ts',
      'compare.ts',
      'client-page.ts',
    ])
    expect(readme.match(/```ts/g)).toHaveLength(files.size - 1)
  })

  test('compile, but for the lines that say that they do not', async () => {
    const options = { extends: join(root, 'tsconfig.json'), include: ['**/*.ts'], exclude: ['node_modules'] }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        ...options,
        compilerOptions: { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
      }),
    )
    await run(join(root, 'node_modules/.bin/tsc'), '-p', '.')
  })

  test('build a training set and serve', () => {
    expect(trained).toContain('driver_stats')
    expect(trained).toMatch(/conv_rate: 0\.75[\s\S]*expected_fare: 2\.4/)
    // The rows are from the first of January, and a day later the ttl is over.
    expect(trained).toContain("'OUTSIDE_MAX_AGE'")
  })

  test('test a feature', async () => {
    expect(await node('--test', 'features.test.ts')).toMatch(/pass 1\n[\s\S]*fail 0/)
  })

  test('work on a repository from outside of it', async () => {
    const command = join(root, 'bin/feast.mjs')
    await run(process.execPath, command, 'init', 'outside')
    await run(process.execPath, command, '-c', 'outside', 'apply')
    const typed = (line = ''): Promise<string> =>
      run(
        'bash',
        '-c',
        line.replace('npx feast-ts', '"$0" "$1"').replace('path/to/feature_repo', 'outside'),
        process.execPath,
        command,
      )
    const [list, read, materialize, serve, ...others] = readme
      .split('\n')
      .filter((line) => line.startsWith('npx feast-ts -c path/to/feature_repo'))
    expect(await typed(list)).toContain('driver_hourly_stats')
    expect(await typed(materialize)).toMatch(/driver_hourly_stats from .*: 5 keys/)
    expect(await typed(read)).toContain('0.35010799765586853')
    // It is started so below, on a port that is free.
    expect([serve, ...others]).toEqual(['npx feast-ts -c path/to/feature_repo serve --port 6567'])
    rmSync(join(folder, 'outside'), { recursive: true })
  })
})

describe('serving, as the README has it', () => {
  /** What a program of the README prints when servers listen elsewhere. */
  async function printedBy(name: string, ports: Readonly<Record<string, string>>): Promise<string> {
    const text = (files.get(name) ?? '').replace(/6566|6567/g, (port) => ports[port] ?? port)
    writeFileSync(join(folder, `elsewhere-${name}`), text)
    return node(`elsewhere-${name}`)
  }
  const portOf = (url: string): string => new URL(url).port

  test('the repository of the quick start gives the answer that is shown', async () => {
    const [, serve, curl, shown] =
      /<!-- serve -->\s*```sh\n([\s\S]*?)```\s*```sh\n([\s\S]*?)```[\s\S]*?```json\n([\s\S]*?)```/.exec(readme) ?? []
    expect(serve?.trim()).toBe('npx feast serve')
    const feast = (...args: readonly string[]): Promise<string> =>
      run(process.execPath, join(root, 'bin/feast.mjs'), ...args)
    await feast('init', 'my-features')
    const repository = join(folder, 'my-features')
    await feast('-c', repository, 'apply')
    await feast('-c', repository, 'materialize-incremental', new Date().toISOString().slice(0, 19))
    const { server, addresses } = await FeastProcess.serve(repository)
    await using _running = server
    const answer = await run('bash', '-c', (curl ?? '').replace('http://127.0.0.1:6566', addresses.http))
    const hour = /"20\d\d-[^"]+"/g
    expect(answer.match(hour)).toHaveLength(1)
    expect(JSON.parse(answer.replace(hour, '"an hour"'))).toEqual(JSON.parse((shown ?? '').replace(hour, '"an hour"')))
    expect((await fetch(`${addresses.http}/docs`)).status).toBe(200)
    rmSync(repository, { recursive: true })
  })

  test('a client asks, and a comparison with Feast’s answers finds the same values', async () => {
    const asFeast = mkdtempSync(join(tmpdir(), 'readme-as-feast-'))
    cpSync(folder, asFeast, { recursive: true })
    appendFileSync(join(asFeast, 'feature_store.yaml'), 'compatibility: feast\n')
    const [ours, likeFeast] = await Promise.all([FeastProcess.serve(folder), FeastProcess.serve(asFeast)])
    await using _first = ours.server
    await using _second = likeFeast.server
    const ports = { 6566: portOf(likeFeast.addresses.http), 6567: portOf(ours.addresses.http) }
    expect(await printedBy('ask.ts', { 6566: ports[6567] })).toMatch(/expected_fare: 2\.4[\s\S]*PRESENT/)
    expect(await printedBy('client-page.ts', { 6566: ports[6567] })).toMatch(/^422 FTS5020 /)
    const compared = await printedBy('compare.ts', ports)
    expect(compared).toMatch(/conv_rate \[ 'PRESENT', 'PRESENT', 'NOT_FOUND' \] \[\s*'OUTSIDE_MAX_AGE',/)
    rmSync(asFeast, { recursive: true })
  })

  test('routes of fastify and of Next.js read in their own process', async () => {
    const program = `
      import { GET } from './app/fares/route.ts'
      import { app } from './server.ts'
      const { body, statusCode } = await app.inject('/fares/1001?km=3.2')
      const refused = await app.inject('/fares/x?km=3.2')
      const fares = await (await GET(new Request('http://localhost/fares?driver=1001&driver=1002&km=2'))).json()
      console.log(JSON.stringify([statusCode, JSON.parse(body), fares, refused.json().code]))
      await app.close()
      process.exit()`
    writeFileSync(join(folder, 'elsewhere-routes.ts'), program)
    expect(JSON.parse(await node('elsewhere-routes.ts'))).toEqual([
      200,
      { fare: 3.2 * 0.75, status: 'OUTSIDE_MAX_AGE' },
      { fares: [1.5, 0.5] },
      'FTS5003',
    ])
  })
})

test('the first file that the README of a minimal project shows can be planned', async () => {
  const feast = (...args: readonly string[]): Promise<string> =>
    run(process.execPath, join(root, 'bin/feast.mjs'), ...args)
  await feast('init', 'minimal', '--minimal')
  const text = readFileSync(join(folder, 'minimal/README.md'), 'utf8')
  writeFileSync(join(folder, 'minimal/features.ts'), /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? '')
  expect(await feast('-c', 'minimal', 'plan')).toContain('Will create feature view driver_hourly_stats')
  rmSync(join(folder, 'minimal'), { recursive: true })
})

test('the figures of the README and of bench/RESULTS.md are those that the benchmarks recorded', () => {
  expect(readFileSync(join(root, 'bench/RESULTS.md'), 'utf8')).toBe(resultsDocument())
  expect(withFigures('<!-- figures -->\n\n<!-- end of figures -->')).toContain('| Commands | cpu of `feast version` |')
  expect(readme).toBe(withFigures(readme))
})

test.each(globSync(['*.md', 'docs/**/*.md', 'examples/*/*.md'], { cwd: root }))('%s links to what is there', (page) => {
  const path = join(root, page)
  const anchorsOf = (text: string): readonly string[] =>
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )
  const links = [...readFileSync(path, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
  for (const [link, file = '', anchor] of links) {
    const target = file === '' ? path : join(dirname(path), file)
    expect(existsSync(target), link).toBe(true)
    if (anchor !== undefined) expect(anchorsOf(readFileSync(target, 'utf8')), link).toContain(anchor)
  }
})
