import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { main } from './main.ts'

let repo = ''

/** Runs a command in this process. */
async function feast(...argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' }
  const into = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        printed[name] += chunk.toString()
        done()
      },
    })
  const stdin = new PassThrough()
  const env = { XDG_CACHE_HOME: join(repo, '.cache') }
  const code = await main(argv, { stdout: into('stdout'), stderr: into('stderr'), stdin, env, cwd: repo })
  return { code, ...printed }
}

const definitions = `import { days, entity, featureService, featureView, fileSource, float32, int64, permission } from 'feast-ts'
const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const source = fileSource('driver_source', { path: 'data/stats.parquet', timestampField: 'event_timestamp' })
export const stats = featureView('driver_stats', { entities: [driver], ttl: days(1), schema: { conv_rate: float32 }, source })
export const secret = featureView('secret_stats', { entities: [driver], ttl: days(1), schema: { conv_rate: float32 }, source })
export const ranking = featureService('ranking', [stats])
export const readers = permission('readers', {
  types: ['FEATURE_VIEW'], namePatterns: ['driver_.*'], actions: ['READ_ONLINE', 'READ_OFFLINE'],
  policy: { kind: 'role', roles: ['reader'] },
})
`

beforeAll(async () => {
  repo = await mkdtemp(join(tmpdir(), 'feast-commands-'))
  await writeFile(
    join(repo, 'feature_store.yaml'),
    'project: rides\nregistry: {path: data/registry.db, enable_online_feature_view_versioning: true}\n',
  )
  await writeFile(join(repo, 'features.ts'), definitions)
  expect(await feast('apply')).toMatchObject({ code: 0 })
})

afterAll(() => rm(repo, { recursive: true, force: true }))

describe('permissions', () => {
  test('list --verbose shows what each one covers: patterns match whole names', async () => {
    expect((await feast('permissions', 'list', '-v')).stdout).toBe(
      'Permissions:\n\npermissions\n└── readers [reader]\n    └── FeatureView: driver_stats\n',
    )
    expect(JSON.parse((await feast('permissions', 'list', '-v', '--json')).stdout)).toEqual([
      { name: 'readers', roles: ['reader'], resources: { FeatureView: ['driver_stats'] } },
    ])
  })

  test('list names types as Feast does', async () => {
    expect((await feast('permissions', 'list')).stdout).toContain('readers  FeatureView  driver_.*')
  })

  test('check shows objects and actions that nothing covers', async () => {
    const { stdout } = await feast('permissions', 'check', '--json')
    const shown = JSON.parse(stdout) as {
      unsecured_resources: { name: string }[]
      unsecured_actions: { name: string; actions: string[] }[]
    }
    expect(shown.unsecured_resources.map((each) => each.name)).toEqual([
      'driver',
      'secret_stats',
      'ranking',
      'driver_source',
      'readers',
    ])
    expect(shown.unsecured_actions.find((each) => each.name === 'driver_stats')?.actions).toEqual([
      'CREATE',
      'DESCRIBE',
      'UPDATE',
      'DELETE',
      'WRITE_ONLINE',
      'WRITE_OFFLINE',
    ])
    expect((await feast('permissions', 'check')).stdout).toMatch(/\nsecret_stats +FeatureView\n/)
  })

  test('list-roles --verbose shows what each role may do to each object', async () => {
    const { stdout } = await feast('permissions', 'list-roles', '--verbose')
    expect(stdout).toMatch(/\nreader +driver_stats +FeatureView +READ_ONLINE, READ_OFFLINE\n/)
    expect(stdout).toMatch(/\nreader +secret_stats +FeatureView +-\n/)
  })
})

