import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { frozenClock } from '../../src/base/clock.ts'
import { Instant } from '../../src/base/instant.ts'
import { main } from '../../src/cli/main.ts'
import { asFeatureStoreError, renderError } from '../../src/cli/render-error.ts'
import type { Definitions } from '../../src/model/definitions.ts'
import { loadRepository } from '../../src/repository/load-repository.ts'
import type { FeatureStore } from '../../src/store/feature-store.ts'
import { openStore } from '../../src/store/open-store.ts'

/** Provokes one error: throws it, or returns what the command line printed. */
export type Fixture = (stage: Stage) => Promise<unknown>

export const yaml = 'project: rides\nregistry: data/registry.db\n'

/** A small feature repository, which most fixtures change in one place. */
export const features = `import { days, entity, featureService, featureView, fileSource, float32, float64, int64, onDemandFeatureView, pushSource, requestSource } from 'feast-ts'

export const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
export const source = fileSource('driver_source', { path: 'data/stats.parquet', timestampField: 'event_timestamp' })
export const stats = featureView('driver_stats', {
  entities: [driver],
  ttl: days(1),
  schema: { conv_rate: float32, trips: int64 },
  source,
})
export const trip = requestSource('trip', { distance_km: float64 })
export const fare = onDemandFeatureView('fare', {
  sources: { stats, trip },
  schema: { fare: float64 },
  transform: ({ stats, trip }) => ({ fare: stats.conv_rate === null ? null : trip.distance_km * stats.conv_rate }),
})
export const ranking = featureService('ranking', [stats, fare])
`

/** Names for the completion of shells are kept nowhere, least of all in the home of whoever runs the tests. */
const noCache = { XDG_CACHE_HOME: '/dev/null' }

/** The rows that most fixtures read. */
export const statsSql = `SELECT TIMESTAMPTZ '2026-01-01 10:00:00+00' AS event_timestamp, 1001::BIGINT AS driver_id,
  0.5::FLOAT AS conv_rate, 7::BIGINT AS trips`

/** An empty folder in which a fixture sets up what goes wrong. */
export class Stage {
  readonly folder: string
  readonly #opened: FeatureStore[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Not in the folder that TMPDIR names: where lines break depends on the length of its name. */
  static async open(): Promise<Stage> {
    return new Stage(await mkdtemp('/tmp/feast-gallery-'))
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    await mkdir(dirname(this.path(name)), { recursive: true })
    await writeFile(this.path(name), content)
    return this.path(name)
  }

  /** Writes the rows of a query as a Parquet file. */
  async parquet(sql: string = statsSql, name = 'data/stats.parquet'): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true })
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(`COPY (${sql}) TO '${this.path(name)}' (FORMAT parquet)`)
    connection.closeSync()
    instance.closeSync()
  }

  /** Loads definition files, `features.ts` and others by name. */
  async load(text: string, others: Readonly<Record<string, string>> = {}): Promise<Definitions> {
    for (const [name, other] of Object.entries(others)) await this.write(name, other)
    await this.write('features.ts', text)
    return loadRepository(this.folder)
  }

  /** A store over the folder; nothing is applied. */
  async store(text: string = features, config: string = yaml): Promise<FeatureStore> {
    await this.write('feature_store.yaml', config)
    await this.write('features.ts', text)
    const clock = frozenClock(Instant.parse('2026-01-01T12:00:00Z') ?? Instant.fromEpochSeconds(0))
    const store = await openStore(this.folder, { clock, env: {} })
    this.#opened.push(store)
    return store
  }

  /** A store with the data in place and everything applied. */
  async applied(text: string = features, sql: string = statsSql): Promise<FeatureStore> {
    await this.parquet(sql)
    const store = await this.store(text)
    await store.apply()
    return store
  }

  /** Runs a command and returns what it printed on stderr. */
  async feast(...argv: readonly string[]): Promise<string> {
    let printed = ''
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        printed += chunk.toString()
        done()
      },
    })
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
    const stdin = new PassThrough()
    await main(argv, { stdout: silent, stderr: sink, stdin, env: noCache, cwd: this.folder })
    return printed.trimEnd()
  }

  /** Runs a command in a process of its own, where Node itself loads the definition files. */
  run(...argv: readonly string[]): Promise<string> {
    const bin = fileURLToPath(new URL('../../bin/feast.mjs', import.meta.url))
    return new Promise((resolve) => {
      const env = { ...process.env, ...noCache, NO_COLOR: '1', FORCE_COLOR: '0' }
      execFile(process.execPath, [bin, ...argv], { cwd: this.folder, env }, (_error, _stdout, stderr) =>
        resolve(stderr.trimEnd()),
      )
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((store) => store.close()))
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** The text of the error that a fixture provokes, without what differs from run to run. */
export async function provoke(fixture: Fixture): Promise<string> {
  const stage = await Stage.open()
  try {
    const returned = await fixture(stage).then(
      (value) => (typeof value === 'string' ? value : 'nothing went wrong'),
      (error: unknown) => {
        // A fault of the fixture itself shows its stack.
        const shown = asFeatureStoreError(error)
        const output = new Writable()
        return renderError(error, { cwd: stage.folder, output, debug: shown.code === 'FTS9001' })
      },
    )
    return `${returned.replaceAll(stage.folder, '/home/ann/rides')}\n`
  } finally {
    await stage.close()
  }
}
