import type { ErrorEntry } from './error-entry.ts'

/** FTS7xxx: servers. */
export const servingErrors = {
  FTS7001: {
    title: 'Request body unreadable',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'The body of a request is missing, is cut off, or is not JSON.',
    fix: 'Send a JSON object, in UTF-8, as the body.',
  },
  FTS7002: {
    title: 'Wrong field in a request',
    http: 422,
    grpc: 'INVALID_ARGUMENT',
    cause: 'A field of a request is missing or is of another kind than the server takes.',
    fix: 'Compare the request with the server’s own description at GET /openapi.json.',
  },
  FTS7003: {
    title: 'No such route',
    http: 404,
    grpc: 'UNIMPLEMENTED',
    cause: 'The server has nothing at this path.',
    fix: 'Look at GET /docs of the server for the paths that it has.',
  },
  FTS7004: {
    title: 'Method not allowed',
    http: 405,
    grpc: 'UNIMPLEMENTED',
    cause: 'The path exists, but not for this method.',
    fix: 'Use one of the methods that the message and the header `allow` list.',
  },
  FTS7005: {
    title: 'Request too large',
    http: 413,
    grpc: 'RESOURCE_EXHAUSTED',
    cause: 'The body of a request has more bytes, or the request more rows, than the server accepts.',
    fix: 'Send several smaller requests, or raise `limits` in the `serving` block of feature_store.yaml.',
  },
  FTS7006: {
    title: 'Server busy',
    http: 503,
    grpc: 'UNAVAILABLE',
    retryable: true,
    cause: 'The server works on as many requests as it is allowed to, and refuses more instead of queueing them.',
    fix: 'Try again after the time in the header `retry-after`; add workers, or raise `limits.max_concurrent_requests`.',
  },
  FTS7007: {
    title: 'Request took too long',
    http: 504,
    grpc: 'DEADLINE_EXCEEDED',
    retryable: true,
    cause: 'The online store did not answer in the time that a request may take.',
    fix: 'Look at the online store; `limits.request_timeout_seconds` is the time that a request may take.',
  },
  FTS7008: {
    title: 'Server cannot listen',
    http: 500,
    grpc: 'INTERNAL',
    cause: 'The host or port of a server is taken, not of this machine, or not allowed to this user.',
    fix: 'Choose another host or port, or end the program that has it.',
  },
  FTS7009: {
    title: 'Certificate or key unusable',
    http: 500,
    grpc: 'INTERNAL',
    cause: 'The file of the certificate or of its key cannot be read, or they do not fit together.',
    fix: 'Give PEM files of one key pair with --cert and --key.',
  },
} as const satisfies Record<string, ErrorEntry>
