import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStoreAt } from '../../../test/registry/open-file-registry.ts'
import { frozenClock } from '../../base/clock.ts'
import { Instant } from '../../base/instant.ts'
import type { Project } from '../../model/project.ts'
import { emptyRegistry, type RegistryContents } from '../../model/registry-contents.ts'
import type { RegistryStore } from '../../plugin/registry-store.ts'
import { registryFromBytes, registryToBytes } from '../../wire/registry.ts'

const now = Instant.fromEpochMicros(1_700_000_000_123_456n)
const clock = frozenClock(now)
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-registry-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

const open = (path: string): Promise<RegistryStore> => openStoreAt(path, folder, clock)

const project = (name: string): Project => ({
  kind: 'project',
  name,
  project: name,
  description: '',
  tags: {},
  owner: '',
})

const withProject =
  (name: string) =>
  ({ contents }: { contents: RegistryContents }): RegistryContents => ({
    ...contents,
    projects: [...contents.projects, project(name)],
  })

describe('load', () => {
  test('a registry that was never written is empty, and loading makes no file', async () => {
    const store = await open('data/registry.db')
    expect(await store.load()).toEqual({ contents: emptyRegistry, revision: '' })
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('gives what was stored and the same revision until the next commit', async () => {
    const store = await open('registry.db')
    const committed = await store.transact(withProject('p'))
    const loaded = await store.load()
    expect(loaded.revision).toBe(committed.revision)
    expect(loaded.contents.projects.map(({ name }) => name)).toEqual(['p'])
    const next = await store.transact(withProject('q'))
    expect(next.revision).not.toBe(committed.revision)
  })

  const refused: Readonly<Record<string, Uint8Array>> = {
    'an empty file': new Uint8Array(),
    text: new TextEncoder().encode('project: p\n'),
    'a SQLite database': new TextEncoder().encode('SQLite format 3\0'),
    'a truncated registry': readFileSync(golden('reg_services')).subarray(0, 1500),
    'a registry cut between two objects': readFileSync(golden('reg_services')).subarray(0, cutBetweenObjects()),
  }
  test.each(Object.entries(refused))('%s is refused with FTS3001 and not overwritten', async (_name, bytes) => {
    const path = join(folder, 'registry.db')
    writeFileSync(path, bytes)
    const store = await open('registry.db')
    await expect(store.load()).rejects.toMatchObject({ code: 'FTS3001' })
    await expect(store.transact(withProject('p'))).rejects.toMatchObject({ code: 'FTS3001' })
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0)
  })

  test('parses a file that did not change only once', async () => {
    const path = join(folder, 'registry.db')
    const [reader, writer] = [await open(path), await open(path)]
    await writer.transact(() => ({ ...emptyRegistry, projects: [project('a')] }))
    const { contents } = await reader.load()
    expect((await reader.load()).contents).toBe(contents)
    await writer.transact((current) => ({ ...current.contents, projects: [project('a'), project('b')] }))
    expect((await reader.load()).contents.projects.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  test('waits for a writer that writes in place, as Python Feast does', async () => {
    const path = join(folder, 'registry.db')
    const bytes = readFileSync(golden('reg_services'))
    writeFileSync(path, bytes.subarray(0, 100))
    const store = await open('registry.db')
    const loading = store.load()
    setTimeout(() => writeFileSync(path, bytes), 10)
    expect((await loading).contents.featureServices).toHaveLength(8)
  })

  test('a folder in place of the file is reported', async () => {
    mkdirSync(join(folder, 'registry.db'))
    await expect((await open('registry.db')).load()).rejects.toMatchObject({ code: 'FTS3004' })
  })
})

describe('transact', () => {
  test('stamps each commit with a new version and the time of the clock', async () => {
    const store = await open('registry.db')
    const first = await store.transact(withProject('p'))
    const second = await store.transact(withProject('q'))
    expect(first.contents.versionId).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)
    expect(second.contents.versionId).not.toBe(first.contents.versionId)
    expect(second.contents.lastUpdated).toEqual(now)
  })

  test('writes nothing when the change gives back what it got', async () => {
    const store = await open('registry.db')
    const first = await store.transact(withProject('p'))
    const second = await store.transact(({ contents }) => contents)
    expect(second.revision).toBe(first.revision)
  })

  test('leaves all as it was when the change throws, and lets the next writer in', async () => {
    const store = await open('registry.db')
    await store.transact(withProject('p'))
    const before = readFileSync(join(folder, 'registry.db'))
    const fault = new Error('no')
    await expect(store.transact(() => Promise.reject(fault))).rejects.toBe(fault)
    expect(readFileSync(join(folder, 'registry.db'))).toEqual(before)
    await store.transact(withProject('q'))
  })

  test('refuses an object whose project is not in the registry', async () => {
    const store = await open('registry.db')
    const stray = {
      ...project('p'),
      kind: 'entity',
      project: 'other',
    } as unknown as RegistryContents['entities'][number]
    const change = ({ contents }: { contents: RegistryContents }): RegistryContents => ({
      ...contents,
      entities: [stray],
    })
    await expect(store.transact(change)).rejects.toMatchObject({ code: 'FTS3005' })
    expect(existsSync(join(folder, 'registry.db'))).toBe(false)
  })

  test('refuses a file that was made read-only, though its folder would let it be replaced', async () => {
    const store = await open('registry.db')
    await store.transact(withProject('a'))
    const path = join(folder, 'registry.db')
    const before = readFileSync(path)
    chmodSync(path, 0o444)
    await expect(store.transact(withProject('b'))).rejects.toMatchObject({
      code: 'FTS3004',
      message: `Could not write the registry ${path}: the file is read-only.`,
    })
    expect(Buffer.compare(readFileSync(path), before)).toBe(0)
  })

  test('two stores in one process take turns', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => open('registry.db')))
    await Promise.all(stores.map((store, index) => store.transact(withProject(`p${index}`))))
    expect((await (await open('registry.db')).load()).contents.projects).toHaveLength(6)
  })

  test('a link stays a link and its target is written', async () => {
    mkdirSync(join(folder, 'elsewhere'))
    await (await open('elsewhere/real.db')).transact(withProject('p'))
    symlinkSync('elsewhere/real.db', join(folder, 'registry.db'))
    await (await open('registry.db')).transact(withProject('q'))
    expect((await (await open('elsewhere/real.db')).load()).contents.projects).toHaveLength(2)
    expect(existsSync(join(folder, 'registry.db.lock'))).toBe(false)
  })

  test('leaves nothing behind but the registry and its lock', async () => {
    await (await open('registry.db')).transact(withProject('p'))
    expect(readdirSync(folder).sort()).toEqual(['registry.db', 'registry.db.lock'])
  })
})

