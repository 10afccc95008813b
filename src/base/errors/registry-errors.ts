import type { ErrorEntry } from './error-entry.ts'

/** FTS3xxx: the registry, plan and apply. */
export const registryErrors = {
  FTS3001: {
    title: 'Registry file unreadable',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The registry file is truncated or is not a Feast registry.',
    fix: 'Restore the file from a backup, or point registry.path at the right file. It was left as it is.',
  },
} as const satisfies Record<string, ErrorEntry>
