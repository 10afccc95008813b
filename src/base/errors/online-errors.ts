import type { ErrorEntry } from './error-entry.ts'

/** FTS5xxx: online reads and writes. */
export const onlineErrors = {
  FTS5001: {
    title: 'Missing join key',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'An entity row lacks a join key of a requested view.',
    fix: 'Give every join key in every entity row.',
  },
  FTS5081: {
    title: 'Value does not fit its type',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'A value is of another kind than its declared type, out of its range, or would lose precision.',
    fix: 'Give a value of the declared type; int64 is a bigint or a safe whole number, times are Instant or Date.',
  },
  FTS5082: {
    title: 'Entity key unreadable',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'The bytes of an entity key are cut off or foreign, or its join keys and values contradict each other.',
    fix: 'Give every join key once, with one value; for stored keys check that the store was written by Feast.',
  },
  FTS5083: {
    title: 'Type cannot be a join key',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    cause: 'Stored entity keys hold strings, bytes, 32 and 64 bit integers and times only.',
    fix: 'Declare the entity with one of these types, for example a UUID as String.',
  },
  FTS5084: {
    title: 'Stored value unreadable',
    http: 500,
    grpc: 'INTERNAL',
    cause: 'The bytes of a stored feature are not a serialised feast.types.Value.',
    fix: 'Materialize the view again; if it stays, check what else writes to this store.',
  },
} as const satisfies Record<string, ErrorEntry>
