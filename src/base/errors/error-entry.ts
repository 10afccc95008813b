/** What the table says of one error code. Prose is for `feast explain CODE` and the gallery page. */
export interface ErrorEntry {
  /** A short name of the fault, in sentence case without a full stop. */
  readonly title: string
  /** HTTP status that a server answers with. */
  readonly http: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 422 | 429 | 500 | 501 | 502 | 503 | 504
  readonly grpc: GrpcStatus
  /** True when the same call may succeed later without a change. */
  readonly retryable?: true
  /** Why it happens, in one or two sentences. */
  readonly cause: string
  /** What to do, as an instruction. */
  readonly fix: string
}

export type GrpcStatus =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'UNAUTHENTICATED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'UNIMPLEMENTED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'RESOURCE_EXHAUSTED'
  | 'CANCELLED'
  | 'INTERNAL'
