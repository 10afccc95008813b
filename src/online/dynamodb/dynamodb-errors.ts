import {
  full,
  loginRefused,
  notSetUp,
  refused,
  type StoreServer,
  timedOut,
  unreachable,
} from '../online-common/server-errors.ts'

/** What the service or its driver calls an error, by what it means. Source: the service's list of common errors. */
const meanings: Readonly<Record<string, (server: StoreServer, cause: unknown) => unknown>> = {
  ResourceNotFoundException: notSetUp,
  ...named(loginRefused, [
    'AccessDeniedException',
    'CredentialsProviderError',
    'ExpiredTokenException',
    'IncompleteSignatureException',
    'InvalidSignatureException',
    'MissingAuthenticationTokenException',
    'NotAuthorized',
    'UnrecognizedClientException',
  ]),
  ...named(full, [
    'LimitExceededException',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'ThrottlingException',
  ]),
}

function named<Meaning>(meaning: Meaning, names: readonly string[]): Readonly<Record<string, Meaning>> {
  return Object.fromEntries(names.map((name) => [name, meaning]))
}

/** True for the service's error of that name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

/** What users see for an error of the driver. */
export function dynamodbError(error: unknown, server: StoreServer, readTimeoutMs: number): unknown {
  if (!(error instanceof Error)) return error
  const known = Object.hasOwn(meanings, error.name) ? meanings[error.name] : undefined
  if (known !== undefined) return known(server, error)
  if (error.name === 'TimeoutError') return timedOut(server, 'the request', readTimeoutMs / 1000, error)
  // An answer of the service has a status; without one there was no answer.
  return statusOf(error) === undefined ? unreachable(server, error) : refused(server, error)
}

function statusOf(error: Error): number | undefined {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}
