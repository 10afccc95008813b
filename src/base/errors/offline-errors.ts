import type { ErrorEntry } from './error-entry.ts'

/** FTS4xxx: historical retrieval and the offline store. */
export const offlineErrors = {
  FTS4001: {
    title: 'Missing join key column',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'The entity rows lack a column that a requested view joins on.',
    fix: 'Add the column to the entity rows, or map it with withJoinKeyMap.',
  },
} as const satisfies Record<string, ErrorEntry>
