import { atLeast, block, choice, integer, type Keys, number, optional, text } from './config-key.ts'

/**
 * What our servers take beside Feast's keys. Feast refuses unknown keys in `feature_server` and keeps unknown ones at
 * the top, so a file that Python reads too has them in the block `serving`.
 */
export const servingKeys = {
  stale_values: optional(choice(['mark', 'drop', 'ignore'], 'ours: values older than the ttl of their view', 'mark')),
  state_path: optional(
    text('ours: folder for what the server must not lose; relative to the repository', 'data/.feature-server'),
  ),
  limits: optional(
    block('ours: what one process takes on', {
      max_body_bytes: optional(atLeast(1, integer('bytes of a request body', 16_777_216))),
      max_rows: optional(atLeast(1, integer('entity rows of a request', 10_000))),
      max_concurrent_requests: optional(atLeast(1, integer('requests that are worked on at a time', 1000))),
      request_timeout_seconds: optional(atLeast(0, number('seconds that a read or a push may take', 10))),
      header_timeout_seconds: optional(atLeast(0, number('seconds that a client may take for the head', 10))),
    }),
  ),
} as const satisfies Keys
