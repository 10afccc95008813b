import { execFile, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import grpc from '@grpc/grpc-js'
import { openStore } from 'feast-ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { startGrpcServer } from '../../src/serve/grpc/grpc-server.ts'
import { freePort } from '../../test/services/free-port.ts'
import { driverFeatures, makeRepository, window } from './both-sides.ts'
import { feastPython } from './feast-side.ts'

const script = fileURLToPath(new URL('./grpc_side.py', import.meta.url))
const drivers = Array.from({ length: 100 }, (_, index) => 950 + index)
const at = '2024-06-01T12:00:00Z'
const row = { driver_id: 7_000_001, clicks: 42, event_timestamp: at, created: at }

/** Value, status and event time of each row, by column. */
type Answer = Readonly<Record<string, readonly (readonly [unknown, string, string])[]>>

const folder = mkdtempSync(join(tmpdir(), 'interop-grpc-'))
const stops: (() => unknown)[] = []

/** The shared repository, applied and materialized by us. */
async function repositoryOfUs(): Promise<string> {
  const repo = await makeRepository(join(folder, 'ours'))
  await using store = await openStore(repo)
  await store.apply()
  await store.materialize(window)
  return repo
}

/** Serves a copy of a repository; returns the address. */
async function serve(repo: string, compatibility: 'feast' | null): Promise<string> {
  const copy = `${repo}-${compatibility ?? 'own'}`
  cpSync(repo, copy, { recursive: true })
  const configuration = { ...parse(readFileSync(join(copy, 'feature_store.yaml'), 'utf8')), compatibility }
  const store = await openStore(configuration, { repoPath: copy })
  const server = await startGrpcServer({ store })
  stops.push(async () => {
    await server.close()
    await store.close()
  })
  return `127.0.0.1:${server.port}`
}

/** Serves a copy of a repository with real Feast's `feast listen`; returns the address. */
async function feastListen(repo: string): Promise<string> {
  const cwd = `${repo}-theirs`
  cpSync(repo, cwd, { recursive: true })
  const address = `127.0.0.1:${await freePort()}`
  const env = { ...process.env, TZ: 'UTC', FEAST_USAGE: 'False' }
  const child = spawn(join(dirname(feastPython()), 'feast'), ['listen', '-a', address], { cwd, env, stdio: 'ignore' })
  stops.push(() => child.kill())
  const client = new grpc.Client(address, grpc.credentials.createInsecure())
  await promisify(client.waitForReady.bind(client))(Date.now() + 120_000)
  client.close()
  return address
}

/** What every server answered, by its name. */
interface Answers {
  readonly read: Answer
  readonly pushed: boolean
  readonly readBack: Answer
  readonly health: string
}

let answers: Readonly<Record<'theirs' | 'ours' | 'compatible', Answers>>
/** Of our server alone. */
let further: readonly unknown[]

beforeAll(async () => {
  const repo = await repositoryOfUs()
  const [theirs, ours, compatible] = await Promise.all([feastListen(repo), serve(repo, null), serve(repo, 'feast')])
  const read = ['GrpcFeatureServer', driverFeatures, drivers]
  const readBack = ['GrpcFeatureServer', ['driver_pushed:clicks'], [7_000_001, 7_000_002]]
  const ofEach = [theirs, ours, compatible].map((address) => [
    ['read', address, ...read],
    ['push', address, 'driver_push', row],
    ['read', address, ...readBack],
    ['health', address, ''],
  ])
  const ofOurs = [
    ['read', ours, 'ServingService', driverFeatures, drivers],
    ['health', ours, 'feast.serving.ServingService'],
    ['health', ours, 'nope'],
    ['reflect', ours],
  ]
  const given = await python([...ofEach.flat(), ...ofOurs])
  const part = (number: number): Answers => {
    const [first, pushed, second, health] = given.slice(4 * number, 4 * number + 4)
    return { read: first as Answer, pushed: pushed === true, readBack: second as Answer, health: String(health) }
  }
  answers = { theirs: part(0), ours: part(1), compatible: part(2) }
  further = given.slice(12)
})

afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()))
  rmSync(folder, { recursive: true, force: true })
})

/** Makes calls with Feast's stubs, as its clients do. */
async function python(calls: readonly (readonly unknown[])[]): Promise<readonly unknown[]> {
  const path = join(folder, 'calls.json')
  writeFileSync(path, JSON.stringify(calls))
  const { stdout } = await promisify(execFile)(feastPython(), [script, path], {
    env: { ...process.env, TZ: 'UTC', FEAST_USAGE: 'False', GRPC_VERBOSITY: 'NONE' },
    maxBuffer: 1 << 26,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]')
}

/** Values, whether they were found, and event times: we also tell what is old and what is null. */
const withoutOwnStatuses = (answer: Answer): unknown =>
  Object.fromEntries(
    Object.entries(answer).map(([name, rows]) => [
      name,
      rows.map(([value, status, time]) => [value, status !== 'NOT_FOUND', time]),
    ]),
  )

describe('Feast’s Python stubs', () => {
  test('get from us the values and event times that they get from `feast listen`', () => {
    const { theirs, ours } = answers
    expect(withoutOwnStatuses(ours.read)).toEqual(withoutOwnStatuses(theirs.read))
    expect(theirs.read.driver_stats__trips?.some(([value]) => value !== null)).toBe(true)
    expect(ours.read.driver_stats__trips?.some(([, status]) => status === 'OUTSIDE_MAX_AGE')).toBe(true)
  })

  test('get from us the very answers of `feast listen` when compatibility asks for it', () => {
    expect(answers.compatible).toEqual(answers.theirs)
  })

  test('push rows to us, and read them back', () => {
    for (const { pushed, readBack } of [answers.theirs, answers.ours]) {
      expect(pushed).toBe(true)
      expect(readBack.driver_pushed__clicks?.map(([value, , time]) => [value, time])).toEqual([
        ['42', at],
        [null, '1970-01-01T00:00:00Z'],
      ])
    }
  })

  test('get the same from the service of Feast’s Go and Java servers', () => {
    expect(further[0]).toEqual(answers.ours.read)
  })

  test('ask for our health, and read what we serve by reflection', () => {
    expect([answers.ours.health, ...further.slice(1, 3)]).toEqual(['SERVING', 'SERVING', 'NOT_FOUND'])
    expect(further[3]).toEqual({
      services: [
        'feast.serving.ServingService',
        'GrpcFeatureServer',
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
      ],
      methods: ['Push', 'WriteToOnlineStore', 'GetOnlineFeatures'],
      same: true,
    })
  })
})
