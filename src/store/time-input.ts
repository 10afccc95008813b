import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'

/** A time as a caller may give it. Texts are ISO-8601; without a zone they are UTC. */
export type TimeInput = Instant | Date | string

/** @throws FTS4503 when it is not a time; `field` is the name of the parameter, for the message. */
export function toInstant(value: TimeInput, field: string): Instant {
  if (value instanceof Instant) return value
  const instant =
    value instanceof Date
      ? Number.isNaN(value.getTime())
        ? undefined
        : Instant.fromDate(value)
      : typeof value === 'string'
        ? Instant.parse(value)
        : undefined
  if (instant !== undefined) return instant
  throw new FeatureStoreError('FTS4503', {
    message: `"${String(value)}" is not a time.`,
    field,
    notes: ['times look like 2024-03-01T12:00:00Z; without a zone they are UTC'],
  })
}
