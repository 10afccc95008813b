import type { ErrorEntry } from './error-entry.ts'

/** FTS6xxx: materialization. */
export const materializeErrors = {
  FTS6001: {
    title: 'Window ends before it starts',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'The start of the materialization window lies after its end.',
    fix: 'Swap the two times.',
  },
  FTS6002: {
    title: 'Window incomplete',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'A materialization needs a start and an end, and one of them was not given.',
    fix: 'Give both, materialize incrementally (only an end), or disable event timestamps for all of history.',
  },
  FTS6003: {
    title: 'View is not materialized',
    http: 400,
    grpc: 'FAILED_PRECONDITION',
    cause: 'A view was named that is not served online, is disabled, or gets its values in another way.',
    fix: 'Leave the view out, or change its definition and apply.',
  },
  FTS6004: {
    title: 'Computation not supported',
    http: 501,
    grpc: 'UNIMPLEMENTED',
    cause: 'The values of the view come from a transformation or an aggregation that the local engine does not run.',
    fix: 'Compute the values before they reach the source, and define a plain feature view on the result.',
  },
  FTS6005: {
    title: 'Source value does not fit',
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    cause: 'A column of the source holds a value that the declared type of the feature or join key cannot hold.',
    fix: 'Change the declared type or the values in the source; nothing was recorded, so run the same command again.',
  },
  FTS6006: {
    title: 'Version without its view',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'A version belongs to one view, and a materialization named none or several beside it, or no such version.',
    fix: 'Name one view with --views and a version such as v2; `feast feature-views list-versions NAME` lists them.',
  },
} as const satisfies Record<string, ErrorEntry>
