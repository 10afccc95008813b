import type { ErrorEntry } from './error-entry.ts'

/** FTS6xxx: materialization. */
export const materializeErrors = {
  FTS6001: {
    title: 'Window ends before it starts',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'The start of the materialization window lies after its end.',
    fix: 'Swap the two times.',
  },
} as const satisfies Record<string, ErrorEntry>
