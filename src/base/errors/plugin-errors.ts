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
} as const satisfies Record<string, ErrorEntry>
