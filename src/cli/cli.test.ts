import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

let folder = ''
let repo = ''

/** Runs the command as a user would: in a process of its own, without a terminal. */
function feast(args: readonly string[], cwd = repo, env: Record<string, string> = {}): Promise<Ended> {
  return node([join(root, 'bin/feast.mjs'), ...args], cwd, env)
}

function node(args: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...args],
      { cwd, env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: join(folder, '.cache'), ...env } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        // Paths differ from run to run.
        resolve({ code, stdout: stdout.replaceAll(folder, 'FOLDER'), stderr: stderr.replaceAll(folder, 'FOLDER') })
      },
    )
    child.stdin?.end()
  })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'feast-cli-'))
  repo = join(folder, 'rides')
  const made = await feast(['init', 'rides'], folder)
  expect(made).toEqual({
    code: 0,
    stdout:
      '\nCreating a new Feast repository in FOLDER/rides.\n\nGo on with:\n  cd rides\n  npm install\n  npx feast apply\n',
    stderr: '',
  })
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('init', () => {
  test('makes a project with everything that is needed to run it', async () => {
    expect((await readdir(repo)).sort()).toEqual([
      '.feastignore',
      '.gitignore',
      'README.md',
      'data',
      'feature_store.yaml',
      'features.test.ts',
      'features.ts',
      'package.json',
      'test-workflow.ts',
      'tsconfig.json',
    ])
    expect(await readFile(join(repo, 'feature_store.yaml'), 'utf8')).toContain('project: rides\n')
    expect(await readdir(folder)).toEqual(['rides'])
  })

  test('refuses a folder that is in use, and leaves it alone', async () => {
    const { code, stderr } = await feast(['init', 'rides'], folder)
    expect(code).toBe(1)
    expect(stderr).toBe(
      'error FTS1108  The folder FOLDER/rides is not empty\n' +
        '  = choose another name, or another place with --repo-path\n' +
        '  = more: feast explain FTS1108\n',
    )
  })

  test.each([
    [['init', '_x'], 'FTS1103'],
    [['init', 'x', '-t', 'lokal'], 'FTS1109'],
  ])('%j is wrong usage and leaves nothing behind', async (args, code) => {
    const place = join(folder, 'elsewhere')
    await mkdir(place, { recursive: true })
    const ended = await feast(args, place)
    expect(ended.stderr).toContain(code)
    expect(ended.code).toBe(2)
    expect(await readdir(place)).toEqual([])
    await rm(place, { recursive: true })
  })

  test('says where to go on, also when the folder is elsewhere or has blanks', async () => {
    const place = join(folder, 'far')
    await mkdir(place)
    const { stdout } = await feast(['init', 'rides', '--repo-path', "the driver's own/rides", '--minimal'], place)
    expect(stdout).toContain(String.raw`cd 'the driver'\''s own/rides'`)
    await rm(place, { recursive: true })
  })

  test('--minimal makes a project without features that can be applied', async () => {
    const place = join(folder, 'small')
    await mkdir(place)
    expect((await feast(['init', 'my-store', '--minimal'], place)).code).toBe(0)
    const { stdout } = await feast(['apply'], join(place, 'my-store'))
    expect(stdout).toContain('Applying changes for project my_store\nCreated project my_store\n')
    await rm(place, { recursive: true })
  })

  test('the project passes its own tests, type check and workflow', async () => {
    const place = join(folder, 'own')
    await mkdir(place)
    await feast(['init', 'own'], place)
    const own = join(place, 'own')
    await mkdir(join(own, 'node_modules/@types'), { recursive: true })
    await symlink(root, join(own, 'node_modules/feast-ts'))
    await symlink(join(root, 'node_modules/@types/node'), join(own, 'node_modules/@types/node'))
    const tests = await node(['--conditions=source', '--test', '*.test.ts'], own)
    expect(tests.stdout).toContain('pass 3')
    // Against the sources of the package, which need its own settings; users see declarations.
    const settings = ['--customConditions', 'source', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess']
    const types = await node([join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', ...settings], own)
    expect(types.stdout).toBe('')
    const workflow = await node(['--conditions=source', 'test-workflow.ts'], own)
    expect(workflow.stderr).toBe('')
    expect(workflow.stdout).toContain('driver_hourly_stats: 5 keys')
    await rm(place, { recursive: true })
  })
})

describe('the way of a feature', () => {
  test('plan says what apply will do, and apply does it in the words of Feast', async () => {
    const planned = await feast(['plan', '--detailed-exitcode'])
    expect(planned.code).toBe(3)
    expect(planned.stdout).toContain('Will create feature view driver_hourly_stats\n')
    const applied = await feast(['apply'])
    expect(applied).toEqual({
      code: 0,
      stderr: '',
      stdout: `Applying changes for project rides
Created project rides
Created data source driver_hourly_stats_source
Created data source driver_stats_push_source
Created data source trip
Created entity driver
Created feature view driver_hourly_stats
Created feature view driver_hourly_stats_fresh
Created on demand feature view trip_fare
Created feature service driver_activity_v1
Created feature service driver_activity_v2
Created feature service driver_activity_fresh

Created sqlite table rides_driver_hourly_stats
Created sqlite table rides_driver_hourly_stats_fresh

`,
    })
    const again = await feast(['apply'])
    expect(again.stdout).toBe(
      'Applying changes for project rides\nNo changes to registry\nNo changes to infrastructure\n',
    )
    expect((await feast(['plan', '--detailed-exitcode'])).code).toBe(0)
  })

  test('a plan is kept, applied elsewhere, and refused once the registry has moved on', async () => {
    const definitions = await readFile(join(repo, 'features.ts'), 'utf8')
    await writeFile(join(repo, 'features.ts'), definitions.replace('ttl: days(1)', 'ttl: days(2)'))
    const kept = await feast(['plan', '--out', 'next.plan'])
    expect(kept.stdout).toContain('Will update feature view driver_hourly_stats\n\tttl: ')
    expect(kept.stderr).toBe('Plan written to FOLDER/rides/next.plan. Do it with: feast apply --plan next.plan\n')
    expect((await feast(['apply', '--plan', 'next.plan'])).stdout).toContain(
      'Updated feature view driver_hourly_stats\n',
    )
    const late = await feast(['apply', '--plan', 'next.plan'])
    expect(late.code).toBe(1)
    expect(late.stderr).toContain('error FTS3201')
    expect((await feast(['apply', '--plan', 'nowhere.plan'])).stderr).toContain('error FTS1107')
  })

  test('materialize-incremental says a line per view, and the second run has nothing old to do', async () => {
    const end = new Date().toISOString().slice(0, 19)
    const { stdout, stderr, code } = await feast(['materialize-incremental', end])
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect(stdout).toMatch(/^Materializing 2 feature views to \S+ \S+\+00:00 into the sqlite online store\.\n\n/)
    expect(stdout).toMatch(/\ndriver_hourly_stats from .+ to .+: 5 keys\n/)
    const only = await feast(['materialize-incremental', end, '-v', 'driver_hourly_stats', '--json'])
    expect(JSON.parse(only.stdout).views).toHaveLength(1)
    const earlier = await feast(['materialize-incremental', '2020-01-01', '-v', 'driver_hourly_stats'])
    expect(earlier.stdout).toMatch(
      /^Materializing 1 feature views .*\n\ndriver_hourly_stats is materialized up to 20\S+ \S+ already\n$/,
    )
  })

  test('materialize takes a window, or all rows', async () => {
    expect((await feast(['materialize', '2020-01-01', '2022-01-01'])).stdout).toMatch(
      /^Materializing 2 feature views from /,
    )
    expect((await feast(['materialize', '--disable-event-timestamp', '-v', 'driver_hourly_stats'])).code).toBe(0)
    const neither = await feast(['materialize'])
    expect(neither).toMatchObject({ code: 2 })
    expect(neither.stderr).toContain('START and END are missing')
    expect((await feast(['materialize', 'yesterday', '2022-01-01'])).stderr).toContain('"yesterday" is not a time')
  })

  test('get-online-features prints columns', async () => {
    const args = ['-e', 'driver_id=1001', '-e', 'distance_km=2', '-e', 'price_per_km=3', '-f', 'trip_fare:fare']
    const { stdout } = await feast(['get-online-features', ...args])
    expect(JSON.parse(stdout)).toMatchObject({ driver_id: [1001], fare: [6] })
    const table = await feast(['get-online-features', ...args, '--output', 'table'])
    expect(table.stdout.split('\n')[0]).toMatch(/^NAME +VALUE +STATUS +EVENT TIMESTAMP$/)
    expect(table.stdout).toMatch(/^fare +6 +PRESENT$/m)
  })

  test('get-historical-features prints records', async () => {
    const rows = JSON.stringify([{ driver_id: 1001, event_timestamp: '2021-04-12T08:00:00' }])
    const { stdout } = await feast(['get-historical-features', '-d', rows, '-f', 'driver_hourly_stats:avg_daily_trips'])
    expect(JSON.parse(stdout)).toEqual([
      { driver_id: 1001, event_timestamp: '2021-04-12T08:00:00Z', avg_daily_trips: expect.any(Number) },
    ])
    const both = ['get-historical-features', '-d', rows, '-s', '2021-01-01', '-f', 'driver_hourly_stats']
    expect(await feast(both)).toMatchObject({ code: 2 })
  })

  test('disable, enable and set-state say what they did', async () => {
    expect((await feast(['feature-views', 'disable', 'driver_hourly_stats_fresh'])).stdout).toBe(
      "Feature view 'driver_hourly_stats_fresh' has been disabled.\n",
    )
    expect((await feast(['feature-views', 'enable', 'driver_hourly_stats_fresh'])).stdout).toBe(
      "Feature view 'driver_hourly_stats_fresh' has been enabled.\n",
    )
    const refused = await feast(['feature-views', 'set-state', 'driver_hourly_stats_fresh', 'CREATED'])
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('error FTS3402')
    expect((await feast(['feature-views', 'set-state', 'trip_fare', 'created'])).stdout).toBe(
      "Feature view 'trip_fare' state set to CREATED.\n",
    )
    expect(await feast(['feature-views', 'set-state', 'trip_fare', 'DONE'])).toMatchObject({ code: 2 })
  })
})

test('Ctrl-C stops a materialization, says how to go on, and the same command then succeeds', async () => {
  const place = join(folder, 'interrupted')
  await mkdir(place)
  await feast(['init', 'many'], place)
  const many = join(place, 'many')
  await manyRows(join(many, 'data/driver_stats.parquet'), 300_000)
  await feast(['apply'], many)
  const command = ['materialize-incremental', '2030-01-02T00:00:00', '-v', 'driver_hourly_stats']
  const child = spawn(process.execPath, [join(root, 'bin/feast.mjs'), ...command], { cwd: many })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  child.stdout.once('data', () => child.kill('SIGINT'))
  const [code] = await once(child, 'exit')
  expect({ code, stderr }).toEqual({
    code: 130,
    stderr: '\nInterrupted. What was written stays; run the same command again to go on.\n',
  })
  const described = await feast(['feature-views', 'describe', 'driver_hourly_stats'], many)
  expect(described.stdout).not.toContain('materializationIntervals')
  const again = await feast(command, many)
  expect(again).toMatchObject({ code: 0, stderr: '' })
  expect(again.stdout).toContain(': 300 000 keys\n')
  await rm(place, { recursive: true })
})

/** Replaces the sample by one row for each of many drivers. */
async function manyRows(path: string, count: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (
    SELECT TIMESTAMPTZ '2030-01-01 12:00:00+00' AS event_timestamp, i::BIGINT AS driver_id, 0.5::FLOAT AS conv_rate,
      0.5::FLOAT AS acc_rate, 7::BIGINT AS avg_daily_trips, TIMESTAMPTZ '2030-01-01 12:00:00+00' AS created
    FROM range(${count}) AS t(i)) TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
}

describe('looking', () => {
  test.each([
    [
      'entities list',
      'NAME    DESCRIPTION              TYPE             JOIN_KEY\ndriver  A driver of the company  ValueType.INT64  driver_id\n',
    ],
    ['on-demand-feature-views list', 'NAME       DESCRIPTION\ntrip_fare\n'],
    ['stream-feature-views list', 'NAME  DESCRIPTION\n'],
    ['label-views list', 'NAME  ENTITIES  CONFLICT_POLICY\n'],
    ['saved-datasets list', 'NAME  FEATURES\n'],
    ['validation-references list', 'NAME  DATASET\n'],
    ['permissions list', 'NAME  TYPES  NAME_PATTERNS  ACTIONS  ROLES  REQUIRED_TAGS\n'],
    ['permissions list-roles', 'ROLE NAME\n'],
    ['projects list', 'NAME   DESCRIPTION  TAGS  OWNER\nrides               {}\n'],
  ])('%s', async (command, expected) => {
    expect(await feast(command.split(' '))).toEqual({ code: 0, stdout: expected, stderr: '' })
  })

  test.each([
    'entities describe driver',
    'data-sources describe trip',
    'feature-views describe driver_hourly_stats',
    'on-demand-feature-views describe trip_fare',
    'feature-services describe driver_activity_v1',
    'projects describe rides',
    'projects current_project',
  ])('%s prints YAML with the stored form, or JSON', async (command) => {
    const [yaml, json] = await Promise.all([feast(command.split(' ')), feast([...command.split(' '), '--json'])])
    expect(yaml.stdout).toMatch(/^(spec:|type: )/)
    expect(JSON.parse(json.stdout)).toBeTypeOf('object')
  })

  test('an on-demand view is listed with the entities of the views that it reads, as in Feast', async () => {
    const { stdout } = await feast(['feature-views', 'list', '--json'])
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name: 'trip_fare', entities: ['driver'] }))
  })

  test('lists are filtered by tags, all of which must match', async () => {
    const names = async (...tags: string[]): Promise<unknown> => {
      const { stdout } = await feast(['feature-views', 'list', '--json', ...tags.flatMap((tag) => ['--tags', tag])])
      return (JSON.parse(stdout) as { name: string }[]).map((view) => view.name).sort()
    }
    expect(await names('team:driver_performance')).toEqual(['driver_hourly_stats', 'driver_hourly_stats_fresh'])
    expect(await names('team:driver_performance', 'tier:1')).toEqual([])
    expect((await feast(['feature-views', 'list', '--tags', 'team'])).code).toBe(2)
  })

  test('features are listed with their own names in JSON, unlike in Feast', async () => {
    const { stdout } = await feast(['features', 'list', '--output', 'json'])
    expect(JSON.parse(stdout)).toContainEqual({ feature_name: 'fare', feature_view: 'trip_fare', dtype: 'Float64' })
    const one = await feast(['features', 'describe', 'conv_rate'])
    expect(JSON.parse(one.stdout)).toHaveLength(2)
    expect((await feast(['features', 'describe', 'conv_rat'])).stderr).toContain('Did you mean "conv_rate"?')
  })

  test('registry-dump prints every kind with sorted keys, and list-versions the versions', async () => {
    const dump = JSON.parse((await feast(['registry-dump'])).stdout) as Record<string, unknown>
    expect(Object.keys(dump)).toEqual(Object.keys(dump).toSorted())
    expect(dump).toMatchObject({ project: 'rides', featureViews: expect.any(Array) })
    expect(dump.infra).toContainEqual({
      name: 'rides_driver_hourly_stats',
      path: expect.stringContaining('online_store.db'),
    })
    const versions = await feast(['feature-views', 'list-versions', 'driver_hourly_stats'])
    expect(versions.stdout).toMatch(/^VERSION {2}TYPE +CREATED +VERSION_ID\nv0 /)
  })

  test('the configuration is printed without secrets', async () => {
    const path = join(folder, 'secret.yaml')
    await writeFile(path, 'project: p\nregistry: {registry_type: sql, path: "postgresql://u:$PW@h/db"}\n')
    const shown = await feast(['--config', path, 'configuration'], folder, { PW: 's3cret' })
    expect(shown.stdout).toContain('postgresql://u:********@h/db')
    const all = await feast(['-f', path, 'configuration', '--show-secrets', '--json'], folder, { PW: 's3cret' })
    expect(JSON.parse(all.stdout).registry.path).toBe('postgresql://u:s3cret@h/db')
  })
})

