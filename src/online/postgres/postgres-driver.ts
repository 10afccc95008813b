import { connect } from 'node:net'
import type { Pool, PoolClient, PoolConfig } from 'pg'
import { once } from '../../base/once.ts'
import { loadDriver } from '../../plugin/load-driver.ts'
import { type StoreServer, storeClosed, timedOut } from '../online-common/server-errors.ts'
import { type ConnectionSource, doTask, inTransaction, type Task } from '../sql-common/connection-task.ts'
import { quoteIdentifier } from '../sql-common/identifiers.ts'
import type { PostgresConfig } from './postgres-config.ts'
import { connectSeconds, hasNoTls, isConflict, isConnectionLost, postgresError } from './postgres-errors.ts'

/** Parameters in the binary format, as the server expects them for the types that the statement names; or text. */
export type Parameter = Buffer | string | number | null

/** Columns as PostgreSQL writes them in text; null for NULL. */
export type ResultRow = readonly (string | null)[]

export interface Statement {
  readonly sql: string
  readonly parameters?: readonly Parameter[]
  /** The server parses and plans a named statement once per connection. One name, one text. */
  readonly name?: string | undefined
}

/** Runs a statement on one connection. */
export type Run = (statement: Statement) => Promise<readonly ResultRow[]>

const idleSeconds = 60
/** Connections to one server, opened when they are needed and again after they broke. */
export class PostgresConnections {
  readonly server: StoreServer
  readonly #config: PostgresConfig
  readonly #source: ConnectionSource<PoolClient> = {
    acquire: () => this.#acquire(),
    release: (client) => client.release(),
    discard: (client) => {
      this.#cancel(client)
      client.release(true)
    },
    // Only when the server itself said what went wrong.
    isUsableAfter: (error) => error instanceof Error && 'severity' in error && error.severity === 'ERROR',
    isLost: isConnectionLost,
    isConflict,
    timedOut: (task) => timedOut(this.server, task.what, task.seconds),
  }
  readonly #pool = once(() => this.#open())
  #closed = false

  constructor(config: PostgresConfig) {
    this.#config = config
    this.server = { name: 'PostgreSQL', address: `${config.host}:${config.port}` }
  }

  /**
   * Does a task on one connection, see {@link doTask}.
   * @throws the reason of its signal; FTS5010, FTS5014 to FTS5019.
   */
  async use<T>(task: Task, work: (run: Run) => Promise<T>): Promise<T> {
    try {
      return await doTask(this.#source, task, (client) => work((statement) => runOn(client, statement)))
    } catch (error) {
      throw postgresError(error, this.server)
    }
  }

  /** {@link use} in a transaction, rolled back when the work fails. */
  transaction<T>(task: Task, work: (run: Run) => Promise<T>): Promise<T> {
    return this.use(task, (run) =>
      inTransaction(
        (sql) => run({ sql }),
        'BEGIN',
        () => work(run),
      ),
    )
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#pool.made()?.then(
      (opened) => opened.end(),
      () => undefined,
    )
  }

  async #acquire(): Promise<PoolClient> {
    if (this.#closed) throw storeClosed(this.server)
    return (await this.#pool()).connect()
  }

  async #open(): Promise<Pool> {
    const { Pool } = (await loadDriver('postgres', 'pg', () => import('pg'))).default
    const { use, options } = this.#config.tls
    const settings = poolSettings(this.#config)
    const open = (ssl: PoolConfig['ssl']): Pool => {
      const pool = new Pool({ ...settings, ssl })
      // An idle connection broke. The pool has let go of it; the next task opens another.
      pool.on('error', () => undefined)
      // One in use broke: its task is told by its statement, but the event would end the process if nobody listened.
      pool.on('connect', (client) => client.on('error', () => undefined))
      return pool
    }
    const pool = open(use === 'never' ? false : options)
    if (use !== 'prefer') return pool
    try {
      const client = await pool.connect()
      client.release()
      return pool
    } catch (error) {
      await pool.end()
      if (hasNoTls(error)) return open(false)
      throw error
    }
  }

  /** Asks the server, on a connection of its own, to stop what a connection is doing. */
  #cancel(client: PoolClient): void {
    const { processID, secretKey } = client as { readonly processID?: unknown; readonly secretKey?: unknown }
    if (typeof processID !== 'number' || typeof secretKey !== 'number') return
    const request = Buffer.alloc(16)
    request.writeInt32BE(16, 0)
    request.writeInt32BE(80_877_102, 4)
    request.writeInt32BE(processID, 8)
    request.writeInt32BE(secretKey, 12)
    const socket = connect(this.#config.port, this.#config.host)
    socket.unref()
    // It is a favour to the server; when it does not arrive, the statement ends with its connection.
    socket.once('error', () => socket.destroy()).once('connect', () => socket.end(request))
  }
}

function poolSettings(config: PostgresConfig): PoolConfig {
  const schema = quoteIdentifier(config.schema) + (config.schema === 'public' ? '' : ',public')
  const session = { search_path: schema, TimeZone: 'UTC', bytea_output: 'hex' }
  return {
    host: config.host,
    port: config.port,
    database: config.database,
    user: config.user,
    password: config.password,
    min: config.minConnections,
    max: config.maxConnections,
    connectionTimeoutMillis: connectSeconds * 1000,
    idleTimeoutMillis: idleSeconds * 1000,
    keepAlive: true,
    ...(config.keepAliveSeconds !== null && { keepAliveInitialDelayMillis: config.keepAliveSeconds * 1000 }),
    application_name: 'feast-ts',
    options: Object.entries(session)
      .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
      .join(' '),
  }
}

/** Columns stay the text that they came as: the store reads them itself. */
const types = { getTypeParser: () => (value: string) => value }

async function runOn(client: PoolClient, { sql, parameters, name }: Statement): Promise<readonly ResultRow[]> {
  const { rows } = await client.query<(string | null)[]>({
    text: sql,
    rowMode: 'array',
    types,
    ...(parameters && { values: [...parameters] }),
    ...(name !== undefined && { name }),
  })
  return rows
}
