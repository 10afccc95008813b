import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type FeatureStore, openStore } from 'feast-ts'
import { createClient, type FeastClient, FeastClientError } from 'feast-ts/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHttpServer } from '../../src/serve/http/http-server.ts'
import type { RunningServer } from '../../src/serve/serving-context.ts'
import { freePort } from '../../test/services/free-port.ts'
import { driverFeatures, writeByFeast } from './both-sides.ts'
import { feastPython, feastSide } from './feast-side.ts'

/** One client for both servers, each on a copy of one repository. */
const folder = mkdtempSync(join(tmpdir(), 'client-'))
let feast: ChildProcess
let feastPort: number
let ours: RunningServer
let store: FeatureStore
let clients: { readonly feast: FeastClient; readonly ours: FeastClient }

beforeAll(async () => {
  const theirRepo = join(folder, 'feast')
  const ourRepo = join(folder, 'ours')
  await feastSide('make', theirRepo)
  await writeByFeast(theirRepo)
  cpSync(theirRepo, ourRepo, { recursive: true })
  const port = await freePort()
  feastPort = port
  const command = join(dirname(feastPython()), 'feast')
  feast = spawn(command, ['serve', '-h', '127.0.0.1', '-p', String(port), '--no-access-log'], {
    cwd: theirRepo,
    env: { ...process.env, FEAST_USAGE: 'False', TZ: 'UTC' },
    stdio: 'ignore',
    detached: true,
  })
  store = await openStore(ourRepo)
  ours = await startHttpServer({ store })
  clients = {
    feast: createClient({ url: `http://127.0.0.1:${port}`, retries: 0 }),
    ours: createClient({ url: `http://${ours.address}:${ours.port}` }),
  }
  for (let tries = 0; !(await clients.feast.health()); tries += 1) {
    if (tries > 300 || feast.exitCode !== null) throw new Error('`feast serve` did not come up')
    await sleep(200)
  }
})

