import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'

/** A time from the command line; without a zone it is UTC. @throws FTS1103 */
export function readTime(text: string, field: string): Instant {
  const time = Instant.parse(text)
  if (time !== undefined) return time
  throw new FeatureStoreError('FTS1103', {
    message: `"${text}" is not a time.`,
    notes: ['write ISO-8601, such as 2026-01-31T12:00:00; without a zone it is UTC'],
    field,
  })
}