describe('remove', () => {
  test('takes a registry without objects away, and loading gives the empty registry again', async () => {
    const store = await open('registry.db')
    await store.transact(withProject('p'))
    await store.transact(({ contents }) => ({ ...contents, projects: [] }))
    expect(await store.remove()).toBe(true)
    expect((await store.load()).contents).toBe(emptyRegistry)
    expect(await store.remove()).toBe(true)
  })

  test('leaves a registry in which another writer has just put a project', async () => {
    const path = join(folder, 'registry.db')
    const [ours, theirs] = [await open('registry.db'), await open('registry.db')]
    await ours.transact(withProject('p'))
    await ours.transact(({ contents }) => ({ ...contents, projects: [] }))
    await theirs.transact(withProject('q'))
    const bytes = readFileSync(path)
    expect(await ours.remove()).toBe(false)
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0)
  })

  test('leaves a file that is no registry', async () => {
    const path = join(folder, 'registry.db')
    writeFileSync(path, 'notes')
    await expect((await open('registry.db')).remove()).rejects.toMatchObject({ code: 'FTS3001' })
    expect(readFileSync(path, 'utf8')).toBe('notes')
  })
})

describe('paths', () => {
  test('an absolute path and a file URL name the same file', async () => {
    const path = join(folder, 'deep/er/registry.db')
    await (await open(path)).transact(withProject('p'))
    const loaded = await (await open(pathToFileURL(path).href)).load()
    expect(loaded.contents.projects).toHaveLength(1)
  })

  test.each(['s3', 'gs', 'az', 'https'])('%s:// is refused by name', async (scheme) => {
    await expect(open(`${scheme}://bucket/registry.db`)).rejects.toMatchObject({
      code: 'FTS8001',
      message: expect.stringContaining(`${scheme}://`),
    })
  })
})

