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
  FTS3101: {
    title: 'Unknown project',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'The registry holds no project of that name.',
    fix: 'Use one of the projects that the message lists, or apply the project first.',
  },
  FTS3102: {
    title: 'Unknown entity',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'The registry holds no entity of that name in the project.',
    fix: 'Use one of the names that the message lists, or define the entity and run feast apply.',
  },
  FTS3103: {
    title: 'Unknown data source',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'The registry holds no data source of that name in the project.',
    fix: 'Use one of the names that the message lists, or define the data source and run feast apply.',
  },
  FTS3104: {
    title: 'Unknown feature view',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'The registry holds no view of that name and kind in the project.',
    fix: 'Use one of the names that the message lists, or define the view and run feast apply.',
  },
  FTS3105: {
    title: 'Unknown feature service',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'The registry holds no feature service of that name in the project.',
    fix: 'Use one of the names that the message lists, or define the feature service and run feast apply.',
  },
  FTS3106: {
    title: 'Unknown saved data set',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'The registry holds no saved data set of that name in the project.',
    fix: 'Use one of the names that the message lists, or create the data set first.',
  },
  FTS3107: {
    title: 'Unknown validation reference',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'The registry holds no validation reference of that name in the project.',
    fix: 'Use one of the names that the message lists.',
  },
  FTS3108: {
    title: 'Unknown permission',
    http: 404,
    grpc: 'NOT_FOUND',
    cause: 'The registry holds no permission of that name in the project.',
    fix: 'Use one of the names that the message lists, or define the permission and run feast apply.',
  },
} as const satisfies Record<string, ErrorEntry>
