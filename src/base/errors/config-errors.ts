import type { ErrorEntry } from './error-entry.ts'

/** FTS1xxx: feature_store.yaml and the command line. */
export const configErrors = {
  FTS1001: {
    title: 'No feature_store.yaml',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    cause: 'No configuration file is at the given path.',
    fix: 'Run the command in a feature repository, or name one with --chdir or --feature-store-yaml.',
  },
} as const satisfies Record<string, ErrorEntry>
