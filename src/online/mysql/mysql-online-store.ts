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
import { tableName } from '../sql-common/identifiers.ts'
import { mysqlConfig } from './mysql-config.ts'
import { MysqlConnections, type Run } from './mysql-driver.ts'
import { createStatement, indexName, quoted } from './mysql-layout.ts'
import { readCells } from './mysql-read.ts'
import { writeRows } from './mysql-write.ts'
import { placeholders } from './placeholders.ts'

/** The latest values in MySQL or MariaDB, in the layout of Feast's store. Connections are opened on first use. */
export async function openMysqlOnlineStore(options: StoreOptions): Promise<OnlineStore> {
  return new MysqlOnlineStore(new MysqlConnections(mysqlConfig(options)))
}

export const mysqlCapabilities: OnlineStoreCapabilities = {
  keyTtl: false,
  transactionalBatches: true,
  versionedViews: true,
  vectorSearch: false,
  eventPrecisionMicros: 1_000_000n,
  createdTimestamps: true,
  oneRoundTrip: true,
  missingInFeast: 'NOT_FOUND',
}

const seconds = { ping: 10, read: 30, write: 120, update: 120 } as const

class MysqlOnlineStore implements OnlineStore {
  readonly capabilities = mysqlCapabilities
  readonly #connections: MysqlConnections

  constructor(connections: MysqlConnections) {
    this.#connections = connections
  }

  read(reads: readonly OnlineRead[], signal?: AbortSignal): Promise<readonly OnlineCells[]> {
    const task = { what: 'the read', seconds: seconds.read, signal, repeatable: true }
    return this.#connections.use(task, (run) => readCells(run, reads))
  }

  async write(batch: OnlineWrite, signal?: AbortSignal): Promise<OnlineWriteSummary> {
    // Doing it again gives the same, unless rows overwrite newer ones that came in between.
    const repeatable = batch.feastOrder !== true
    return writeRows(this.#connections, batch, { what: 'the write', seconds: seconds.write, signal, repeatable })
  }

  /** Feast records none for this store. */
  infrastructure(): readonly InfrastructureObject[] {
    return []
  }

  async update(change: TableChange): Promise<void> {
    const task = { what: 'the set-up', seconds: seconds.update, repeatable: true }
    await this.#connections.use(task, async (run) => {
      for (const sql of await missing(run, change)) await run(sql)
    })
  }

  async teardown(tables: readonly OnlineTable[]): Promise<void> {
    await this.update({ keep: [], drop: tables })
  }

  async ping(signal?: AbortSignal): Promise<void> {
    const task = { what: 'the check', seconds: seconds.ping, signal, repeatable: true }
    await this.#connections.use(task, (run) => run('SELECT 1'))
  }

  close(): Promise<void> {
    return this.#connections.close()
  }
}

/** The statements that bring the database to the wanted state. Nothing to do takes no lock. */
async function missing(run: Run, change: TableChange): Promise<readonly string[]> {
  const drop = droppedNames(change, tableName)
  const names = [...drop, ...change.keep.map(tableName)]
  if (names.length === 0) return []
  const found = await run(
    `SELECT t.table_name, s.index_name FROM information_schema.tables t
      LEFT JOIN information_schema.statistics s ON s.table_schema = t.table_schema AND s.table_name = t.table_name
      WHERE t.table_schema = DATABASE() AND t.table_name IN (${placeholders(names.length)})`,
    names,
  )
  const tables = new Set(found.map(([table]) => String(table)))
  const indexes = new Set(found.map(([, index]) => String(index)))
  return [
    ...drop.filter((name) => tables.has(name)).map((name) => `DROP TABLE IF EXISTS ${quoted(name)}`),
    ...change.keep.flatMap((table) => {
      const [name, create] = [tableName(table), createStatement(table)]
      if (!tables.has(name)) return [create]
      const index = indexName(name)
      return indexes.has(index) ? [] : [`ALTER TABLE ${quoted(name)} ADD INDEX ${quoted(index)} (entity_key)`]
    }),
  ]
}
