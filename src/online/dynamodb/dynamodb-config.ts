import type { StoreOptions } from '../../plugin/store-options.ts'

/** Source of keys and defaults: Feast's `DynamoDBOnlineStoreConfig`. */
export interface DynamodbConfig {
  readonly region: string
  /** Another address than that of the region's service: a VPC endpoint, or a server for tests. */
  readonly endpoint: string | undefined
  readonly tableNameTemplate: string
  /** Keys per BatchGetItem, 1 to 100. */
  readonly batchSize: number
  readonly consistentReads: boolean
  /** One light call when the store is opened, so that the first read finds a connection. */
  readonly warmUp: boolean
  /** Tags of tables; those of a view stand before them. */
  readonly tags: Readonly<Record<string, string>>
  /** BatchGetItem calls of one read at a time. */
  readonly readWorkers: number
  readonly connections: number
  readonly connectTimeoutMs: number
  readonly readTimeoutMs: number
  /** Tries per request; undefined leaves it to the driver. */
  readonly attempts: number | undefined
  /** The driver knows no `legacy`; its `standard` is what comes nearest. */
  readonly retryMode: 'standard' | 'adaptive'
}

/** The service takes no more keys than this in one BatchGetItem. */
const mostKeys = 100

/**
 * `session_based_auth` chooses between two ways of Python's driver to the same credentials and means nothing here;
 * `keepalive_timeout` is of its asynchronous client only.
 */
export function dynamodbConfig(options: StoreOptions): DynamodbConfig {
  const block = options.config.options
  const whole = (name: string, standard: number, least: number): number => {
    const value = block[name]
    return typeof value === 'number' ? Math.max(least, Math.floor(value)) : standard
  }
  const millis = (name: string, standard: number): number => {
    const seconds = block[name]
    return Math.round((typeof seconds === 'number' ? seconds : standard) * 1000)
  }
  const { endpoint_url: endpoint, table_name_template: template, tags, total_max_retry_attempts: attempts } = block
  return {
    region: String(block.region),
    endpoint: typeof endpoint === 'string' && endpoint !== '' ? endpoint : undefined,
    tableNameTemplate: typeof template === 'string' ? template : '{project}.{table_name}',
    batchSize: Math.min(mostKeys, whole('batch_size', mostKeys, 1)),
    consistentReads: block.consistent_reads === true,
    warmUp: block.warmup_connections === true,
    tags: textsOf(tags),
    readWorkers: whole('max_read_workers', 10, 1),
    connections: whole('max_pool_connections', 50, 1),
    connectTimeoutMs: millis('connect_timeout', 5),
    readTimeoutMs: millis('read_timeout', 10),
    attempts: attempts === null ? undefined : whole('total_max_retry_attempts', 3, 1),
    retryMode: block.retry_mode === 'standard' || block.retry_mode === 'legacy' ? 'standard' : 'adaptive',
  }
}

function textsOf(map: unknown): Readonly<Record<string, string>> {
  if (typeof map !== 'object' || map === null) return {}
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, String(value)]))
}
