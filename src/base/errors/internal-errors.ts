import type { ErrorEntry } from './error-entry.ts'

/** FTS9xxx: faults of feast-ts itself. */
export const internalErrors = {
  FTS9001: {
    title: 'Internal error',
    http: 500,
    grpc: 'INTERNAL',
    cause: 'Something happened that the program does not expect; this is a fault of feast-ts.',
    fix: 'Report it with the command and the output of the same command with --debug.',
  },
} as const satisfies Record<string, ErrorEntry>
