import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'
import type { EntityKeyVersion } from '../../types/entity-key.ts'

export interface RedisAddress {
  readonly host: string
  readonly port: number
}

/** What a connection is made with. Options of the connection string have redis-py's names. */
export interface RedisConnectionOptions {
  readonly username: string | null
  readonly password: string | null
  /** The number of the database; a cluster has only 0. */
  readonly database: number
  readonly clientName: string
  readonly tls: RedisTlsOptions | null
  readonly connectTimeoutMs: number
  /** The longest wait for an answer. */
  readonly commandTimeoutMs: number
  /** A connection that nobody used for so long is closed, before something on its way drops it without a word. */
  readonly idleMs: number
  readonly keepAlive: boolean
}

export interface RedisTlsOptions {
  /** `ssl_cert_reqs` other than `none`. */
  readonly verify: boolean
  readonly checkHostname: boolean
  /** Files in PEM. */
  readonly caFile: string | null
  readonly caFolder: string | null
  readonly caText: string | null
  readonly certFile: string | null
  readonly keyFile: string | null
  readonly keyPassword: string | null
}

/** Feast's: a field per feature; or one field per view that holds all of them. */
export type RedisLayout = 'feast' | 'packed'

export type RedisTopologyKind = 'redis' | 'redis_cluster' | 'redis_sentinel'

/** Source of keys and defaults: Feast's `RedisOnlineStoreConfig`, and redis-py for what the connection string holds. */
export interface RedisConfig {
  readonly topology: RedisTopologyKind
  readonly addresses: readonly RedisAddress[]
  readonly connection: RedisConnectionOptions
  /** How sentinels are spoken to: `sentinel_kwargs`, else without login and TLS, as redis-py does. */
  readonly sentinelConnection: RedisConnectionOptions
  readonly sentinelMaster: string
  /** Lifetime of an entity's hash from its last write on; null for ever. */
  readonly keyTtlSeconds: number | null
  /** Look through all keys for values of views that are dropped. */
  readonly scansForDeletion: boolean
  /** Write without looking at what is stored. */
  readonly skipsDedup: boolean
  /** What rows are written in; all rows are read in both. */
  readonly layout: RedisLayout
  readonly keyVersion: EntityKeyVersion
}

const field = 'online_store.connection_string'
const defaultPort = 6379
const [defaultConnectTimeoutMs, defaultCommandTimeoutMs] = [5000, 10_000]
/** Below what load balancers take for a dead connection (350 s and more). */
const idleMs = 300_000

/** @throws FTS1005 for a connection string that cannot be read. Its message never holds the string. */
export function redisConfig(options: StoreOptions): RedisConfig {
  const given = options.config.options
  const text = typeof given.connection_string === 'string' ? given.connection_string : `localhost:${defaultPort}`
  const { addresses, settings } = parseConnectionString(text)
  const ignored = [...settings.keys()].filter((name) => !knownSettings.has(name))
  if (ignored.length > 0) {
    options.logger.warn('Options of the Redis connection string have no effect.', { options: ignored.join(', ') })
  }
  const topology = isTopology(given.redis_type) ? given.redis_type : 'redis'
  return {
    topology,
    addresses,
    connection: connectionOptions(settings, topology === 'redis_cluster'),
    sentinelConnection: connectionOptions(sentinelSettings(settings), true),
    sentinelMaster: typeof given.sentinel_master === 'string' ? given.sentinel_master : 'mymaster',
    keyTtlSeconds:
      typeof given.key_ttl_seconds === 'number' && given.key_ttl_seconds > 0 ? given.key_ttl_seconds : null,
    scansForDeletion: given.full_scan_for_deletion !== false && given.full_scan_for_deletion !== null,
    skipsDedup: given.skip_dedup === true,
    layout: given.layout === 'packed' ? 'packed' : 'feast',
    keyVersion: options.store.entityKeySerializationVersion,
  }
}

const isTopology = (value: unknown): value is RedisTopologyKind =>
  value === 'redis' || value === 'redis_cluster' || value === 'redis_sentinel'

/** As written: text that is no JSON stands for itself. */
type Settings = ReadonlyMap<string, string>

/**
 * `host:port,host:port,name=value`: items without `=` are addresses, items with one are options of the client.
 * @throws FTS1005 without an address, or for a port that is none.
 */
export function parseConnectionString(text: string): {
  readonly addresses: readonly RedisAddress[]
  readonly settings: Settings
} {
  const items = text.split(',').filter((item) => item.trim() !== '')
  const addresses = items.filter((item) => !item.includes('=')).map((item) => addressOf(item.trim()))
  if (addresses.length === 0) throw wrong('The connection string of Redis names no host.')
  const settings = items.flatMap((item): readonly (readonly [string, string])[] => {
    const at = item.indexOf('=')
    return at === -1 ? [] : [[item.slice(0, at).trim(), item.slice(at + 1)]]
  })
  return { addresses, settings: new Map(settings) }
}

