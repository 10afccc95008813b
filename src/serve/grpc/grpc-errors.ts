import type { Metadata, status as StatusCodes } from '@grpc/grpc-js'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'

export type StatusName = keyof typeof StatusCodes

/** How a call ends that has no answer. */
export interface GrpcAnswer {
  readonly code: StatusName
  readonly details: string
}

/** An end of a call that is told by a status alone, where a protocol says which. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly code: StatusName

  constructor(code: StatusName, details: string) {
    super(details)
    this.code = code
  }
}

/** The bytes of a request are not the message that the method takes: FTS7001. */
export function malformed(message: string, cause: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS7001', {
    message: `The request is not a ${message}: ${reasonOf(cause).replace(/\.$/, '')}.`,
    cause,
  })
}

/** What the reader of the bytes said, without the words of those who called it for a stored value. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause instanceof FeatureStoreError && cause.cause !== undefined ? reasonOf(cause.cause) : cause.message
}

/** Our own answer: the status of the error's entry, and the message with its hint as details. */
export function ownAnswer(error: unknown): GrpcAnswer {
  if (error instanceof StatusError) return { code: error.code, details: error.message }
  if (!(error instanceof FeatureStoreError)) {
    return { code: 'INTERNAL', details: 'Something unexpected happened in the server; its log says what.' }
  }
  const isSaid = error.hint === undefined || error.message.toLowerCase().includes(error.hint.toLowerCase())
  const hint = isSaid ? '' : ` (${error.hint})`
  return { code: error.entry.grpc, details: `${error.message}${hint}` }
}

/** Trailers that say which of our errors it is, and which field is at fault. Metadata is printable ASCII. */
export function describeIn(metadata: Metadata, error: unknown): Metadata {
  if (error instanceof StatusError) return metadata
  const known = error instanceof FeatureStoreError ? error : null
  metadata.set('feast-error-code', known?.code ?? 'FTS9001')
  if (known?.field !== undefined && /^[ -~]+$/.test(known.field)) metadata.set('feast-error-field', known.field)
  return metadata
}
