import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { InfrastructureObject } from '../../model/registry-contents.ts'
import type { OnlineCells } from '../../plugin/online-cells.ts'
import type {
  OnlineRead,
  OnlineStore,
  OnlineStoreCapabilities,
  OnlineTable,
  OnlineWrite,
  OnlineWriteSummary,
  TableChange,
} from '../../plugin/online-store.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'
import { droppedNames } from '../online-common/dropped-names.ts'
import { quoteIdentifier, tableName } from '../sql-common/identifiers.ts'
import { textArray } from './postgres-arrays.ts'
import { type PostgresConfig, postgresConfig } from './postgres-config.ts'
import { PostgresConnections, type Run, type Statement } from './postgres-driver.ts'
import { keptName, qualifiedName, relationsOf } from './postgres-layout.ts'
import { cellsOf, readStatement } from './postgres-read.ts'
import { writeRows } from './postgres-write.ts'

/**
 * The latest values in PostgreSQL, in the layout of Feast's store. Connections are opened on first use.
 * @throws FTS1005 for a key of the configuration that cannot be used.
 */
export async function openPostgresOnlineStore(options: StoreOptions): Promise<OnlineStore> {
  return new PostgresOnlineStore(postgresConfig(options))
}

export const postgresCapabilities: OnlineStoreCapabilities = {
  keyTtl: false,
  transactionalBatches: true,
  versionedViews: true,
  vectorSearch: false,
  eventPrecisionMicros: 1n,
  createdTimestamps: true,
  oneRoundTrip: true,
  missingInFeast: 'NOT_FOUND',
}

const seconds = { ping: 10, read: 30, write: 120, update: 120 } as const

/** Statements that a connection keeps planned. Each is a set of views read together, so there are few. */
const namedStatements = 200

class PostgresOnlineStore implements OnlineStore {
  readonly capabilities = postgresCapabilities
  readonly #config: PostgresConfig
  readonly #connections: PostgresConnections
  readonly #names = new Map<string, string>()

  constructor(config: PostgresConfig) {
    this.#config = config
    this.#connections = new PostgresConnections(config)
  }

  async read(reads: readonly OnlineRead[], signal?: AbortSignal): Promise<readonly OnlineCells[]> {
    const task = { what: 'the read', seconds: seconds.read, signal, repeatable: true }
    const groups = this.#groups(reads)
    if (reads.every((read) => read.entityKeys.length === 0)) return cellsOf(reads, [])
    return this.#connections.use(task, async (run) => {
      const answers: OnlineCells[] = []
      for (const group of groups) {
        const rows = await run(this.#named(readStatement(this.#config, group)))
        answers.push(...cellsOf(group, rows))
      }
      return answers
    })
  }

  write(batch: OnlineWrite, signal?: AbortSignal): Promise<OnlineWriteSummary> {
    // Doing it again gives the same, unless rows overwrite newer ones that came in between.
    const repeatable = batch.feastOrder !== true
    return writeRows(this.#connections, this.#config, batch, {
      what: 'the write',
      seconds: seconds.write,
      signal,
      repeatable,
    })
  }

  /** Feast records none for this store. */
  infrastructure(): readonly InfrastructureObject[] {
    return []
  }

  async update(change: TableChange): Promise<void> {
    const task = { what: 'the set-up', seconds: seconds.update, repeatable: true }
    const pending = await this.#connections.use(task, (run) => this.#statements(run, change))
    // Nothing to do takes no lock, so applying an unchanged repository never waits for a running load.
    if (pending.length === 0) return
    await this.#connections.transaction(task, async (run) => {
      // One at a time: the server does not make `CREATE … IF NOT EXISTS` safe against itself.
      await run({ sql: 'SELECT pg_advisory_xact_lock(hashtext($1))', parameters: [`feast-ts ${this.#config.schema}`] })
      for (const sql of await this.#statements(run, change)) await run({ sql })
    })
  }

  async teardown(tables: readonly OnlineTable[]): Promise<void> {
    await this.update({ keep: [], drop: tables })
  }

  async ping(signal?: AbortSignal): Promise<void> {
    const task = { what: 'the check', seconds: seconds.ping, signal, repeatable: true }
    await this.#connections.use(task, (run) => run({ sql: 'SELECT 1' }))
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  /** The reads that share a statement: all, unless the answer would be larger than `max_batched_result_rows`. */
  #groups(reads: readonly OnlineRead[]): readonly (readonly OnlineRead[])[] {
    const rows = Math.max(0, ...reads.map((read) => read.entityKeys.length))
    return rows * reads.length <= this.#config.maxBatchedRows ? [reads] : reads.map((read) => [read])
  }

  #named(statement: Statement): Statement {
    let name = this.#names.get(statement.sql)
    if (name === undefined && this.#names.size < namedStatements) {
      name = `feast_read_${this.#names.size}`
      this.#names.set(statement.sql, name)
    }
    return { ...statement, name }
  }

  /** What brings the schema to the wanted state. */
  async #statements(run: Run, change: TableChange): Promise<readonly string[]> {
    const drop = droppedNames(change, tableName)
    const wanted = change.keep.map((table) => relationsOf(this.#config, table))
    const names = [...drop, ...wanted.flatMap((relations) => Object.keys(relations))].map(keptName)
    const found = await run({
      sql: `SELECT n.nspname, c.relname FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid
        AND c.relname = ANY ($2::text[]) WHERE n.nspname = $1`,
      parameters: [this.#config.schema, textArray(names)],
    })
    const there = new Set(found.map(([, name]) => name))
    this.#refuseCutNames(change.keep, there)
    const schema = `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(this.#config.schema)}`
    return [
      ...(found.length === 0 && change.keep.length > 0
        ? [`${schema} AUTHORIZATION ${quoteIdentifier(this.#config.user)}`]
        : []),
      ...drop
        .filter((name) => there.has(keptName(name)))
        .map((name) => `DROP TABLE IF EXISTS ${qualifiedName(this.#config, name)}`),
      ...wanted.flatMap((relations) =>
        Object.entries(relations).flatMap(([name, sql]) => (there.has(keptName(name)) ? [] : [sql])),
      ),
    ]
  }

  /** Names that the server cuts may become the same; tables that Feast made under such names stay usable. */
  #refuseCutNames(tables: readonly OnlineTable[], there: ReadonlySet<string | null | undefined>): void {
    for (const name of tables.map(tableName)) {
      if (keptName(name) === name || there.has(keptName(name))) continue
      throw new FeatureStoreError('FTS5017', {
        message: `The table "${name}" cannot be made: its name has ${Buffer.byteLength(name)} bytes, and PostgreSQL keeps 63.`,
        hint: 'choose a shorter name for the project or the view',
      })
    }
  }
}
