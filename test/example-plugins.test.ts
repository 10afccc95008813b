import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { entity, featureView, fileSource, int64, openStore, string } from '../src/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'feast-example-'))
const example = join(folder, 'shelf')

beforeAll(() => {
  cpSync(join(root, 'examples/online-store-plugin'), example, { recursive: true })
  mkdirSync(join(example, 'node_modules'))
  symlinkSync(root, join(example, 'node_modules/feast-ts'), 'dir')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('the example of an online store passes the conformance suite outside of this repository', async () => {
  const run = promisify(execFile)(process.execPath, ['--conditions=source', '--test', '--test-reporter=tap'], {
    cwd: example,
  })
  const { stdout } = await run.catch((error: { readonly stdout: string }) => error)
  expect(stdout.split('\n').filter((line) => /^\s*(not ok|error:)/.test(line))).toEqual([])
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1])
  expect(count('fail')).toBe(0)
  expect(count('pass')).toBeGreaterThan(40)
  expect(count('skipped')).toBe(0)
})

test.each([
  ['a package', 'feast-shelf'],
  ['a file', './shelf/src/shelf.ts'],
])('features are served from a plug-in that feature_store.yaml names as %s', async (_, type) => {
  const repoPath = join(folder, type.replaceAll(/\W/g, '_'))
  mkdirSync(join(repoPath, 'node_modules'), { recursive: true })
  symlinkSync(example, join(repoPath, 'node_modules/feast-shelf'), 'dir')
  symlinkSync(example, join(repoPath, 'shelf'), 'dir')
  const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
  const source = fileSource('stats', { path: 'stats.parquet', timestampField: 'event_timestamp' })
  const stats = featureView('stats', { entities: [driver], schema: { level: string }, source })
  const config = { project: 'rides', registry: 'data/registry.db', online_store: { type, folder: 'online' } }
  await using store = await openStore(config, { repoPath, definitions: [driver, stats] })
  await store.apply()
  const rows = [{ driver_id: 1001n, level: 'gold', event_timestamp: '2026-01-01T10:00:00Z' }]
  await store.writeToOnlineStore({ view: stats, rows })
  const response = await store.getOnlineFeatures({ features: [stats], entities: [{ driver_id: 1001n }] })
  expect(response.rows()).toMatchObject([{ driver_id: 1001n, level: 'gold' }])
  expect(readdirSync(join(repoPath, 'online'))).toEqual(['rides,stats,0'])
  await using misspelt = await openStore(
    { ...config, online_store: { type, foldr: 'online' } },
    { repoPath, definitions: [driver, stats] },
  )
  await expect(misspelt.apply()).rejects.toMatchObject({ code: 'FTS1003', hint: 'did you mean "folder"?' })
})
