import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { FeatureStoreConfig } from '../config/feature-store-config.ts'

/** What one server process takes on, at most. Beyond it requests are answered with an error at once. */
export interface ServingLimits {
  readonly maxBodyBytes: number
  /** Entity rows of one request. */
  readonly maxRows: number
  /** Requests that are worked on at the same time, in one process. */
  readonly maxConcurrentRequests: number
  /** How long a read or push may take. */
  readonly requestTimeoutSeconds: number
  /** How long a client may take to send the head of a request. */
  readonly headerTimeoutSeconds: number
}

/** The command line of `feast serve`; undefined where nothing was given. */
export interface ServingFlags {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly type?: 'http' | 'grpc' | undefined
  readonly grpcPort?: number | undefined
  readonly workers?: number | undefined
  readonly keepAliveSeconds?: number | undefined
  readonly registryTtlSeconds?: number | undefined
  readonly accessLog?: boolean | undefined
  readonly tls?: TlsFiles | undefined
  readonly metrics?: boolean | undefined
  readonly metricsPort?: number | undefined
  readonly explain?: boolean | undefined
}

export interface TlsFiles {
  /** Paths of PEM files. */
  readonly keyPath: string
  readonly certPath: string
}

/** All that a server needs to know, from the `serving` and `feature_server` blocks and the command line. */
export interface ServingSettings {
  readonly host: string
  /** Null when HTTP is not served. */
  readonly port: number | null
  /** Null when gRPC is not served. */
  readonly grpcPort: number | null
  /** Processes that share the port. */
  readonly workers: number
  readonly keepAliveSeconds: number
  readonly registryTtlSeconds: number
  readonly accessLog: boolean
  readonly tls: TlsFiles | null
  /** Whether metrics are served on their own port too, and under Feast's own names beside ours. */
  readonly metrics: boolean
  readonly metricsHost: string
  readonly metricsPort: number
  /** Every answer says where its time went. */
  readonly explain: boolean
  readonly limits: ServingLimits
}

export const defaultLimits: ServingLimits = {
  maxBodyBytes: 16 * 1024 * 1024,
  maxRows: 10_000,
  maxConcurrentRequests: 1000,
  requestTimeoutSeconds: 10,
  headerTimeoutSeconds: 10,
}

/** Ports of Feast's servers. */
const standardPorts = { http: 6566, metrics: 8000 } as const

/**
 * The settings of a server: flags before configuration before defaults, which are Feast's where Feast has them.
 * @throws FTS1005 for a limit that is no number above zero, FTS7014 when callers are to be authenticated.
 */
export function servingSettings(config: FeatureStoreConfig, flags: ServingFlags = {}, cpus = 1): ServingSettings {
  refuseAuthentication(config)
  const block = config.featureServer ?? {}
  const metrics = mapping(block.metrics)
  const onlyGrpc = flags.type === 'grpc'
  const port = flags.port ?? standardPorts.http
  const workers = flags.workers ?? 1
  return {
    host: flags.host ?? '127.0.0.1',
    port: onlyGrpc ? null : port,
    grpcPort: flags.grpcPort ?? (onlyGrpc ? port : null),
    workers: workers === -1 ? 2 * cpus + 1 : workers,
    keepAliveSeconds: flags.keepAliveSeconds ?? 30,
    registryTtlSeconds: flags.registryTtlSeconds ?? 60,
    accessLog: flags.accessLog ?? true,
    tls: flags.tls ?? null,
    metrics: flags.metrics === true || flags.metricsPort !== undefined || metrics.enabled === true,
    metricsHost: flags.host ?? '127.0.0.1',
    metricsPort: flags.metricsPort ?? standardPorts.metrics,
    explain: flags.explain ?? false,
    limits: servingLimits(config),
  }
}

/** A server that ignored this would answer everybody. */
function refuseAuthentication({ auth }: FeatureStoreConfig): void {
  if (auth.type === 'no_auth') return
  throw new FeatureStoreError('FTS7014', {
    message: `feature_store.yaml asks for authentication of type "${auth.type}", which the server cannot check.`,
    field: 'auth.type',
    notes: ['to serve without it: feast -f FILE serve, with `auth: {type: no_auth}` in that file'],
  })
}

/** The `limits` of the `serving` block. @throws FTS1005 */
export function servingLimits(config: FeatureStoreConfig): ServingLimits {
  const block = mapping(config.featureServer?.limits)
  const limit = (name: string, standard: number): number => {
    const value = block[name]
    if (value === undefined || value === null) return standard
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
    throw new FeatureStoreError('FTS1005', {
      message: `serving.limits.${name} must be a number above 0, not ${JSON.stringify(value)}.`,
      field: `serving.limits.${name}`,
    })
  }
  return {
    maxBodyBytes: limit('max_body_bytes', defaultLimits.maxBodyBytes),
    maxRows: limit('max_rows', defaultLimits.maxRows),
    maxConcurrentRequests: limit('max_concurrent_requests', defaultLimits.maxConcurrentRequests),
    requestTimeoutSeconds: limit('request_timeout_seconds', defaultLimits.requestTimeoutSeconds),
    headerTimeoutSeconds: limit('header_timeout_seconds', defaultLimits.headerTimeoutSeconds),
  }
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}
