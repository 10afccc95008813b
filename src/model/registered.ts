import type { Instant } from '../base/instant.ts'
import type { Tags } from './field.ts'

/**
 * Where a registry keeps what it knows about an object beyond the model: the stored message with its unknown fields.
 * Only `wire/` reads it. It survives object spread, so an edited copy still carries it.
 */
export const storedForm: unique symbol = Symbol.for('feast-ts.stored-form')

/** What every object of a registry has. */
export interface Registered {
  readonly name: string
  /** The project it belongs to; the empty string before the first apply. */
  readonly project: string
  readonly description: string
  readonly tags: Tags
  readonly owner: string
  /** Set by the registry. */
  readonly createdAt?: Instant | undefined
  readonly updatedAt?: Instant | undefined
  readonly [storedForm]?: unknown
}
