import { connect } from 'node:net'
import type { Pool, PoolClient, PoolConfig } from 'pg'
import { loadDriver } from '../../plugin/load-driver.ts'
import { type StoreServer, timedOut } from '../online-common/server-errors.ts'
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

export interface Task {
  /** For the message when it takes too long, such as `the read`. */
  readonly what: string
  readonly seconds: number
  readonly signal?: AbortSignal | undefined
  /** May be done again on a new connection when the first one broke. */
  readonly repeatable: boolean
}

const idleSeconds = 60
/** How often a task is done anew for the sake of other transactions. */
const conflictAttempts = 5

/** Connections to one server, opened when they are needed and again after they broke. */
export class PostgresConnections {
  readonly server: StoreServer
  readonly #config: PostgresConfig
  #pool: Promise<Pool> | undefined

  constructor(config: PostgresConfig) {
    this.#config = config
    this.server = { name: 'PostgreSQL', address: `${config.host}:${config.port}` }
  }

  /**
   * Does a task on one connection. When its signal aborts or its time is up, the server is told to stop.
   * @throws the reason of the signal; FTS5010, FTS5014 to FTS5019.
   */
  async use<T>(task: Task, work: (run: Run) => Promise<T>): Promise<T> {
    const deadline = performance.now() + task.seconds * 1000
    let repeats = task.repeatable ? 1 : 0
    for (let attempt = 1; ; attempt++) {
      task.signal?.throwIfAborted()
      try {
        return await this.#attempt(task, deadline, work)
      } catch (error) {
        task.signal?.throwIfAborted()
        if (isConflict(error) && attempt < conflictAttempts) continue
        // A connection that broke while it was idle is found out by its next use.
        if (isConnectionLost(error) && repeats-- > 0) continue
        throw postgresError(error, this.server)
      }
    }
  }

  /** {@link use} in a transaction, rolled back when the work fails. */
  transaction<T>(task: Task, work: (run: Run) => Promise<T>): Promise<T> {
    return this.use(task, async (run) => {
      await run({ sql: 'BEGIN' })
      try {
        const result = await work(run)
        await run({ sql: 'COMMIT' })
        return result
      } catch (error) {
        // On a broken connection the server has rolled back by itself, and the first error is the one to tell.
        await run({ sql: 'ROLLBACK' }).catch(() => undefined)
        throw error
      }
    })
  }

  async close(): Promise<void> {
    const pool = this.#pool
    this.#pool = undefined
    await pool?.then(
      (opened) => opened.end(),
      () => undefined,
    )
  }

  async #attempt<T>(task: Task, deadline: number, work: (run: Run) => Promise<T>): Promise<T> {
    const client = await this.#connect(task, deadline)
    let stop: ((why: unknown) => void) | undefined
    const stopped = new Promise<never>((_, reject) => {
      stop = reject
    })
    const onAbort = (): void => stop?.(task.signal?.reason)
    const onTime = (): void => stop?.(timedOut(this.server, task.what, task.seconds))
    task.signal?.addEventListener('abort', onAbort, { once: true })
    const timer = setTimeout(onTime, Math.max(0, deadline - performance.now()))
    const working = work((statement) => runOn(client, statement))
    try {
      const result = await Promise.race([working, stopped])
      client.release()
      return result
    } catch (error) {
      working.catch(() => undefined)
      // What state the connection is in is known only when the server itself said what went wrong.
      const usable = error instanceof Error && 'severity' in error && error.severity === 'ERROR'
      if (!usable) this.#cancel(client)
      client.release(!usable)
      throw error
    } finally {
      clearTimeout(timer)
      task.signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Waits for a free connection no longer than the task may. */
  async #connect(task: Task, deadline: number): Promise<PoolClient> {
    this.#pool ??= this.#open()
    const opening = this.#pool
    // A pool that could not be opened is tried again by the next task.
    opening.catch(() => {
      if (this.#pool === opening) this.#pool = undefined
    })
    const connecting = opening.then((pool) => pool.connect())
    let timer: NodeJS.Timeout | undefined
    let onAbort: (() => void) | undefined
    const given = new Promise<never>((_, reject) => {
      onAbort = () => reject(task.signal?.reason)
      task.signal?.addEventListener('abort', onAbort, { once: true })
      const late = (): void => reject(timedOut(this.server, task.what, task.seconds))
      timer = setTimeout(late, Math.max(0, deadline - performance.now()))
    })
    try {
      return await Promise.race([connecting, given])
    } catch (error) {
      connecting.then(
        (client) => client.release(),
        () => undefined,
      )
      throw error
    } finally {
      clearTimeout(timer)
      if (onAbort !== undefined) task.signal?.removeEventListener('abort', onAbort)
    }
  }

  async #open(): Promise<Pool> {
    const { Pool } = (await loadDriver('postgres', 'pg', () => import('pg'))).default
    const { use, options } = this.#config.tls
    const settings = poolSettings(this.#config)
    const open = (ssl: PoolConfig['ssl']): Pool => {
      const pool = new Pool({ ...settings, ssl })
      // An idle connection broke. The pool has let go of it; the next task opens another.
      pool.on('error', () => undefined)
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
