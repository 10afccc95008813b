import { expect, test } from 'vitest'
import { Instant, seconds } from '../base/instant.ts'
import { silentLogger } from '../base/logger.ts'
import { emptyRegistry } from '../model/registry-contents.ts'
import type { RegistryStore } from '../plugin/registry-store.ts'
import { CachedRegistry, type CacheOptions } from './cached-registry.ts'
import { openMemoryRegistryStore } from './memory/memory-registry-store.ts'

const infrastructure = [{ classType: 'x', name: 'a_b', location: '' }]

/** A store that counts its reads and can be taken away, with a clock that a test moves. */
function setup(options: Partial<CacheOptions> = {}) {
  const store = openMemoryRegistryStore()
  const state = { reads: 0, down: false, missing: false, now: Instant.fromEpochSeconds(0), warnings: [] as string[] }
  const counted: RegistryStore = {
    ...store,
    load: async () => {
      state.reads += 1
      if (state.down) throw new Error('gone')
      return state.missing ? { contents: emptyRegistry, revision: '' } : store.load()
    },
  }
  const cache = new CachedRegistry({
    store: counted,
    ttlSeconds: 10,
    mode: 'sync',
    clock: { now: () => state.now },
    logger: { ...silentLogger, warn: (message) => state.warnings.push(message) },
    ...options,
  })
  const wait = (time: number): void => {
    state.now = state.now.plus(seconds(time))
  }
  return { store, state, cache, wait }
}

test('contents are read once within their time to live, and again after it', async () => {
  const { state, cache, wait } = setup()
  await cache.contents()
  wait(9.9)
  await cache.contents()
  expect(state.reads).toBe(1)
  wait(0.1)
  await cache.contents()
  expect(state.reads).toBe(2)
})

test('a time to live of zero never expires', async () => {
  const { state, cache, wait } = setup({ ttlSeconds: 0 })
  await cache.contents()
  wait(1e6)
  await cache.contents()
  expect(state.reads).toBe(1)
})

test('callers at once share one read', async () => {
  const { state, cache } = setup()
  await Promise.all([cache.contents(), cache.contents(), cache.contents()])
  expect(state.reads).toBe(1)
})

test('what a commit returned is seen at once, and refresh reads at once', async () => {
  const { state, store, cache } = setup()
  await cache.contents()
  cache.remember({ ...emptyRegistry, infrastructure })
  expect((await cache.contents()).infrastructure).toEqual(infrastructure)
  await store.transact(({ contents }) => ({ ...contents, infrastructure: [] }))
  expect((await cache.refresh()).infrastructure).toEqual([])
  expect(state.reads).toBe(2)
})

test('a registry that cannot be read again leaves the last good contents in use', async () => {
  const { state, cache, wait } = setup()
  const good = await cache.contents()
  wait(11)
  state.down = true
  expect(await cache.contents()).toBe(good)
  expect(state.warnings).toHaveLength(1)
  expect(await cache.contents()).toBe(good)
  expect(state.reads).toBe(2)
})

test('a registry that is not there any more leaves the last good contents in use; one that was emptied does not', async () => {
  const { cache, store, state } = setup()
  const project = { kind: 'project', name: 'rides', project: 'rides', description: '', tags: {}, owner: '' } as const
  const { contents: good } = await store.transact(({ contents }) => ({ ...contents, projects: [project] }))
  await cache.contents()
  state.missing = true
  await expect(cache.refresh()).rejects.toMatchObject({ code: 'FTS3001' })
  expect(await cache.contents()).toBe(good)
  expect(cache.status.fault).toMatchObject({ message: 'The registry memory is not there any more.' })
  state.missing = false
  await store.transact(({ contents }) => ({ ...contents, projects: [] }))
  expect((await cache.refresh()).projects).toEqual([])
})

test('a registry that was never read throws what its store throws', async () => {
  const { state, cache } = setup()
  state.down = true
  await expect(cache.contents()).rejects.toThrow('gone')
})

test('the same revision keeps its identity over a read', async () => {
  const { store, cache } = setup()
  await store.transact(({ contents }) => ({ ...contents, infrastructure }))
  const first = await cache.contents()
  expect(await cache.refresh()).toBe(first)
})

test('in thread mode an expired cache answers at once and reads beside', async () => {
  const { store, cache, wait } = setup({ mode: 'thread' })
  await cache.contents()
  await store.transact(({ contents }) => ({ ...contents, infrastructure }))
  wait(11)
  expect((await cache.contents()).infrastructure).toEqual([])
  await cache.refresh()
  expect((await cache.contents()).infrastructure).toEqual(infrastructure)
})
