import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { testStoreOptions } from '../testing/store-options.ts'
import { definePlugin, pluginApiVersion } from './define-plugin.ts'
import { openPlugin } from './open-plugin.ts'
import { moduleNamed } from './plugin-module.ts'
import type { StoreOptions } from './store-options.ts'

const repoPath = mkdtempSync(join(tmpdir(), 'feast-plugins-'))
afterAll(() => rmSync(repoPath, { recursive: true }))

function write(name: string, text: string): void {
  const path = join(repoPath, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** An engine is the smallest plug-in: it has one method. This one gives back what it was opened with. */
const engine = (name: string, more = ''): string => `{
  [Symbol.for('feast-ts.plugin')]: true, apiVersion: ${pluginApiVersion}, kind: 'batch_engine', name: '${name}',
  open: async (options) => ({ load: async () => options.config.options }), ${more}
}`

async function open(type: string, options: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const opened = await openPlugin('batch_engine', testStoreOptions({ type, options }, repoPath))
  return (opened as unknown as { load: () => Promise<unknown> }).load()
}

it('a file is found relative to the repository, in TypeScript or JavaScript', async () => {
  write('engines/one.ts', `const kind: string = 'x'\nexport default ${engine('one')}\nexport { kind }`)
  write('engines/two.mjs', `export const two = ${engine('two')}`)
  expect(await open('./engines/one.ts', { a: 1 })).toEqual({ a: 1 })
  expect(await open(join(repoPath, 'engines/two.mjs'))).toEqual({})
})

it('a package is found as a program in the repository finds it, also one that only `import` may load', async () => {
  const manifest = { name: 'feast-lines', version: '1.0.0', type: 'module' }
  write('node_modules/feast-lines/package.json', JSON.stringify({ ...manifest, exports: { import: './main.js' } }))
  write('node_modules/feast-lines/main.js', `export default ${engine('lines')}`)
  const paths = { '.': './none.js', './engine': { types: './none.d.ts', default: './lib/engine.js' } }
  const scoped = { ...manifest, name: '@acme/feast', exports: paths }
  write('node_modules/@acme/feast/package.json', JSON.stringify(scoped))
  write('node_modules/@acme/feast/lib/engine.js', `export default ${engine('acme')}`)
  expect(await open('feast-lines', { b: 2 })).toEqual({ b: 2 })
  expect(await open('@acme/feast/engine')).toEqual({})
})

it('class paths of Python, and modules of Node.js, are not taken for packages', () => {
  for (const type of [
    'feast.infra.online_stores.redis.RedisOnlineStore',
    'MyOnlineStore',
    'fs',
    'node:fs',
    '',
    'a b',
  ]) {
    expect(moduleNamed(type), type).toBeUndefined()
  }
})

it('what is not there is said, with the command or the ending that is missing', async () => {
  await expect(open('@acme/none/engine')).rejects.toMatchObject({
    code: 'FTS8003',
    hint: 'run `npm install @acme/none`, if that is the package you mean',
    field: 'batch_engine.type',
  })
  write('engines/ended.ts', `export default ${engine('ended')}`)
  await expect(open('./engines/ended')).rejects.toMatchObject({
    code: 'FTS8003',
    hint: 'did you mean "./engines/ended.ts"?',
  })
})

it.each([
  ['throws.mjs', "throw new Error('no licence')", 'FTS8004', /no licence/],
  ['misses.mjs', "import 'a-driver-of-its-own'", 'FTS8004', /a-driver-of-its-own/],
  ['empty.mjs', 'export const store = {}', 'FTS8005', /exports no plug-in/],
  ['two.mjs', `export const a = ${engine('a')}, b = ${engine('b')}`, 'FTS8005', /more than one batch_engine: "a", "b"/],
  ['later.mjs', `export default ${engine('later', 'apiVersion: 2')}`, 'FTS8006', /made for version 2 .* has version 1/],
  ['other.mjs', `export default ${engine('other', "kind: 'registry'")}`, 'FTS8007', /"other" of kind registry/],
  ['hollow.mjs', `export default ${engine('hollow', 'open: async () => null')}`, 'FTS8008', /lacks load/],
])('%s is refused', async (name, text, code, message) => {
  write(`refused/${name}`, text)
  await expect(open(`./refused/${name}`)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
})

it('of the plug-ins of a module the one of the wanted kind is opened, exported once or twice', async () => {
  write(
    'all.mjs',
    `const one = ${engine('one')}\nexport default [one, ${engine('r', "kind: 'registry'")}]\nexport { one }`,
  )
  expect(await open('./all.mjs')).toEqual({})
})

it('its block is checked against its own keys, and defaults are filled in', async () => {
  const keys = `configKeys: {
    folder: { kind: 'text', doc: 'where files go', default: 'data' }, workers: { kind: 'integer', doc: 'how many' } }`
  write('keys.mjs', `export default ${engine('keys', keys)}`)
  expect(await open('./keys.mjs', { workers: 2 })).toEqual({ folder: 'data', workers: 2 })
  await expect(open('./keys.mjs', { foldr: 'x' })).rejects.toMatchObject({
    code: 'FTS1003',
    hint: 'did you mean "folder"?',
    field: 'batch_engine.foldr',
  })
  await expect(open('./keys.mjs', { workers: 'two' })).rejects.toMatchObject({ code: 'FTS1005' })
})

it('a declaration that is not complete is refused where it is made', () => {
  const open = async (_: StoreOptions): Promise<never> => Promise.reject(new Error('never opened'))
  const plugin = definePlugin({ kind: 'online_store', name: 'shelf', open })
  expect(plugin).toMatchObject({ kind: 'online_store', name: 'shelf', apiVersion: pluginApiVersion })
  const broken = (change: object): (() => unknown) => {
    return () => definePlugin({ kind: 'online_store', name: 'shelf', open, ...change })
  }
  expect(broken({ name: '' })).toThrow('no name')
  expect(broken({ kind: 'onlinestore' })).toThrow('"onlinestore"')
  expect(broken({ open: undefined })).toThrow('no function "open"')
})
