import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registryFromBytes } from '../src/wire/registry.ts'

const repoPath = mkdtempSync(join(tmpdir(), 'feast-own-stores-'))
afterAll(() => rmSync(repoPath, { recursive: true }))

const files: Readonly<Record<string, string>> = {
  'feature_store.yaml': `project: rides
registry: { registry_type: ./stores/registry.ts, file: objects.bin, cache_ttl_seconds: 60 }
online_store: { type: sqlite, path: online.db }
offline_store: { type: ./stores/offline.ts }
batch_engine: { type: ./stores/engine.ts, factor: 3 }
`,
  '.feastignore': 'stores/\n',
  'features.ts': `import { entity, featureView, fileSource, int64, string } from 'feast-ts'
const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const source = fileSource('stats', { path: 'stats.parquet', timestampField: 'event_timestamp' })
export const stats = featureView('stats', { entities: [driver], schema: { level: string }, source })
`,
  'stores/registry.ts': `import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { definePlugin, registryCodec, type RegistrySnapshot, type RegistryStore, type StoreOptions } from 'feast-ts/plugin'

async function open(options: StoreOptions): Promise<RegistryStore> {
  const codec = await registryCodec()
  const location = join(options.repoPath, String(options.config.options.file))
  const load = async (): Promise<RegistrySnapshot> => {
    const bytes = await readFile(location).catch(() => undefined)
    if (bytes === undefined) return { contents: codec.empty, revision: '' }
    return { contents: codec.fromBytes(bytes), revision: bytes.toString('base64') }
  }
  return {
    location,
    load,
    transact: async (change) => {
      const current = await load()
      const contents = await change(current)
      if (contents !== current.contents) await writeFile(location, codec.toBytes(contents))
      return load()
    },
    remove: async () => {
      const isVacant = codec.isVacant((await load()).contents)
      if (isVacant) await rm(location, { force: true })
      return isVacant
    },
    close: async () => {},
  }
}

export default definePlugin({
  kind: 'registry', name: 'bytes', open, configKeys: { file: { kind: 'text', doc: 'where', required: true } },
})
`,
  'stores/engine.ts': `import { definePlugin } from 'feast-ts/plugin'
export default definePlugin({
  kind: 'batch_engine',
  name: 'counting',
  configKeys: { factor: { kind: 'integer', doc: 'a number', default: 1 } },
  open: async ({ config }) => ({
    load: async (request, _stores, options) => {
      const written = 14 * Number(config.options.factor)
      options?.onRows?.(written)
      return { written, stale: request.features.length, nullKeys: 0 }
    },
  }),
})
`,
  'stores/offline.ts': `import { definePlugin, type OfflineStore } from 'feast-ts/plugin'
const none = async function* () {}
const never = async (): Promise<never> => { throw new Error('not in this test') }
const store: OfflineStore = {
  historical: () => { throw new Error('not in this test') },
  pullLatest: none, pullAll: none, readPersisted: none, readLogs: none,
  columns: async () => [], oldestEvent: async () => null, append: never, persist: never, writeLogs: never,
  close: async () => {},
}
export const offline = definePlugin({ kind: 'offline_store', name: 'empty', open: async () => store })
`,
}

async function feast(...args: readonly string[]): Promise<string> {
  const bin = fileURLToPath(new URL('../bin/feast.mjs', import.meta.url))
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', XDG_CACHE_HOME: join(repoPath, '.cache') }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [bin, ...args], { cwd: repoPath, env })
  return stdout + stderr
}

beforeAll(async () => {
  const { mkdir } = await import('node:fs/promises')
  await mkdir(join(repoPath, 'stores'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(repoPath, name), text)
})

test('a repository whose registry, offline store and engine are plug-ins is applied, listed and materialized', async () => {
  await feast('apply')
  const stored = registryFromBytes(readFileSync(join(repoPath, 'objects.bin')))
  expect(stored.featureViews.map((view) => view.name)).toEqual(['stats'])
  expect(await feast('feature-views', 'list')).toContain('stats')
  expect(await feast('materialize', '2026-01-01T00:00:00', '2026-01-02T00:00:00')).toContain('42')
})
