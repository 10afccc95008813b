import type { ErrorEntry } from './error-entry.ts'

/** FTS5xxx: online reads and writes. */
export const onlineErrors = {
  FTS5001: {
    title: 'Missing join key',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'An entity row lacks a join key of a requested view.',
    fix: 'Give every join key in every entity row.',
  },
} as const satisfies Record<string, ErrorEntry>
