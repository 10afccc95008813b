import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { Instant } from '../../src/base/instant.ts'
import { type Logger, silentLogger } from '../../src/base/logger.ts'
import { type FeatureStore, openStore } from '../../src/index.ts'
import { OfflinePushBatching } from '../../src/serve/push-batching/offline-push-batching.ts'
import { writeParquet } from '../write-parquet.ts'

const run = promisify(execFile)
const at = Instant.parse('2024-03-01T12:00:00Z') ?? Instant.fromEpochMicros(0n)

let folder: string
let store: FeatureStore

/** A repository whose push source feeds a view with its history at `path`. */
async function repository(path: string, isFolder = false): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'pushes-'))
  const seed = [{ driver_id: 0n, at, rate: 0 }]
  await writeParquet(join(folder, path, isFolder ? 'seed.parquet' : ''), seed)
  const index = pathToFileURL(join(import.meta.dirname, '../../src/index.ts')).href
  await writeFile(
    join(folder, 'feature_store.yaml'),
    'project: pushes\nregistry: registry.db\nprovider: local\nonline_store: { type: sqlite, path: online.db }\n' +
      'entity_key_serialization_version: 3\n',
  )
  await writeFile(
    join(folder, 'features.ts'),
    `import { entity, featureView, fileSource, float64, int64, pushSource } from ${JSON.stringify(index)}
const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const history = fileSource('history', { path: ${JSON.stringify(path)}, timestampField: 'at' })
export const rates = featureView('rates', { entities: [driver], schema: { rate: float64 },
  source: pushSource('feed', { batchSource: history }) })
`,
  )
  store = await openStore(folder)
  await store.apply()
}

afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

function batching(
  options: { readonly batchRows?: number; readonly intervalSeconds?: number; readonly logger?: Logger } = {},
): OfflinePushBatching {
  const { batchRows = 1000, intervalSeconds = 3600, logger = silentLogger } = options
  const settings = { batchRows, intervalSeconds, folder: join(folder, 'state') }
  return new OfflinePushBatching({ store, settings, logger, clock: systemClock })
}

async function push(to: OfflinePushBatching, ...ids: number[]): Promise<void> {
  const rows = ids.map((id) => ({ driver_id: id, at: '2024-03-01T12:00:00Z', rate: id / 10 }))
  await to.accept(await to.fit('feed', rows))
}

