import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { Logger } from '../../base/logger.ts'

/** The answer to a request that failed. */
export interface HttpAnswer {
  readonly status: number
  /** JSON text. */
  readonly body: string
}

/**
 * The answer to an error: its code's HTTP status, and `{code, message, field, hint, notes}`.
 * @param folder of the repository; clients see the paths in it as its configuration has them, and not where it is.
 */
export function errorAnswer(error: FeatureStoreError, folder?: string): HttpAnswer {
  const { code, field, hint } = error
  const message = withoutFolder(error.message, folder)
  const notes = error.notes.map((note) => withoutFolder(note, folder))
  return {
    status: error.entry.http,
    body: JSON.stringify({
      code,
      message,
      ...(field !== undefined && { field }),
      ...(hint !== undefined && { hint }),
      ...(notes.length > 0 && { notes }),
    }),
  }
}

/** Text in which paths in a folder are relative to it. */
export function withoutFolder(text: string, folder: string | undefined): string {
  return folder === undefined ? text : text.replaceAll(`${folder}/`, '')
}

/** Any error as one with a code. What the program does not expect says nothing of its insides to the client. */
export function codedError(error: unknown): FeatureStoreError {
  if (error instanceof FeatureStoreError) return error
  if (isClientGone(error)) {
    return new FeatureStoreError('FTS7013', { message: 'The client went away within its request.', cause: error })
  }
  return new FeatureStoreError('FTS9001', {
    message: 'Something unexpected happened in the server; its log says what.',
    cause: error,
  })
}

/** {@link codedError}, of which the log says what the client is not told. */
export function loggedError(error: unknown, logger: Logger): FeatureStoreError {
  const coded = codedError(error)
  if (coded.code === 'FTS9001') {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    logger.error('A request failed in a way that the server does not expect.', { error: text })
  }
  return coded
}

/** What Node says of a request whose connection is closed before all of it was there. */
const isClientGone = (error: unknown): boolean =>
  error instanceof Error && error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET'