describe('what was typed', () => {
  test('a command of Feast that is not here is named as such', async () => {
    const { code, stderr } = await feast('ui')
    expect(code).toBe(2)
    expect(stderr).toContain('error FTS1101  "feast ui" is a command of Feast that this version does not have\n')
  })

  test('a command that is not there is looked for where it stands', async () => {
    const { stderr } = await feast('aply', 'plan')
    expect(stderr).toContain('There is no command "aply"\n  = did you mean "apply"?\n  = all of them: feast --help')
  })

  test('a file that cannot be written is no fault of the program', async () => {
    const { code, stderr } = await feast('plan', '--out', join(repo, 'nowhere/next.plan'))
    expect(code).toBe(1)
    expect(stderr).toContain('error FTS1111  The system refuses "open" for ')
  })

  test('--version, help and bare numbers of errors are understood', async () => {
    expect(await feast('help', 'apply')).toEqual(await feast('apply', '--help'))
    expect((await feast('--version')).stdout).toMatch(/^Feast SDK Version: /)
    expect((await feast('explain', '2104')).stdout).toMatch(/^FTS2104 {2}Unknown feature/)
  })

  test('registry create-schema is refused where there is no schema', async () => {
    const { code, stderr } = await feast('registry', 'create-schema')
    expect(code).toBe(1)
    expect(stderr).toContain('error FTS1110  The registry is of type "file"')
  })

  test('a version needs one view, and has to exist', async () => {
    const window = ['materialize', '2026-01-01', '2026-01-02'] as const
    expect((await feast(...window, '--version', 'v1')).stderr).toContain('error FTS6006')
    expect((await feast(...window, '-v', 'driver_stats', '--version', 'two')).stderr).toContain('error FTS6006')
    const unknown = await feast(...window, '-v', 'driver_stats', '--version', 'v7')
    expect(unknown.stderr).toContain('error FTS2108  The registry holds no version 7 of the feature view')
  })

  test('several values of a key are several rows, and a value of another type names the type', async () => {
    const read = ['get-online-features', '-f', 'driver_stats:conv_rate', '-e', 'driver_id=1'] as const
    const both = await feast(...read, '-e', 'driver_id=2')
    expect(JSON.parse(both.stdout)).toEqual({ driver_id: [1, 2], conv_rate: [null, null] })
    const { stdout } = await feast(...read, '-e', 'driver_id=2', '--output', 'table')
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['NAME', 'VALUE', 'STATUS'],
      ['driver_id', '1', 'PRESENT'],
      ['conv_rate', 'null', 'NOT_FOUND'],
      ['driver_id', '2', 'PRESENT'],
      ['conv_rate', 'null', 'NOT_FOUND'],
      [''],
    ])
    const uneven = await feast(...read, '-e', 'driver_id=2', '-e', 'km=3')
    expect(uneven.stderr).toContain('unequal numbers of values: driver_id has 2, km has 1\n')
    expect(uneven.code).toBe(2)
    const { stderr } = await feast('get-online-features', '-f', 'driver_stats:conv_rate', '-e', 'driver_id=abc')
    expect(stderr).toContain('The value "abc" of driver_id is not of its type, Int64\n')
  })

  test('plan warns of keys without effect, with the nearest one, and of sources that are not there', async () => {
    await writeFile(join(repo, 'doubtful.yaml'), 'project: rides\nregistry: data/registry.db\nprovidr: local\n')
    expect(await feast('-f', join(repo, 'doubtful.yaml'), 'plan')).toMatchObject({
      code: 0,
      stderr:
        'warning: The key "providr" has no effect. Did you mean "provider"?\n' +
        'warning: Data source "driver_source": there is no file data/stats.parquet yet.\n',
    })
  })

  test('a feature service where a view is wanted is named as such', async () => {
    const { stderr } = await feast('feature-views', 'describe', 'ranking')
    expect(stderr).toContain('  = "ranking" is a feature service; name its views: feast feature-services list\n')
  })

  test('entity rows that cannot be read are named', async () => {
    const { stderr } = await feast('get-historical-features', '-f', 'driver_stats:conv_rate', '-d', '@rows.json')
    // Where the lines break depends on the length of the folder's name.
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain('rows.json cannot be read (ENOENT)')
  })
})

test('--version loads the table of that version, and leaves the one in use and its windows alone', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await mkdir(join(repo, 'data'), { recursive: true })
  await connection.run(`COPY (SELECT TIMESTAMPTZ '2026-01-01 10:00:00+00' AS event_timestamp, 7::BIGINT AS driver_id,
    0.5::FLOAT AS conv_rate, 3::BIGINT AS trips) TO '${join(repo, 'data/stats.parquet')}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  const both = definitions.replaceAll('schema: { conv_rate: float32 }', 'schema: { conv_rate: float32, trips: int64 }')
  await writeFile(join(repo, 'features-two.ts'), both)
  await rm(join(repo, 'features.ts'))
  expect(await feast('apply')).toMatchObject({ code: 0, stderr: '' })
  const window = ['materialize', '2026-01-01', '2026-01-02', '-v', 'driver_stats'] as const
  const loaded = await feast(...window, '--version', 'v0')
  expect(loaded).toMatchObject({ code: 0, stderr: '' })
  expect(loaded.stdout).toContain(': 1 key\n')
  expect((await feast('feature-views', 'describe', 'driver_stats')).stdout).not.toContain('materializationIntervals')
  const read = async (reference: string): Promise<unknown> =>
    JSON.parse((await feast('get-online-features', '-e', 'driver_id=7', '-f', reference)).stdout || '{}')
  expect(await feast(...window, '--version', 'latest')).toMatchObject({ code: 0, stderr: '' })
  expect(await read('driver_stats@v0:conv_rate')).toMatchObject({ driver_id: [7] })
  expect(Object.values((await read('driver_stats@v0:conv_rate')) as object).flat()).toContain(0.5)
  expect(await read('driver_stats:trips')).toMatchObject({ trips: [3] })
})
