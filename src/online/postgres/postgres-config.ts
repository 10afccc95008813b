import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'

/** Source of keys and defaults: Feast's `PostgreSQLConfig` and `PostgreSQLOnlineStoreConfig`. */
export interface PostgresConfig {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
  /** Holds the tables; made by `feast apply` when it is not there. */
  readonly schema: string
  readonly tls: TlsMode
  /** Seconds without traffic after which the connection is probed; null for the system's. */
  readonly keepAliveSeconds: number | null
  readonly minConnections: number
  readonly maxConnections: number
  /** Rows × views up to which one statement reads all views. 0: a statement per view, always. */
  readonly maxBatchedRows: number
  /** Fill `vector_value`, which then is of pgvector's type. */
  readonly vectors: boolean
  /** Keep a `value_num` column beside `value_text`. */
  readonly numbers: boolean
}

/** libpq's `sslmode`: whether TLS is used, and what is asked of the server's certificate. */
export interface TlsMode {
  /** `prefer` goes on without TLS when the server has none. */
  readonly use: 'never' | 'prefer' | 'always'
  readonly options: ConnectionOptions
}

/** Feast opens one connection for reads and one for writes unless `conn_type` is `pool`. */
const singletonConnections = 2

/** @throws FTS1005 for a value that the store cannot use. */
export function postgresConfig({ config, repoPath }: StoreOptions): PostgresConfig {
  const { options } = config
  const text = (key: string): string => String(options[key] ?? '')
  const number = (key: string, otherwise: number): number => Number(options[key] ?? otherwise)
  const pooled = options.conn_type === 'pool'
  const maxConnections = pooled ? Math.max(1, number('max_conn', 10)) : singletonConnections
  const keepAlive = options.keepalives_idle ?? null
  return {
    host: text('host'),
    port: number('port', 5432),
    database: text('database'),
    user: text('user'),
    password: text('password'),
    schema: String(options.db_schema ?? 'public').trim() || text('user'),
    tls: tlsMode(options, repoPath),
    keepAliveSeconds: keepAlive === null ? null : Number(keepAlive),
    minConnections: pooled ? Math.min(number('min_conn', 1), maxConnections) : 0,
    maxConnections,
    maxBatchedRows: number('max_batched_result_rows', 2048),
    vectors: options.vector_enabled === true,
    numbers: options.enable_openai_compatible_store === true,
  }
}

const tlsUse: Readonly<Record<string, TlsMode['use']>> = {
  disable: 'never',
  allow: 'prefer',
  prefer: 'prefer',
  require: 'always',
  'verify-ca': 'always',
  'verify-full': 'always',
}

function tlsMode(options: Readonly<Record<string, unknown>>, repoPath: string): TlsMode {
  // Feast's default is `require`; a null leaves it to libpq, whose default is `prefer`.
  const mode = String(options.sslmode === undefined ? 'require' : (options.sslmode ?? 'prefer'))
  const use = tlsUse[mode]
  if (use === undefined) {
    throw new FeatureStoreError('FTS1005', {
      message: `"${mode}" is not an sslmode of PostgreSQL.`,
      notes: [`known: ${Object.keys(tlsUse).join(', ')}`],
      field: 'online_store.sslmode',
    })
  }
  const file = (key: string): string | undefined => {
    const path = options[key]
    return typeof path === 'string' && path !== '' ? readPem(resolve(repoPath, path), key) : undefined
  }
  const ca = use === 'never' ? undefined : file('sslrootcert_path')
  const cert = use === 'never' ? undefined : file('sslcert_path')
  const key = use === 'never' ? undefined : file('sslkey_path')
  return {
    use,
    options: {
      // As in libpq, a root certificate makes `require` check the chain, and only `verify-full` checks the name.
      rejectUnauthorized: mode.startsWith('verify') || (mode === 'require' && ca !== undefined),
      ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    },
  }
}

function readPem(path: string, key: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new FeatureStoreError('FTS1005', {
      message: `The file ${path} cannot be read.`,
      field: `online_store.${key}`,
      cause,
    })
  }
}
