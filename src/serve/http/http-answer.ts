import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'

/** The answer to a request that failed. */
export interface HttpAnswer {
  readonly status: number
  /** JSON text. */
  readonly body: string
}

/** The answer to an error: its code's HTTP status, and `{code, message, field, hint, notes}`. */
export function errorAnswer(error: FeatureStoreError): HttpAnswer {
  const { code, message, field, hint, notes } = error
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

/** Any error as one with a code. What the program does not expect says nothing of its insides to the client. */
export function codedError(error: unknown): FeatureStoreError {
  if (error instanceof FeatureStoreError) return error
  return new FeatureStoreError('FTS9001', {
    message: 'Something unexpected happened in the server; its log says what.',
    cause: error,
  })
}
