import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { full, loginRefused, refused, type StoreServer, timedOut, unreachable } from '../online-common/server-errors.ts'
import type { RedisAddress } from './redis-config.ts'
import { ProtocolError, type RedisErrorReply } from './reply-reader.ts'

export const addressText = ({ host, port }: RedisAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

const serverAt = (address: string): StoreServer => ({ name: 'Redis', address })

/** The connection was lost, could not be made, or carries something that is not Redis. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
  readonly address: string

  constructor(address: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.address = address
  }
}

/** No answer came within the time of a connection. */
export class AnswerTimedOut extends Error {
  override readonly name = 'AnswerTimedOut'
  readonly address: string
  readonly seconds: number

  constructor(address: string, milliseconds: number) {
    super('no answer in time')
    this.address = address
    this.seconds = milliseconds / 1000
  }
}

/** An error that a server answered with. */
export class ServerRefusal extends Error {
  override readonly name = 'ServerRefusal'
  readonly address: string
  readonly kind: string

  constructor(address: string, reply: RedisErrorReply) {
    super(reply.text)
    this.address = address
    this.kind = reply.kind
  }
}

/** By the first word of an error: what it means to a user. Others are FTS5018. */
const meanings: Readonly<Record<string, (server: StoreServer, cause: Error) => FeatureStoreError>> = {
  NOAUTH: loginRefused,
  WRONGPASS: loginRefused,
  NOPERM: loginRefused,
  OOM: full,
  MISCONF: full,
  LOADING: unreachable,
  CLUSTERDOWN: unreachable,
  MASTERDOWN: unreachable,
  READONLY: unreachable,
  TRYAGAIN: unreachable,
  BUSY: unreachable,
}

/** Errors that pass by themselves: the server is starting, or its cluster is being put right. */
const passing: ReadonlySet<string> = new Set([
  'LOADING',
  'CLUSTERDOWN',
  'MASTERDOWN',
  'TRYAGAIN',
  'READONLY',
  'MOVED',
  'ASK',
  'BUSY',
])

/** True when the same command may succeed a little later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionLost) return isPassingLoss(error.cause)
  return error instanceof ServerRefusal && passing.has(error.kind)
}

function isPassingLoss(cause: unknown): boolean {
  if (cause instanceof ServerRefusal) return passing.has(cause.kind)
  // Whoever has waited for an answer in vain must not wait as long again.
  const isFinal =
    cause instanceof AnswerTimedOut || cause instanceof FeatureStoreError || cause instanceof ProtocolError
  return !isFinal && !isCertificateError(cause)
}

/** True when the user of the connection may not run scripts, though perhaps all that they consist of. */
export function isScriptForbidden(refusal: ServerRefusal): boolean {
  return refusal.kind === 'NOPERM' && /'(?:evalsha|eval)'/i.test(refusal.message)
}

/** What users see for an error of the connection or the server; any other error is passed on as it is. */
export function redisError(error: unknown): unknown {
  if (error instanceof AnswerTimedOut) return timedOut(serverAt(error.address), 'its answer', error.seconds, error)
  if (error instanceof ConnectionLost) {
    const { cause } = error
    if (cause instanceof FeatureStoreError) return cause
    if (cause instanceof AnswerTimedOut || cause instanceof ServerRefusal) return redisError(cause)
    if (cause instanceof ProtocolError) return refused(serverAt(error.address), notRedis(cause))
    return isCertificateError(cause)
      ? loginRefused(serverAt(error.address), cause)
      : unreachable(serverAt(error.address), cause)
  }
  if (!(error instanceof ServerRefusal)) return error
  const server = serverAt(error.address)
  if (/max number of clients/i.test(error.message)) return full(server, error)
  if (/Client sent AUTH|invalid password|AUTH .*called without/i.test(error.message)) return loginRefused(server, error)
  return (meanings[error.kind] ?? refused)(server, error)
}

/** A stored event time that is none. It is an error of the one request that came upon it. */
export function unreadableEventTime(view: string): FeatureStoreError {
  return new FeatureStoreError('FTS5084', {
    message: `An event time of view "${view}" in the Redis online store is not a serialised Timestamp.`,
  })
}

const notRedis = (cause: Error): Error => new Error(`what came is not Redis' protocol (${cause.message})`, { cause })

function isCertificateError(error: unknown): boolean {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code)
}
