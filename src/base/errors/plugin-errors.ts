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
  FTS8003: {
    title: 'Plug-in not installed',
    http: 501,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The configured type names a package or a file that is not there.',
    fix: 'Install the package in the repository, or correct the path; paths begin with ./ and end in .ts or .js.',
  },
  FTS8004: {
    title: 'Plug-in could not be loaded',
    http: 501,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The module that the configured type names threw an error when it was imported.',
    fix: 'Read the error in the message; a package that the plug-in itself needs may not be installed.',
  },
  FTS8005: {
    title: 'No plug-in in the module',
    http: 501,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The module that the configured type names exports no plug-in, or several of the wanted kind.',
    fix: 'Name a module that exports one `definePlugin({ … })` of the kind.',
  },
  FTS8006: {
    title: 'Plug-in of another version',
    http: 501,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The plug-in was built against another version of the contracts between feast-ts and its stores.',
    fix: 'Install versions of the plug-in and of feast-ts that belong together.',
  },
  FTS8007: {
    title: 'Plug-in of another kind',
    http: 501,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The module has plug-ins, but for another key of the configuration, such as an offline_store.',
    fix: 'Put the type under the key of its kind, or name another module.',
  },
  FTS8008: {
    title: 'Plug-in breaks the contract',
    http: 501,
    grpc: 'FAILED_PRECONDITION',
    cause: 'The plug-in declares itself incompletely, or opens something without the methods of its kind.',
    fix: 'Correct the plug-in; `feast-ts/plugin` has the types, `feast-ts/testing` the conformance suite.',
  },
} as const satisfies Record<string, ErrorEntry>