function addressOf(item: string): RedisAddress {
  const [, v6, name, digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(item) ?? []
  const port = digits === undefined ? defaultPort : Number(digits)
  const host = v6 ?? name
  // Not shown: a password with a comma in it ends up here.
  if (host === undefined || port < 1 || port > 65_535) {
    throw wrong('The connection string of Redis has an item that is neither host:port nor name=value.')
  }
  return { host, port }
}

function connectionOptions(settings: Settings, ignoresDatabase: boolean): RedisConnectionOptions {
  const password = textOf(settings, 'password')
  return {
    username: textOf(settings, 'username'),
    password,
    database: ignoresDatabase ? 0 : wholeNumberOf(settings, 'db'),
    clientName: textOf(settings, 'client_name') ?? 'feast-ts',
    tls: flagOf(settings, 'ssl', false) ? tlsOptions(settings) : null,
    connectTimeoutMs: millisecondsOf(settings, 'socket_connect_timeout') ?? defaultConnectTimeoutMs,
    commandTimeoutMs: millisecondsOf(settings, 'socket_timeout') ?? defaultCommandTimeoutMs,
    idleMs,
    keepAlive: flagOf(settings, 'socket_keepalive', true),
  }
}

function tlsOptions(settings: Settings): RedisTlsOptions {
  return {
    verify: textOf(settings, 'ssl_cert_reqs') !== 'none',
    checkHostname: flagOf(settings, 'ssl_check_hostname', true),
    caFile: textOf(settings, 'ssl_ca_certs'),
    caFolder: textOf(settings, 'ssl_ca_path'),
    caText: textOf(settings, 'ssl_ca_data'),
    certFile: textOf(settings, 'ssl_certfile'),
    keyFile: textOf(settings, 'ssl_keyfile'),
    keyPassword: textOf(settings, 'ssl_password'),
  }
}

/** Names that have an effect here; all others of redis-py are about its own pool and retries. */
const knownSettings: ReadonlySet<string> = new Set([
  'username',
  'password',
  'db',
  'client_name',
  'ssl',
  'ssl_cert_reqs',
  'ssl_check_hostname',
  'ssl_ca_certs',
  'ssl_ca_path',
  'ssl_ca_data',
  'ssl_certfile',
  'ssl_keyfile',
  'ssl_password',
  'socket_connect_timeout',
  'socket_timeout',
  'socket_keepalive',
  'sentinel_kwargs',
  'skip_full_coverage_check',
  'decode_responses',
])

function sentinelSettings(settings: Settings): Settings {
  const own = settings.get('sentinel_kwargs')
  if (own === undefined) return new Map([...settings].filter(([name]) => name.startsWith('socket_')))
  const parsed = jsonOf(own)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw wrong('sentinel_kwargs in the connection string of Redis is not a JSON object.')
  }
  return new Map(Object.entries(parsed).map(([name, value]) => [name, String(value)]))
}

/** Text as it is written, or the content of a JSON string. `12345` as a password means these digits. */
function textOf(settings: Settings, name: string): string | null {
  const written = settings.get(name)
  if (written === undefined) return null
  const parsed = jsonOf(written)
  if (parsed === null) return null
  return typeof parsed === 'string' ? parsed : written
}

function flagOf(settings: Settings, name: string, otherwise: boolean): boolean {
  const written = settings.get(name)
  return written === undefined ? otherwise : !['false', '0', 'no', 'null', ''].includes(written.trim().toLowerCase())
}

function wholeNumberOf(settings: Settings, name: string): number {
  const written = settings.get(name) ?? '0'
  const value = Number(written)
  if (!Number.isInteger(value) || value < 0) {
    throw wrong(`${name} in the connection string of Redis is not a whole number: ${JSON.stringify(written)}.`)
  }
  return value
}

function millisecondsOf(settings: Settings, name: string): number | null {
  const written = textOf(settings, name)
  if (written === null) return null
  const seconds = Number(written)
  if (!(seconds > 0)) {
    throw wrong(`${name} in the connection string of Redis is not a number of seconds: ${JSON.stringify(written)}.`)
  }
  return Math.ceil(seconds * 1000)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function wrong(message: string): FeatureStoreError {
  return new FeatureStoreError('FTS1005', {
    message,
    field,
    hint: 'write host:port, then further hosts and options after commas, such as `redis:6379,db=0,ssl=true`',
  })
}
