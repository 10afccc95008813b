import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import {
  crowdedOut,
  full,
  loginRefused,
  notSetUp,
  refused,
  rowTooLarge,
  type StoreServer,
  timedOut,
  unreachable,
} from '../online-common/server-errors.ts'

/** How long to wait for a connection, a free one of the pool or a new one. */
export const connectSeconds = 10

/** What users see for an SQLSTATE, or its class of two characters; the longer one counts. Source: PostgreSQL, appendix A. */
const bySqlState: Readonly<Record<string, (server: StoreServer, cause: unknown) => FeatureStoreError>> = {
  '08': unreachable,
  '28': loginRefused,
  '3D': loginRefused,
  '3F': notSetUp,
  '40': crowdedOut,
  '42P01': notSetUp,
  '42703': notSetUp,
  '53': full,
  '54': rowTooLarge,
  '57P01': unreachable,
  '57P02': unreachable,
  '57P03': unreachable,
}

/** Of Node's own errors those that say that nobody may go on, rather than that nobody is there. */
const tlsRefusal = /^(EPROTO$|ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_SELF|SELF_SIGNED|UNABLE_TO_(GET|VERIFY))/

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

/** The SQLSTATE of an answer of the server. Only its answers have a severity; `EPIPE` looks like an SQLSTATE too. */
function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && 'severity' in error ? codeOf(error) : undefined
}

/** The driver has no codes for what happens to its connections. */
const lostMessage =
  /^(Connection terminated|Connection ended|Client has encountered a connection error|Client was closed)/
const lateMessage = 'timeout exceeded when trying to connect'

/** True when the connection is gone, so that the same statement may succeed on another one. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof FeatureStoreError) return false
  const state = sqlStateOf(error)
  if (state !== undefined) return /^(08|57P0[123])/.test(state)
  const code = codeOf(error)
  return (/^E[A-Z]{3,}$/.test(code) && code !== 'EPROTO') || lostMessage.test(error.message)
}

/** True when the server gave up for the sake of another transaction: the same statement may succeed now. */
export function isConflict(error: unknown): boolean {
  return sqlStateOf(error)?.startsWith('40') === true
}

/** True when the guard of a write stopped it; see `postgres-write.ts`. */
export function isDivisionByZero(error: unknown): boolean {
  return sqlStateOf(error) === '22012'
}

/** True when TLS was asked for and the server has none. */
export function hasNoTls(error: unknown): boolean {
  return error instanceof Error && error.message.includes('does not support SSL')
}

/** What users see for an error of the driver; an error of ours is passed on as it is. */
export function postgresError(error: unknown, server: StoreServer): unknown {
  if (error instanceof FeatureStoreError || !(error instanceof Error)) return error
  const state = sqlStateOf(error)
  if (state !== undefined) return (bySqlState[state] ?? bySqlState[state.slice(0, 2)] ?? refused)(server, error)
  if (hasNoTls(error)) {
    return new FeatureStoreError('FTS5015', {
      message: `The ${server.name} online store at ${server.address} has no TLS, which sslmode asks for.`,
      hint: 'on a network that you trust, set `sslmode: disable`',
      field: 'online_store.sslmode',
      cause: error,
    })
  }
  if (error.message.includes(lateMessage)) return timedOut(server, 'the connection', connectSeconds, error)
  if (tlsRefusal.test(codeOf(error))) return loginRefused(server, error)
  return isConnectionLost(error) ? unreachable(server, error) : error
}
