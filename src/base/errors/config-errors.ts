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
  FTS1002: {
    title: 'Not valid YAML',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The configuration cannot be read as YAML. Variables such as $NAME are replaced before it is read.',
    fix: 'Correct the marked place. If a variable holds special characters, put quotes around it in the file.',
  },
  FTS1003: {
    title: 'Unknown key',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    cause: 'A block of feature_store.yaml has a key that its type does not take.',
    fix: 'Correct or remove the key.',
  },
  FTS1004: {
    title: 'Missing key',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    cause: 'feature_store.yaml lacks a key that has no default.',
    fix: 'Add the key.',
  },
  FTS1005: {
    title: 'Wrong value',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The value of a key in feature_store.yaml has the wrong type or is not one of the allowed ones.',
    fix: 'Write a value of the kind that the message names.',
  },
  FTS1006: {
    title: 'Bad project name',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    cause: 'Project names consist of letters, digits, underscores and hyphens, and start with a letter or a digit.',
    fix: 'Choose another name. With the SQLite online store, leave out hyphens too.',
  },
  FTS1007: {
    title: 'Unknown type',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The type is neither a short name of Feast nor a class path, a package or a file.',
    fix: 'Use one of the types that the message lists.',
  },
  FTS1008: {
    title: 'Not base64',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    cause: 'FEATURE_STORE_YAML_BASE64 does not hold base64.',
    fix: 'Set it to the output of `base64 -w0 feature_store.yaml`, or unset it.',
  },
} as const satisfies Record<string, ErrorEntry>
