import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { type LoadedConfig, loadConfig } from './load-config.ts'

const folder = await mkdtemp(join(tmpdir(), 'feast-config-'))
afterAll(() => rm(folder, { recursive: true }))

async function load(yaml: string, env: Record<string, string> = {}): Promise<LoadedConfig> {
  const repoPath = await mkdtemp(join(folder, 'repo-'))
  await writeFile(join(repoPath, 'feature_store.yaml'), yaml)
  return loadConfig({ repoPath, env })
}

async function fault(yaml: string, env: Record<string, string> = {}): Promise<FeatureStoreError> {
  try {
    await load(yaml, env)
  } catch (error) {
    if (error instanceof FeatureStoreError) return error
    throw error
  }
  throw new Error('was accepted')
}

const place = (error: FeatureStoreError) => [error.where?.line, error.where?.column, error.where?.length]

describe('loadConfig', () => {
  test('fills in what Feast fills in', async () => {
    const { config } = await load('project: p\nregistry: data/registry.db\n')
    expect(config).toMatchObject({
      project: 'p',
      provider: 'local',
      registry: { type: 'file', path: 'data/registry.db', cacheTtlSeconds: 600, cacheMode: 'sync' },
      onlineStore: { type: 'sqlite', options: { path: 'data/online.db' } },
      offlineStore: { type: 'dask' },
      batchEngine: { type: 'local' },
      auth: { type: 'no_auth' },
      entityKeySerializationVersion: 3,
      coerceTzAware: true,
      materialization: { pullLatestFeatures: false, onlineWriteBatchSize: null },
    })
  })

  test.each(['null', 'none', '~'])('takes online_store: %s for no online store', async (value) => {
    const { config } = await load(`project: p\nregistry: r\nonline_store: ${value}\n`)
    expect(config.onlineStore).toBeNull()
  })

  test('takes a class path of Feast for its short name', async () => {
    const ray = 'feast.offline_stores.contrib.ray_offline_store.ray.RayOfflineStore'
    const { config } = await load(`project: p\nregistry: r\noffline_store: {type: ${ray}, storage_path: s3://b/x}\n`)
    expect(config.offlineStore).toMatchObject({
      type: 'ray',
      options: { storage_path: 's3://b/x', broadcast_join_threshold_mb: 100, window_size_for_joins: '1H' },
    })
  })

  test('keeps the block of a plug-in as it is', async () => {
    const { config } = await load('project: p\nregistry: r\nonline_store: {type: ./my-store.ts, anything: [1]}\n')
    expect(config.onlineStore).toEqual({ type: './my-store.ts', options: { anything: [1] } })
  })

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the placeholders are Feast's
  test('replaces $NAME and ${NAME} before parsing and leaves unknown names', async () => {
    const yaml =
      'project: $P # $NOT_SET\nregistry: {path: "${ROOT}/r.db", cache_ttl_seconds: $TTL}\nprovider: $NOT_SET\n'
    const { config } = await load(yaml, { P: 'rides', ROOT: '/srv', TTL: '5' })
    expect(config).toMatchObject({ project: 'rides', provider: '$NOT_SET' })
    expect(config.registry).toMatchObject({ path: '/srv/r.db', cacheTtlSeconds: 5 })
  })
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: above

  test('marks the right place after a variable of another length', async () => {
    const error = await fault('project: p\nregistry: r\nonline_store: {path: $LONG, pth: x}\n', {
      LONG: 'x'.repeat(50),
    })
    expect(error.code).toBe('FTS1003')
    expect(place(error)).toEqual([3, 29, 3])
    expect(error.hint).toBe('did you mean "path"?')
  })

  test('reads the file that FEATURE_STORE_YAML_BASE64 holds', async () => {
    const text = Buffer.from('project: q\nregistry: r\n').toString('base64')
    const { config } = await load('project: p\nregistry: r\n', { FEATURE_STORE_YAML_BASE64: text })
    expect(config).toMatchObject({ project: 'q', path: null })
  })

  test('refuses base64 that is none', async () => {
    expect((await fault('', { FEATURE_STORE_YAML_BASE64: '%%%' })).code).toBe('FTS1008')
  })

  test('prefers an explicit file, then FEAST_FS_YAML_FILE_PATH, and keeps the repository as the base of paths', async () => {
    const repoPath = await mkdtemp(join(folder, 'repo-'))
    const staging = join(repoPath, 'staging.yaml')
    await writeFile(staging, 'project: staging\nregistry: r\n')
    const env = { FEAST_FS_YAML_FILE_PATH: staging }
    expect(await loadConfig({ repoPath, env })).toMatchObject({ config: { project: 'staging' }, repoPath })
    const base64 = Buffer.from('project: q\nregistry: r\n').toString('base64')
    const explicit = await loadConfig({ repoPath, yamlPath: staging, env: { FEATURE_STORE_YAML_BASE64: base64 } })
    expect(explicit.config.project).toBe('staging')
  })

  test('says where it looked when there is no file', async () => {
    const error = await loadConfig({ repoPath: '/nowhere', env: {} }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'FTS1001',
      message: "Can't find feature repo configuration file at /nowhere/feature_store.yaml.",
    })
  })

  test('names the file or folder that was meant, and a file that cannot be read', async () => {
    const outer = await mkdtemp(join(folder, 'repo-'))
    const repoPath = join(outer, 'rides')
    await mkdir(join(repoPath, 'feature_repo'), { recursive: true })
    await writeFile(join(repoPath, 'feature_store.yml'), '')
    const hint = (path: string, yamlPath?: string): Promise<unknown> =>
      loadConfig({ repoPath: path, yamlPath, env: {} }).catch((error: { hint?: string }) => error.hint)
    expect(await hint(repoPath)).toBe(`did you mean ${join(repoPath, 'feature_store.yml')}?`)
    expect(await hint(join(outer, 'ride'))).toBe(`did you mean ${repoPath}?`)
    await writeFile(join(repoPath, 'feature_repo/feature_store.yaml'), '')
    expect(await hint(repoPath)).toBe(`did you mean ${join(repoPath, 'feature_repo/feature_store.yaml')}?`)
    expect(await hint(join(outer, 'something'))).toBeUndefined()
    await mkdir(join(outer, 'empty'))
    expect(await hint(join(outer, 'empty'))).toBeUndefined()
    await expect(loadConfig({ repoPath, yamlPath: repoPath, env: {} })).rejects.toThrow(
      `The feature repo configuration file ${repoPath} cannot be read (EISDIR).`,
    )
  })

  test('lets the last of two equal keys count, as Python does', async () => {
    expect((await load('project: a\nproject: b\nregistry: r\n')).config.project).toBe('b')
  })

  test('warns of a key at the top that looks like a mistake', async () => {
    const { warnings } = await load('project: p\nregistry: r\nonlin_store: redis\nour_team: x\n')
    expect(warnings).toEqual(['The key "onlin_store" has no effect. Did you mean "online_store"?'])
  })

  test('warns of such a key in a block that keeps unknown keys too', async () => {
    const { warnings } = await load(
      'project: p\nregistry: {path: r, cache_ttl_second: 5, team: x}\nopenlineage: {enabeld: true}\n',
    )
    expect(warnings).toEqual([
      'The key "openlineage.enabeld" has no effect. Did you mean "enabled"?',
      'The key "registry.cache_ttl_second" has no effect. Did you mean "cache_ttl_seconds"?',
    ])
  })
})