afterAll(async () => {
  // The server has workers of its own: the whole group ends.
  if (feast?.pid !== undefined && feast.exitCode === null) process.kill(-feast.pid, 'SIGTERM')
  await ours?.close()
  await store?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What a call gives on both servers. */
async function both<T>(call: (client: FeastClient) => Promise<T>): Promise<readonly [T, T]> {
  return Promise.all([call(clients.feast), call(clients.ours)])
}

describe('one client gets from our server what it gets from real Feast', () => {
  test('values, by name, in all types, of keys that are there and of keys that are not', async () => {
    const entities = Array.from({ length: 200 }, (_, index) => ({ driver_id: 950 + index }))
    for (const fullFeatureNames of [false, true]) {
      const request = { features: driverFeatures, entities, fullFeatureNames }
      const [theirs, own] = await both((client) => client.getOnlineFeatures(request))
      expect(own.names.toSorted()).toEqual(theirs.names.toSorted())
      expect(own.rows()).toEqual(theirs.rows())
      expect(own.rows().some((row) => row.driver_id === 1001)).toBe(true)
      for (const name of theirs.names) {
        const found = (statuses: readonly string[]) => statuses.map((status) => status !== 'NOT_FOUND')
        expect([name, found(own.statuses(name))]).toEqual([name, found(theirs.statuses(name))])
        expect([name, own.eventTimestamps(name)]).toEqual([name, theirs.eventTimestamps(name)])
      }
    }
  })

  test('what the README compares on both', async () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const ports: Readonly<Record<string, string>> = { 6566: String(feastPort), 6567: String(ours.port) }
    const text = /```ts\n\/\/ compare\.ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
    const program = join(folder, 'compare.mts')
    // The feature has another name in this repository, and the package is this checkout.
    const here = text
      .replace(/6566|6567/g, (port) => ports[port] ?? port)
      .replace('driver_stats:avg_daily_trips', 'driver_stats:trips')
      .replace("'feast-ts/client'", `'${new URL('../../src/client/index.ts', import.meta.url).href}'`)
    writeFileSync(program, here)
    const { stdout } = await promisify(execFile)(process.execPath, [program])
    expect(stdout).toContain("conv_rate [ 'PRESENT', 'PRESENT', 'NOT_FOUND' ]")
  })

  test('a feature service by its name', async () => {
    const request = { featureService: 'driver_ranking', entities: { driver_id: [1001, 1002, 5] } }
    const [theirs, own] = await both((client) => client.getOnlineFeatures(request))
    expect(own.rows()).toEqual(theirs.rows())
  })

  test('pushed and written rows, with 64-bit integers', async () => {
    const at = '2024-06-01T12:00:00Z'
    const pushed = [{ driver_id: 9007199254740993n, clicks: 9007199254740995n, event_timestamp: at, created: at }]
    expect(await both((client) => client.push({ source: 'driver_push', rows: pushed }))).toEqual([
      { queued: false },
      { queued: false },
    ])
    const written = {
      driver_id: [77],
      conv_rate: [0.25],
      acc_rate: [0.5],
      trips: [3],
      event_timestamp: [at],
      created: [at],
    }
    await both((client) => client.writeToOnlineStore({ view: 'driver_stats', rows: written }))
    const clicks = { features: ['driver_pushed:clicks'], entities: [{ driver_id: 9007199254740993n }] }
    const [theirs, own] = await both((client) => client.getOnlineFeatures(clicks))
    expect(theirs.rows()).toEqual([{ driver_id: 9007199254740993n, clicks: 9007199254740995n }])
    expect(own.rows()).toEqual(theirs.rows())
    const stats = { features: ['driver_stats:conv_rate', 'driver_stats:trips'], entities: { driver_id: [77] } }
    const [their, our] = await both((client) => client.getOnlineFeatures(stats))
    expect(their.rows()).toEqual([{ driver_id: 77, conv_rate: 0.25, trips: 3 }])
    expect(our.rows()).toEqual(their.rows())
  })

  test('materializations that it waits for', async () => {
    const window = { start: '2023-11-14T00:00:00', end: new Date('2023-11-29T00:00:00Z'), views: ['driver_profile'] }
    expect(await both((client) => client.materialize(window))).toEqual([null, null])
    const end = '2023-12-01T00:00:00'
    expect(await both((client) => client.materialize({ end, views: ['driver_profile'] }))).toEqual([null, null])
    const background = { ...window, background: true }
    expect(await both((client) => client.materialize(background))).toEqual([['driver_profile'], ['driver_profile']])
  })

  test('that somebody is working on a view, whoever has marked it, and the view when it is forced', async () => {
    for (const repo of ['feast', 'ours']) {
      await using marking = await openStore(join(folder, repo))
      await marking.materialize({ start: '2023-11-14', end: '2023-11-15', views: ['driver_city_weather'] })
      await marking.setViewState('driver_city_weather', 'MATERIALIZING')
    }
    const request = { start: '2023-11-14', end: '2023-11-30', views: ['driver_city_weather'], background: true }
    const refused = await both((client) => client.materialize(request).catch((error: unknown) => error))
    expect(refused.map((error) => error instanceof FeastClientError && [error.status, error.answer])).toEqual([
      [409, { error: expect.any(String), feature_views: ['driver_city_weather'] }],
      [409, expect.objectContaining({ error: expect.any(String), feature_views: ['driver_city_weather'] })],
    ])
    const forced = await both((client) => client.materialize({ ...request, force: true }))
    expect(forced).toEqual([['driver_city_weather'], ['driver_city_weather']])
    for (const repo of ['feast', 'ours']) {
      await using looking = await openStore(join(folder, repo))
      for (let tries = 0; ; tries += 1) {
        const { featureViews } = await looking.refreshRegistry()
        const state = featureViews.find(({ name }) => name === 'driver_city_weather')?.state
        if (state === 'AVAILABLE_ONLINE') break
        expect([tries < 200, state]).toEqual([true, 'MATERIALIZING'])
        await sleep(100)
      }
    }
  })

  test('errors, each in the words of its server', async () => {
    const unknown = { features: ['nope:x'], entities: { driver_id: [1] } }
    const errors = await both((client) => client.getOnlineFeatures(unknown).catch((error: unknown) => error))
    expect(errors.map((error) => error instanceof FeastClientError && [error.status, error.code])).toEqual([
      [404, 'FeatureViewNotFoundException'],
      [404, 'FTS3104'],
    ])
    const push = await both((client) =>
      client.push({ source: 'nope', rows: [{ driver_id: 1 }] }).catch((error: unknown) => error),
    )
    expect(push.map((error) => error instanceof FeastClientError && [error.status, error.code])).toEqual([
      [422, 'PushSourceNotFoundException'],
      [422, 'FTS5020'],
    ])
  })
})
