import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'

/** The server of a store, as messages name it. Never holds a password. */
export interface StoreServer {
  /** `PostgreSQL`, `Redis` … */
  readonly name: string
  /** `host:port`, or a URL without credentials. */
  readonly address: string
}

const named = (server: StoreServer): string => `The ${server.name} online store at ${server.address}`

/** What the driver said, as the end of a sentence. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(reasonOf).join('; ')
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '')
}

/** No connection, or it broke: FTS5014. */
export function unreachable(server: StoreServer, cause: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5014', {
    message: `${named(server)} cannot be reached: ${reasonOf(cause)}.`,
    field: 'online_store',
    cause,
  })
}

/** User, password, certificate or database not accepted: FTS5015. */
export function loginRefused(server: StoreServer, cause: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5015', {
    message: `${named(server)} refused the login: ${reasonOf(cause)}.`,
    field: 'online_store',
    cause,
  })
}

/** FTS5016. @param what what was waited for, such as `the read`. */
export function timedOut(server: StoreServer, what: string, seconds: number, cause?: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5016', {
    message: `${named(server)} did not finish ${what} within ${seconds} s.`,
    cause,
  })
}

/** Other transactions came in the way as often as it was tried: FTS5016. */
export function crowdedOut(server: StoreServer, cause: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5016', {
    message: `${named(server)} gave way to other writers each time: ${reasonOf(cause)}.`,
    notes: ['nothing of this batch was written'],
    cause,
  })
}

/** Tables or columns are missing: FTS5010. */
export function notSetUp(server: StoreServer, cause: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5010', {
    message: `${named(server)} is not set up for this view: ${reasonOf(cause)}.`,
    hint: 'run `feast apply`',
    cause,
  })
}

/** What the store's layout cannot hold: FTS5017. */
export function tooLarge(
  server: StoreServer,
  found: { readonly what: string; readonly bytes: number; readonly most: number },
): FeatureStoreError {
  return new FeatureStoreError('FTS5017', {
    message: `${named(server)} cannot hold ${found.what}: it has ${found.bytes} bytes, and ${found.most} fit.`,
    notes: ['nothing of this batch was written'],
  })
}

/** Any other error that the server answers with: FTS5018. */
export function refused(server: StoreServer, cause: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5018', { message: `${named(server)} answered: ${reasonOf(cause)}.`, cause })
}

/** No memory, disk space or connections left: FTS5019. */
export function full(server: StoreServer, cause: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5019', { message: `${named(server)} is full: ${reasonOf(cause)}.`, cause })
}

/** A row of a batch that the server refused for its size: FTS5017. */
export function rowTooLarge(server: StoreServer, cause: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5017', {
    message: `${named(server)} cannot hold a row of this batch: ${reasonOf(cause)}.`,
    notes: ['nothing of this batch was written'],
    cause,
  })
}

/** Used after its end: FTS5026. */
export function storeClosed(server: StoreServer): FeatureStoreError {
  return new FeatureStoreError('FTS5026', { message: `${named(server)} was closed before it was used.` })
}

/** What the layout of the store has no place for, other than for its size: FTS5017. @param what a whole clause. */
export function cannotHold(server: StoreServer, what: string): FeatureStoreError {
  return new FeatureStoreError('FTS5017', {
    message: `${named(server)} cannot hold this batch: ${what}.`,
    notes: ['nothing of this batch was written'],
  })
}
