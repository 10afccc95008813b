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

type Builder = (server: StoreServer, cause: unknown) => FeatureStoreError

const lockWait: Builder = (server, cause) => timedOut(server, 'the wait for a lock', 50, cause)

/** What users see for an error number of the server. Source: MySQL, server error message reference. */
const byNumber: Readonly<Record<number, Builder>> = {
  1020: crowdedOut,
  1021: full,
  1037: full,
  1038: full,
  1040: full,
  1041: full,
  1044: loginRefused,
  1045: loginRefused,
  1049: loginRefused,
  1053: unreachable,
  1054: notSetUp,
  1114: full,
  1130: loginRefused,
  1146: notSetUp,
  1153: rowTooLarge,
  1203: full,
  1205: lockWait,
  1213: crowdedOut,
  1226: full,
  1251: loginRefused,
  1264: rowTooLarge,
  1292: rowTooLarge,
  1366: rowTooLarge,
  1406: rowTooLarge,
  1698: loginRefused,
  1927: unreachable,
}

/** Ending of the connection by the server, as it says itself. */
const endedNumbers: ReadonlySet<number> = new Set([1053, 1927])
/** Deadlock, and a row that changed since it was read. */
const conflictNumbers: ReadonlySet<number> = new Set([1213, 1020])

function numberOf(error: unknown): number | undefined {
  const number: unknown = error instanceof Error && 'errno' in error ? error.errno : undefined
  // Node's own errors have negative numbers, those that the driver makes have none.
  return typeof number === 'number' && number >= 1000 ? number : undefined
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

/** True when the connection is gone, so that the same statement may succeed on another one. */
export function isConnectionLost(error: unknown): boolean {
  const number = numberOf(error)
  if (number !== undefined) return endedNumbers.has(number)
  return (
    /^(PROTOCOL_CONNECTION_LOST|E(?!R_)[A-Z]{3,})$/.test(codeOf(error)) ||
    (error instanceof Error && /closed state|Connection lost/.test(error.message))
  )
}

/** True when the server gave up for the sake of another transaction. */
export function isConflict(error: unknown): boolean {
  return conflictNumbers.has(numberOf(error) ?? 0)
}

/** False when the driver or the network failed, and not the statement alone. */
export function isUsableAfter(error: unknown): boolean {
  const fatal: unknown = error instanceof Error && 'fatal' in error ? error.fatal : undefined
  return numberOf(error) !== undefined && fatal !== true && !isConnectionLost(error)
}

/** What users see for an error of the driver; an error of ours is passed on as it is. */
export function mysqlError(error: unknown, server: StoreServer): unknown {
  if (error instanceof FeatureStoreError || !(error instanceof Error)) return error
  const number = numberOf(error)
  if (number !== undefined) return (byNumber[number] ?? refused)(server, error)
  return isConnectionLost(error) ? unreachable(server, error) : error
}