describe('wrong configurations', () => {
  const head = 'project: p\nregistry: r\n'
  test.each<[string, string, (number | undefined)[]]>([
    ['project: p\n', 'FTS1004 The key registry is missing.', [undefined, undefined, undefined]],
    ['projec: p\nregistry: r\n', 'FTS1004 The key project is missing.', [1, 1, 6]],
    ['project: p\nregistri: r\n', 'FTS1004 The key registry is missing.', [2, 1, 8]],
    ['project: a\n  b: c: d\n', 'FTS1002', [1, 10, 1]],
    ['', 'FTS1005', [undefined, undefined, undefined]],
    ['- a\n', 'FTS1005', [undefined, undefined, undefined]],
    ['project: _p\nregistry: r\n', 'FTS1006 "_p" is not a project name.', [1, 10, 2]],
    ['project: p-q\nregistry: r\n', 'FTS1006', [1, 10, 3]],
    ['project: 5\nregistry: r\n', 'FTS1005 project must be a text, not 5.', [1, 10, 1]],
    ['project:\nregistry: r\n', 'FTS1005 project must be a text, not null.', [1, 1, 7]],
    [`${head}online_store:\n  type: sqlite\n  pth: x\n`, 'FTS1003 Unknown key "pth" in the sqlite block', [5, 3, 3]],
    [`${head}online_store:\n  path: 5\n`, 'FTS1005 online_store.path must be a text, not 5.', [4, 9, 1]],
    [`${head}online_store: redi\n`, 'FTS1007 Unknown type "redi" of online_store.', [3, 15, 4]],
    [`${head}online_store: dynamo-db\n`, 'FTS1007 Unknown type "dynamo-db" of online_store.', [3, 15, 9]],
    ['project: p\nregistry: {registry_type: snowflake-registry}\n', 'FTS1007', [2, 27, 18]],
    [`${head}online_store:\n  type: dynamodb\n`, 'FTS1004 The key online_store.region is missing.', [3, 1, 12]],
    [`${head}offline_store: {type: dask, path: x}\n`, 'FTS1003', [3, 29, 4]],
    [`${head}online_store: {type: redis, redis_type: cluster}\n`, 'FTS1005', [3, 41, 7]],
    ['project: p\nregistry: {registry_type: sqll, path: x}\n', 'FTS1007', [2, 27, 4]],
    ["project: p\nregistry: {path: r, cache_ttl_seconds: '60'}\n", 'FTS1005', [2, 40, 4]],
    [`${head}auth: {type: kerberos}\n`, 'FTS1007', [3, 14, 8]],
    [`${head}feature_server: {type: local, metrics: {zz: 1}}\n`, 'FTS1003', [3, 41, 2]],
    [`${head}embedding_model: {model: m, dim: 1}\n`, 'FTS1003', [3, 29, 3]],
    [`${head}data_quality_monitoring: {auto: true}\n`, 'FTS1003', [3, 27, 4]],
    [`${head}materialization: {online_write_batch_size: 0}\n`, 'FTS1005', [3, 44, 1]],
    [`${head}entity_key_serialization_version: 1\n`, 'FTS1005', [3, 35, 1]],
    [`${head}coerce_tz_aware: perhaps\n`, 'FTS1005', [3, 18, 7]],
    [`${head}offline_store: {type: ray, use_ray_cluster: true}\n`, 'FTS1003', [3, 28, 15]],
  ])('%j is refused at its place', async (yaml, message, expected) => {
    const error = await fault(yaml)
    expect(`${error.code} ${error.message}`).toContain(message)
    expect(place(error)).toEqual(expected)
  })

  test.each([
    ['projec: p\nregistry: r\n', 'did you mean "project"?'],
    [`${head}online_store: {typ: redis}\n`, 'did you mean "type"?'],
  ])('of %j says what was meant', async (yaml, hint) => {
    expect((await fault(yaml)).hint).toBe(hint)
  })

  test('names every fault, the first in full', async () => {
    const error = await fault('project: p\nregistry: r\nonline_store: {pth: x}\noffline_store: {type: dsk}\n')
    expect(error.notes).toContain('also: Unknown type "dsk" of offline_store.')
  })

  test.each(['{type: mysql, password: 12345}', '[{type: mysql, password: 12345}]'])(
    'never shows a secret: online_store: %s',
    async (block) => {
      const error = await fault(`${head}online_store: ${block}\n`)
      expect(JSON.stringify(error)).not.toContain('12345')
    },
  )

  test.each([
    'materialization: {zz: 1}',
    'our_team: x',
    'batch_engine: {type: local, zz: 1}',
    'auth: {type: no_auth, zz: 1}',
  ])('keeps %s, as Feast does', async (line) => {
    expect((await load(`${head}${line}\n`)).config.project).toBe('p')
  })
})
