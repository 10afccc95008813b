import type * as duckdbApi from '@duckdb/node-api'
import type { DuckDBConnection, DuckDBInstance, DuckDBType } from '@duckdb/node-api'
import type duckdbBindings from '@duckdb/node-bindings'
import type { DataChunk } from '@duckdb/node-bindings'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { DuckdbConfig } from './duckdb-config.ts'
import { translateDuckdbError } from './duckdb-errors.ts'

/** The driver's C functions, which read and write whole vectors. */
export type Bindings = typeof duckdbBindings
export type DuckdbApi = typeof duckdbApi

/** Part of a result: at most 2048 rows. */
export interface Chunk {
  readonly rows: number
  readonly chunk: DataChunk
}

/** A result that is computed as it is read. */
export interface ChunkStream {
  readonly types: readonly DuckDBType[]
  readonly chunks: AsyncIterable<Chunk>
}

/** One session: its temporary tables and views are its own. Statements of one session run one after another. */
export interface Session {
  readonly bindings: Bindings
  readonly api: DuckdbApi
  readonly connection: DuckDBConnection
  run(sql: string): Promise<void>
  /** Rows as plain values; for small results. */
  rows(sql: string): Promise<readonly (readonly unknown[])[]>
  stream(sql: string): Promise<ChunkStream>
}

/** An engine in memory that spills to disk. */
export interface Engine {
  /** Runs `work` in a session of its own, which ends with it. An abort interrupts the running statement. */
  withSession<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** The same for work that delivers as it goes. */
  streamSession<T>(work: (session: Session) => AsyncIterable<T>, signal?: AbortSignal): AsyncIterable<T>
  close(): void
}

/** The only place that loads the driver. */
export async function openEngine(config: DuckdbConfig): Promise<Engine> {
  const { api, bindings } = await loadDuckdb()
  const instance = await api.DuckDBInstance.create(':memory:', settings(config)).catch((cause: unknown) => {
    throw new FeatureStoreError('FTS4022', {
      message: 'DuckDB cannot be opened with its settings.',
      notes: Object.entries(settings(config)).map(([name, value]) => `${name}: ${value}`),
      cause,
    })
  })
  const first = await instance.connect()
  // A setting of an extension, which the options of a new instance cannot name.
  await first.run("SET GLOBAL TimeZone = 'UTC'")
  first.disconnectSync()
  return {
    async withSession(work, signal) {
      const open = await openSession(instance, api, bindings, signal)
      try {
        return await work(open.session)
      } catch (error) {
        throw open.explain(error)
      } finally {
        open.close()
      }
    },
    async *streamSession(work, signal) {
      const open = await openSession(instance, api, bindings, signal)
      try {
        yield* work(open.session)
      } catch (error) {
        throw open.explain(error)
      } finally {
        open.close()
      }
    },
    close: () => instance.closeSync(),
  }
}

async function loadDuckdb(): Promise<{ api: DuckdbApi; bindings: Bindings }> {
  try {
    const [api, bindings] = await Promise.all([import('@duckdb/node-api'), import('@duckdb/node-bindings')])
    return { api, bindings: bindings.default }
  } catch (cause) {
    throw new FeatureStoreError('FTS4020', {
      message: 'The offline store needs the package @duckdb/node-api, which is not installed.',
      notes: ['Install it with: npm install @duckdb/node-api'],
      cause,
    })
  }
}

function settings(config: DuckdbConfig): Record<string, string> {
  return {
    temp_directory: config.tempDirectory,
    memory_limit: config.memoryLimit,
    preserve_insertion_order: 'true',
    // What was freed goes back to the system before the next large piece is taken; else half a gigabyte may gather.
    allocator_bulk_deallocation_flush_threshold: '1MB',
    // It takes a file that is rewritten within a moment for the old one; local files are in the system's cache anyway.
    enable_external_file_cache: 'false',
    // Nothing is downloaded behind the user's back.
    autoinstall_known_extensions: 'false',
    ...(config.threads === null ? {} : { threads: config.threads }),
  }
}

interface OpenSession {
  readonly session: Session
  readonly explain: (error: unknown) => unknown
  readonly close: () => void
}

async function openSession(
  instance: DuckDBInstance,
  api: DuckdbApi,
  bindings: Bindings,
  signal: AbortSignal | undefined,
): Promise<OpenSession> {
  signal?.throwIfAborted()
  const connection = await instance.connect()
  const interrupt = (): void => connection.interrupt()
  signal?.addEventListener('abort', interrupt, { once: true })
  return {
    session: {
      api,
      bindings,
      connection,
      run: async (sql) => void (await connection.run(sql)),
      rows: async (sql) => (await connection.runAndReadAll(sql)).getRowsJS(),
      stream: (sql) => openStream(connection, sql, signal),
    },
    explain: (error) => (signal?.aborted === true ? signal.reason : translateDuckdbError(error)),
    close: () => {
      signal?.removeEventListener('abort', interrupt)
      connection.disconnectSync()
    },
  }
}

async function openStream(
  connection: DuckDBConnection,
  sql: string,
  signal: AbortSignal | undefined,
): Promise<ChunkStream> {
  const result = await connection.stream(sql)
  const chunks = async function* (): AsyncIterable<Chunk> {
    for (;;) {
      // An interrupt between two fetches would otherwise pass unnoticed.
      signal?.throwIfAborted()
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return
      yield { rows: chunk.rowCount, chunk: chunk.chunk }
    }
  }
  return { types: result.columnTypes(), chunks: chunks() }
}
