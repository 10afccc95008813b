import type { InfrastructureObject } from '../../model/registry-contents.ts'
import type { OnlineCells } from '../../plugin/online-cells.ts'
import type {
  LayoutConversion,
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
import { quoteIdentifier, quoteText, tableName } from '../sql-common/identifiers.ts'
import { type SqliteConfig, sqliteConfig } from './sqlite-config.ts'
import { convertTables } from './sqlite-convert.ts'
import { SqliteConnection } from './sqlite-driver.ts'
import { createStatements, laterColumns, numberColumn } from './sqlite-layout.ts'
import { forgetState, makeStates, readPacked, rememberPacked, tableStates } from './sqlite-packed.ts'
import { readCells } from './sqlite-read.ts'
import { writeRows } from './sqlite-write.ts'

/** The latest values in one SQLite file, in the layout of Feast's store. The file is opened on first use. */
export async function openSqliteOnlineStore(options: StoreOptions): Promise<OnlineStore> {
  return new SqliteOnlineStore(sqliteConfig(options))
}

export const sqliteCapabilities: OnlineStoreCapabilities = {
  keyTtl: false,
  transactionalBatches: true,
  versionedViews: true,
  vectorSearch: false,
  eventPrecisionMicros: 1_000_000n,
  createdTimestamps: true,
  oneRoundTrip: true,
  missingInFeast: 'NOT_FOUND',
}

class SqliteOnlineStore implements OnlineStore {
  readonly capabilities: OnlineStoreCapabilities
  readonly #config: SqliteConfig
  readonly #connection: SqliteConnection

  constructor(config: SqliteConfig) {
    this.#config = config
    // Blobs keep microseconds; of a table that is not converted yet this promises too much.
    this.capabilities =
      config.layout === 'packed' ? { ...sqliteCapabilities, eventPrecisionMicros: 1n } : sqliteCapabilities
    this.#connection = new SqliteConnection(config.path)
  }

  read(reads: readonly OnlineRead[], signal?: AbortSignal): Promise<readonly OnlineCells[]> {
    return this.#connection.transaction(
      'read',
      () => {
        const states = tableStates(this.#connection)
        return reads.map((read) => {
          const state = states.get(tableName(read.table))
          return state === undefined ? readCells(this.#connection, read) : readPacked(this.#connection, read, state)
        })
      },
      signal,
    )
  }

  write(batch: OnlineWrite, signal?: AbortSignal): Promise<OnlineWriteSummary> {
    return writeRows(this.#connection, this.#config, batch, signal)
  }

  convert(tables: readonly OnlineTable[], signal?: AbortSignal): Promise<LayoutConversion> {
    return convertTables(this.#connection, this.#config, tables, signal)
  }

  infrastructure(tables: readonly OnlineTable[]): readonly InfrastructureObject[] {
    return tables.map((table) => ({
      classType: 'feast.infra.online_stores.sqlite.SqliteTable',
      name: tableName(table),
      location: this.#config.path,
    }))
  }

  async update(change: TableChange): Promise<void> {
    const statements = await this.#connection.transaction('read', () => this.#missing(change))
    // Nothing to do takes no write lock, so applying an unchanged repository never waits for a running load.
    if (statements.length === 0) return
    await this.#connection.transaction('write', () => {
      for (const sql of this.#missing(change)) this.#connection.execute(sql)
    })
  }

  async teardown(tables: readonly OnlineTable[]): Promise<void> {
    await this.update({ keep: [], drop: tables })
  }

  async ping(signal?: AbortSignal): Promise<void> {
    await this.#connection.transaction('read', () => this.#exists(''), signal)
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  /** The statements that bring the file to the wanted state. */
  #missing(change: TableChange): string[] {
    const dropped = droppedNames(change, tableName).filter((name) => this.#columns(name).length > 0)
    const states = tableStates(this.#connection)
    return [
      ...dropped.map((name) => `DROP TABLE ${quoteIdentifier(name)}`),
      ...dropped.filter((name) => states.has(name)).map(forgetState),
      ...change.keep.flatMap((table) => this.#missingOf(tableName(table))),
    ]
  }

  #missingOf(name: string): readonly string[] {
    const columns = this.#columns(name)
    const wanted = { ...laterColumns, ...(this.#config.numbers ? numberColumn : {}) }
    const [table, index] = createStatements(name, this.#config.numbers)
    if (columns.length === 0) {
      return this.#config.layout === 'packed' ? [table, index, makeStates, rememberPacked(name)] : [table, index]
    }
    const added = Object.entries(wanted)
      .filter(([column]) => !columns.includes(column))
      .map(([column, type]) => `ALTER TABLE ${quoteIdentifier(name)} ADD COLUMN ${quoteIdentifier(column)} ${type}`)
    return this.#exists(`${name}_ek`) ? added : [index, ...added]
  }

  #columns(name: string): readonly unknown[] {
    const rows = this.#connection.prepare(`SELECT name FROM pragma_table_info(${quoteText(name)})`).all()
    return rows.map((row) => (Array.isArray(row) ? row[0] : undefined))
  }

  #exists(name: string): boolean {
    return this.#connection.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(name) !== undefined
  }
}