/** The keys in the offline store, in order; the seed left out. */
async function stored(): Promise<readonly number[]> {
  const rows = await store.pullAll('rates').toRows()
  const ids = rows.map((row) => Number(row.driver_id)).filter((id) => id !== 0)
  return ids.sort((a, b) => a - b)
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await done()); tries += 1) {
    expect(tries).toBeLessThan(1000)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

describe('pushes to the offline store', () => {
  beforeEach(() => repository('data/history.parquet'))

  it('wait until there are as many rows as make a batch', async () => {
    await using _closing = { [Symbol.asyncDispose]: () => pushes.close() }
    const pushes = batching({ batchRows: 3 })
    await push(pushes, 1, 2)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect([await stored(), pushes.backlogRows()]).toEqual([[], 2])
    await push(pushes, 3)
    await until(async () => pushes.backlogRows() === 0)
    expect(await stored()).toEqual([1, 2, 3])
  })

  it('are written when the oldest has waited for the interval', async () => {
    const pushes = batching({ intervalSeconds: 0.1 })
    await push(pushes, 1)
    await until(async () => pushes.backlogRows() === 0)
    expect(await stored()).toEqual([1])
    await pushes.close()
  })

  it('are written when the server ends', async () => {
    const pushes = batching()
    await Promise.all([push(pushes, 1, 2), push(pushes, 3)])
    expect(await stored()).toEqual([])
    await pushes.close()
    expect(await stored()).toEqual([1, 2, 3])
  })

  it('are refused before they are accepted when they do not fit the source', async () => {
    const pushes = batching()
    const rows = [{ driver_id: 1, at: '2024-03-01T12:00:00Z', rate: 'high' }]
    await expect(pushes.fit('feed', rows)).rejects.toMatchObject({ code: 'FTS4508', field: 'rows[0].rate' })
    await expect(pushes.fit('food', rows)).rejects.toMatchObject({ code: 'FTS5020' })
    await pushes.close()
  })

  it('of several servers on one spool are all written, by whoever comes first', async () => {
    const servers = [1, 2, 3].map(() => batching({ batchRows: 5, intervalSeconds: 0.05 }))
    for (let id = 1; id <= 30; id += 3) {
      await Promise.all(servers.map((server, index) => push(server, id + index)))
    }
    await Promise.all(servers.map((server) => server.close()))
    expect(await stored()).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
  })

  it('are kept and tried again while the offline store fails', async () => {
    const errors: string[] = []
    const logger = { ...silentLogger, error: (message: string): unknown => errors.push(message) } as Logger
    const source = join(folder, 'data/history.parquet')
    const pushes = batching({ intervalSeconds: 0.05, logger })
    await push(pushes, 1)
    const bytes = await readFile(source)
    await rm(source)
    await until(async () => errors.length > 0)
    expect(errors[0]).toContain('kept and tried again')
    await writeFile(source, bytes)
    await until(async () => pushes.backlogRows() === 0)
    expect(await stored()).toEqual([1])
    await pushes.close()
  })

  it('that do not fit their source any more go into a file that can be pushed, and hold up no others', async () => {
    const pushes = batching()
    await push(pushes, 1)
    await push(pushes, 2)
    await writeParquet(join(folder, 'data/history.parquet'), [{ driver_id: 0n, at, rate: 0, trips: 1n }])
    await pushes.close()
    const names = await readdir(join(folder, 'state/rejected'))
    expect(names).toHaveLength(2)
    const bodies = await Promise.all(names.map((name) => readFile(join(folder, 'state/rejected', name), 'utf8')))
    expect(bodies.map((body) => JSON.parse(body))).toEqual(
      [1, 2].map((id) => ({
        push_source_name: 'feed',
        df: { driver_id: [id], at: ['2024-03-01T12:00:00Z'], rate: [id / 10] },
        to: 'offline',
      })),
    )
    const again = batching()
    const fitting = [{ driver_id: 3, at: '2024-03-01T12:00:00Z', rate: 0.3, trips: 3 }]
    await again.accept(await again.fit('feed', fitting))
    await again.close()
    expect(await stored()).toEqual([3])
  })

  it('that cannot be kept are not accepted', async () => {
    await writeFile(join(folder, 'state'), 'a file where a folder should be')
    expect(() => batching()).toThrow(expect.objectContaining({ code: 'FTS7010' }))
  })
})

/** Every step from a push to a row in the offline store; of what happens for every batch, an early and a late one. */
const steps = [
  'before add#1',
  'after add#1',
  'after answer#1',
  'after answer#4',
  'after nextBatch#1',
  'before rename#1',
  'after rename#1',
  'after rename#2',
  'after addToHistory#1',
  'before done#2',
  'after done#1',
] as const

describe.each([
  ['a file', 'data/history.parquet', steps],
  ['a folder', 'data/history', steps.filter((step) => /rename#|addToHistory/.test(step))],
] as const)('a server that is killed while it writes to %s', (_, path, lastSteps) => {
  it('has lost and doubled no row that it acknowledged, whatever step was its last', { timeout: 120_000 }, async () => {
    await repository(path, !path.endsWith('.parquet'))
    const script = join(import.meta.dirname, 'killed-push-batching.ts')
    const acknowledged: number[] = []
    const pushed: number[] = []
    // Each process finds what the one before it left.
    for (const [index, step] of lastSteps.entries()) {
      const first = index * 100 + 1
      const died = await run(process.execPath, [script, folder, step, String(first)]).catch((error: unknown) => error)
      expect(died, step).toMatchObject({ signal: 'SIGKILL' })
      acknowledged.push(
        ...String((died as { stdout: string }).stdout)
          .split('\n')
          .filter(Boolean)
          .map(Number),
      )
      pushed.push(...Array.from({ length: 12 }, (_unused, offset) => first + offset))
    }
    await batching().close()
    const rows = await stored()
    expect(acknowledged.length).toBeGreaterThan(lastSteps.length)
    expect(rows).toEqual([...new Set(rows)])
    expect(rows).toEqual(expect.arrayContaining(acknowledged.toSorted((a, b) => a - b)))
    expect(pushed).toEqual(expect.arrayContaining([...rows]))
    expect((await stat(join(folder, 'state/pushed-rows.db'))).isFile()).toBe(true)
  })
})