describe('manners', () => {
  test.each([
    [['aply'], 'error FTS1101  There is no command "aply"\n  = did you mean "apply"?\n'],
    [['entities', 'lst'], 'error FTS1101  There is no command "lst" in feast entities\n  = did you mean "list"?\n'],
    [['apply', '--plam', 'x'], 'error FTS1102  feast apply has no option "--plam"\n  = did you mean "--plan"?\n'],
    [
      ['apply', '-c', 'x'],
      'error FTS1102  feast apply has no option "-c"\n  = it goes before the command: feast -c … apply\n',
    ],
    [['serve', '-c', 'x'], 'error FTS1103  --cert is given without --key; TLS needs both\n  = -c is --cert here; '],
    [['delete'], "error FTS1103  feast delete: missing required argument 'name'\n"],
    [
      ['version', '--output', 'xml'],
      "error FTS1103  feast version: option '--output <format>' argument 'xml' is invalid",
    ],
    [['--log-level', 'loud', 'version'], 'error FTS1104  There is no log level "loud"\n'],
    [['feature-views'], 'Usage: feast feature-views'],
  ])('%j is a usage error', async (args, text) => {
    const { code, stderr, stdout } = await feast(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.startsWith(text), stderr).toBe(true)
  })

  test('a missing object is a failure with the nearest name, as text and as JSON', async () => {
    const text = await feast(['entities', 'describe', 'drivr'])
    expect(text).toMatchObject({ code: 1, stdout: '' })
    expect(text.stderr).toMatch(/^error FTS3102 {2}.*"drivr".*Did you mean "driver"\?\n/)
    const json = await feast(['entities', 'describe', 'drivr', '--json'])
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'FTS3102', title: expect.any(String) } })
  })

  test('an error in the configuration shows the place', async () => {
    const place = join(folder, 'broken')
    await mkdir(place, { recursive: true })
    await writeFile(
      join(place, 'feature_store.yaml'),
      'project: p\nregistry: r\nonline_store: {type: redis, connection_string: "h:1,password=s3cret", redis_typ: x}\n',
    )
    const { code, stderr } = await feast(['feature-views', 'list'], place)
    expect(code).toBe(1)
    expect(stderr).toBe(
      `error FTS1003  Unknown key "redis_typ" in the redis block of online_store
  ┌ feature_store.yaml:3:71
  │   online_store: {type: redis, connection_string: *********************, redis_typ: x}
  │                                                                         ^^^^^^^^^ did you mean "redis_type"?
  = known keys: type, redis_type, client, sentinel_master, connection_string, key_ttl_seconds,
    full_scan_for_deletion, skip_dedup, layout
  = more: feast explain FTS1003
`,
    )
  })

  test('teardown asks; without a terminal it needs --yes', async () => {
    const refused = await feast(['teardown'])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('error FTS1105')
    expect((await stat(join(repo, 'data/registry.db'))).size).toBeGreaterThan(0)
  })

  test('colours only where they are wanted', async () => {
    const coloured = await feast(['explain', 'FTS2104'], repo, { NO_COLOR: '', FORCE_COLOR: '1' })
    expect(coloured.stdout).toContain('\u001b[')
    expect((await feast(['explain', 'FTS2104'])).stdout).not.toContain('\u001b[')
  })

  test('help is grouped, and every command shows two examples', async () => {
    const { stdout } = await feast(['--help'])
    for (const heading of ['Start:', 'Apply:', 'Materialize:', 'Inspect:']) expect(stdout).toContain(`\n${heading}\n`)
    const { commandTable } = await import('./command-table.ts')
    for (const row of commandTable) expect(row.examples.length, row.path).toBeGreaterThanOrEqual(2)
  })

  test('explain, version, endpoint and completion answer', async () => {
    expect((await feast(['explain', 'FTS2104'])).stdout).toMatch(/^FTS2104 {2}Unknown feature\n\nWhy: {9}/)
    expect((await feast(['explain', 'FTS0000'])).stderr).toContain('error FTS1106')
    expect((await feast(['version'])).stdout).toMatch(/^Feast SDK Version: "\d+\.\d+\.\d+"/)
    expect(JSON.parse((await feast(['endpoint', '--json'])).stdout)).toEqual({ endpoint: null })
    for (const shell of ['bash', 'zsh', 'fish']) {
      expect((await feast(['completion', shell])).stdout).toContain('materialize-incremental')
    }
  })
})

