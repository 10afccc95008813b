import type { ErrorEntry } from './error-entry.ts'

/** FTS8xxx: stores, engines and their drivers. */
export const pluginErrors = {
  FTS8001: {
    title: 'Store type not available',
    http: 501,
    grpc: 'UNIMPLEMENTED',
    cause: 'The configured type is known to Feast but not built into this version.',
    fix: 'Choose one of the types that the message lists.',
  },
  FTS8002: {
    title: 'Driver not installed',
    http: 501,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The configured store needs a package that feast-ts does not bring along.',
    fix: 'Install the package that the message names.',
  },
} as const satisfies Record<string, ErrorEntry>