test('a registry without a path is refused before anything is looked for', async () => {
  await expect(open('')).rejects.toMatchObject({ code: 'FTS1004', message: 'The key registry.path is missing.' })
})

test('a registry whose class is not that of files is refused by name, not opened as a file', async () => {
  const opened = (storeClass: string) => openStoreAt('r.db', folder, clock, { registry_store_type: storeClass })
  await expect(opened('S3RegistryStore')).rejects.toMatchObject({
    code: 'FTS8001',
    message: expect.stringContaining('S3RegistryStore'),
  })
  expect(await (await opened('FileRegistryStore')).load()).toMatchObject({ revision: '' })
})

describe('processes', () => {
  const writer = join(import.meta.dirname, '../../../test/registry/add-view.ts')

  const start = (view: string, ...more: string[]) =>
    spawn(process.execPath, [writer, folder, view, ...more], { stdio: ['ignore', 'pipe', 'inherit'] })

  test('eight processes that each add a view at once lose none', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `view_${index}`)
    const ends = names.map((name) => once(start(name), 'exit'))
    expect((await Promise.all(ends)).map(([code]) => code)).toEqual(names.map(() => 0))
    const { contents } = await (await open('registry.db')).load()
    expect(contents.featureViews.map(({ name }) => name).sort()).toEqual(names)
  }, 60_000)

  test('a writer that dies while it changes the registry leaves it as it was, and no lock', async () => {
    const store = await open('registry.db')
    const before = await store.transact(withProject('p'))
    const child = start('lost', 'hold')
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect((await store.load()).revision).toBe(before.revision)
    const after = await store.transact(withProject('q'))
    expect(after.contents.projects.map(({ name }) => name)).toEqual(['p', 'q'])
  }, 60_000)

  test('a writer killed at any moment leaves a whole registry with every commit that it reported', async () => {
    for (let round = 0; round < 8; round++) {
      const child = start(`round${round}`, 'forever')
      let said = ''
      child.stdout.on('data', (text) => {
        said += text
      })
      await once(child.stdout, 'data')
      await sleep(Math.random() * 40)
      child.kill('SIGKILL')
      await once(child, 'close')
      const { contents } = await (await open('registry.db')).load()
      const names = new Set(contents.featureViews.map(({ name }) => name))
      const reported = said.split('\n').slice(0, -1)
      expect(reported.filter((name) => !names.has(name))).toEqual([])
    }
    await (await open('registry.db')).transact(withProject('after'))
    expect(readdirSync(folder).sort()).toEqual(['registry.db', 'registry.db.lock'])
  }, 60_000)

  test('what a dead writer left beside the registry is overwritten', async () => {
    writeFileSync(join(folder, 'registry.db.tmp'), 'half a regis')
    await (await open('registry.db')).transact(withProject('p'))
    expect(readdirSync(folder).sort()).toEqual(['registry.db', 'registry.db.lock'])
  })
})

function golden(name: string): string {
  return join(import.meta.dirname, `../../../test/goldens/wire/registry/${name}/registry.db`)
}

/** Where the golden's feature views end. */
function cutBetweenObjects(): number {
  const contents = registryFromBytes(readFileSync(golden('reg_services')))
  const { featureViews, entities, versionId, lastUpdated } = contents
  return registryToBytes({ ...emptyRegistry, featureViews, entities, versionId, lastUpdated }).length
}
