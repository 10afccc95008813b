import type { ErrorEntry } from './error-entry.ts'

/** FTS2xxx: definitions and references to them. */
export const definitionErrors = {
  FTS2104: {
    title: 'Unknown feature',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'A reference names a feature that its view does not have.',
    fix: 'Use one of the features that the message lists, or add the feature to the schema and apply.',
  },
} as const satisfies Record<string, ErrorEntry>
