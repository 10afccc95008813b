import type { Pool, PoolConnection, PoolOptions } from 'mysql2/promise'
import { once } from '../../base/once.ts'
import { loadDriver } from '../../plugin/load-driver.ts'
import { type StoreServer, storeClosed, timedOut } from '../online-common/server-errors.ts'
import { type ConnectionSource, doTask, inTransaction, type Task } from '../sql-common/connection-task.ts'
import type { MysqlConfig } from './mysql-config.ts'
import { isConflict, isConnectionLost, isUsableAfter, mysqlError } from './mysql-errors.ts'

export type Parameter = string | number | Buffer | null

/** Columns of a result: text, numbers (as text when they are large) and bytes. */
export type ResultRow = readonly unknown[]

/** Runs a statement, prepared once per connection for its text. */
export type Run = (sql: string, parameters?: readonly Parameter[]) => Promise<readonly ResultRow[]>

const connectSeconds = 10
/** Feast's store has one connection and no setting for more. */
const maxConnections = 10
/** The server counts prepared statements; texts differ by the number of rows, in powers of two. */
const preparedStatements = 200

/**
 * Whatever the server's defaults are: times are UTC; what does not fit is an error and never cut; and writers lock the
 * rows they write and not the gaps between, so that they seldom wait for each other.
 */
const session = [
  "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
]

/** Connections to one server, opened when they are needed and again after they broke. */
export class MysqlConnections {
  readonly server: StoreServer
  readonly #config: MysqlConfig
  readonly #ready = new WeakSet<object>()
  readonly #source: ConnectionSource<PoolConnection> = {
    acquire: () => this.#acquire(),
    release: (connection) => connection.release(),
    discard: (connection) => this.#discard(connection),
    isUsableAfter,
    isLost: isConnectionLost,
    isConflict,
    timedOut: (task) => timedOut(this.server, task.what, task.seconds),
  }
  readonly #pool = once(() => this.#open())
  #closed = false

  constructor(config: MysqlConfig) {
    this.#config = config
    this.server = { name: 'MySQL', address: `${config.host}:${config.port}` }
  }

  /**
   * Does a task on one connection, see {@link doTask}.
   * @throws the reason of its signal; FTS5010, FTS5014 to FTS5019.
   */
  async use<T>(task: Task, work: (run: Run) => Promise<T>): Promise<T> {
    try {
      return await doTask(this.#source, task, (connection) =>
        work((sql, parameters) => runOn(connection, sql, parameters)),
      )
    } catch (error) {
      throw mysqlError(error, this.server)
    }
  }

  /** {@link use} in a transaction, rolled back when the work fails. */
  transaction<T>(task: Task, work: (run: Run) => Promise<T>): Promise<T> {
    return this.use(task, (run) => inTransaction(run, 'START TRANSACTION', () => work(run)))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#pool.made()?.then(
      (opened) => opened.end(),
      () => undefined,
    )
  }

  async #acquire(): Promise<PoolConnection> {
    if (this.#closed) throw storeClosed(this.server)
    const connection = await (await this.#pool()).getConnection()
    const identity = connection.connection
    if (this.#ready.has(identity)) return connection
    try {
      for (const sql of session) await connection.query(sql)
    } catch (error) {
      connection.destroy()
      throw error
    }
    this.#ready.add(identity)
    return connection
  }

  async #open(): Promise<Pool> {
    const { createPool } = await loadDriver('mysql', 'mysql2', () => import('mysql2/promise'))
    return createPool(poolOptions(this.#config))
  }

  #discard(connection: PoolConnection): void {
    const { threadId } = connection
    connection.destroy()
    // The server goes on with a statement until it notices. It is a favour to it, so nobody waits for this.
    void this.#pool
      .made()
      ?.then((pool) => pool.query(`KILL ${Number(threadId)}`))
      .catch(() => undefined)
  }
}

function poolOptions(config: MysqlConfig): PoolOptions {
  return {
    host: config.host,
    port: config.port,
    database: config.database,
    user: config.user,
    password: config.password,
    connectionLimit: maxConnections,
    maxIdle: 2,
    idleTimeout: 60_000,
    connectTimeout: connectSeconds * 1000,
    enableKeepAlive: true,
    charset: 'utf8mb4',
    maxPreparedStatements: preparedStatements,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
  }
}

async function runOn(
  connection: PoolConnection,
  sql: string,
  parameters?: readonly Parameter[],
): Promise<readonly ResultRow[]> {
  const [rows] =
    parameters === undefined
      ? await connection.query({ sql, rowsAsArray: true })
      : await connection.execute({ sql, rowsAsArray: true }, [...parameters])
  return Array.isArray(rows) ? (rows as readonly ResultRow[]) : []
}