describe('completion in bash', () => {
  /** What the shell offers for a line, with the cursor at its end. */
  function offered(line: string): readonly string[] {
    const script = [
      completion,
      `COMP_LINE=${JSON.stringify(line)}`,
      `COMP_POINT=${line.length}`,
      '_feast',
      `printf '%s\\n' "\${COMPREPLY[@]}"`,
    ].join('\n')
    const env = { PATH: process.env.PATH, HOME: folder }
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: repo, env, encoding: 'utf8' })
    expect(stderr).toBe('')
    return stdout.split('\n').filter((word) => word !== '')
  }
  let completion: string
  beforeAll(async () => {
    completion = (await feast(['completion', 'bash'])).stdout
    await feast(['entities', 'list'])
  })

  test('offers commands, the words after them and their options', () => {
    expect(offered('feast mat')).toEqual(['materialize', 'materialize-incremental'])
    expect(offered('feast feature-services ')).toEqual(['list', 'describe'])
    expect(offered('feast delete --f')).toEqual(['--force'])
    expect(offered('feast -f other.yaml --json feature-services li')).toEqual(['list'])
    expect(offered('feast -f feature')).toEqual([]) // so that bash offers files
  })

  test('offers the names of objects, from what the last command saw in the registry', () => {
    expect(offered('feast entities describe ')).toContain('driver')
    expect(offered('feast feature-services describe driver_activity_v')).toContain('driver_activity_v1')
    expect(offered('feast materialize -v driver_h')).toContain('driver_hourly_stats')
    expect(offered(`feast -c ${repo} entities describe dri`)).toEqual(['driver'])
    expect(offered('feast -c /nowhere entities describe dri')).toEqual([])
  })

  test('offers features behind the colon, at which bash begins a new word', () => {
    expect(offered('feast get-online-features -f driver_hourly_stats:conv')).toEqual(['conv_rate'])
  })
})

test('delete, projects delete and teardown take away only what they name', async () => {
  expect((await feast(['delete', 'driver_activity_v1'])).stdout).toBe(
    'Deleted FeatureService driver_activity_v1 from rides.\n',
  )
  expect(await feast(['delete', 'driver_activity_v1'])).toMatchObject({
    code: 0,
    stdout: 'Object not found. Deletion skipped.\n',
  })
  expect((await feast(['projects', 'delete', 'nobody', '-y'])).stderr).toContain('error FTS3101')
  const torn = await feast(['teardown', '--yes'])
  expect(torn).toMatchObject({ code: 0, stderr: '' })
  expect(torn.stdout).toContain('Deleted feature view driver_hourly_stats\n')
  expect((await feast(['feature-views', 'list', '--json'])).stdout).toBe('[]\n')
})
