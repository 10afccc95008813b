import type { ErrorEntry } from './error-entry.ts'

/** FTS2xxx: definitions and references to them. */
export const definitionErrors = {
  FTS2101: {
    title: 'Malformed feature reference',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'A feature reference is not of the form "view:feature", "view@v2:feature" or "view".',
    fix: 'Write the name of the view, a colon and the name of the feature.',
  },
  FTS2102: {
    title: 'No features requested',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'The request names no feature.',
    fix: 'Give at least one feature reference, or a feature service with at least one feature.',
  },
  FTS2103: {
    title: 'View does not serve features',
    http: 400,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The view is disabled, is not ready yet, or is of a kind that has no features to read.',
    fix: 'Enable the view and apply, or wait until its materialization is done.',
  },
  FTS2104: {
    title: 'Unknown feature',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'A reference names a feature that its view does not have.',
    fix: 'Use one of the features that the message lists, or add the feature to the schema and apply.',
  },
  FTS2105: {
    title: 'Feature names collide',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'Two requested features would stand in one column of the result.',
    fix: 'Ask for full feature names, ask for each feature once, or rename a view with withName.',
  },
  FTS2106: {
    title: 'On-demand views form a cycle',
    http: 400,
    grpc: 'FAILED_PRECONDITION',
    cause: 'An on-demand view needs, through its sources, its own outputs.',
    fix: 'Remove one of the sources that the message lists, and apply.',
  },
  FTS2107: {
    title: 'Unknown join key in a mapping',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'A join key map names a key that its view does not join on.',
    fix: 'Map one of the join keys that the message lists.',
  },
  FTS2108: {
    title: 'Feature view version not available',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'A reference names a version that the registry does not hold, or versions are switched off.',
    fix: 'Use a version that the message lists, and set registry.enable_online_feature_view_versioning to true.',
  },
} as const satisfies Record<string, ErrorEntry>
