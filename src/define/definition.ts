import type { ErrorPlace } from '../base/errors/feature-store-error.ts'
import type { Definition } from '../model/definitions.ts'
import { type CallSite, placeOfSite } from './place.ts'

/**
 * What every definition carries besides its model. The key is shared by all copies of the package, so that definitions
 * made by one copy are recognised by another. It is not enumerable: an edited copy made by spread is plain data.
 */
const origin: unique symbol = Symbol.for('feast-ts.definition')

interface Origin {
  readonly site: CallSite
  /** The definitions that this one was made from. */
  readonly uses: readonly Definition[]
}

/**
 * Makes a definition: deeply frozen, with the methods given. `uses` are the definitions that it refers to; what is not
 * a definition among them is passed over.
 */
export function define<T extends object>(
  model: T,
  site: CallSite,
  uses: readonly unknown[] = [],
  methods: object = Object.prototype,
): T {
  const definition: T = Object.assign(Object.create(methods), model)
  const own: Origin = { site, uses: uses.flatMap(definitionsBehind) }
  Object.defineProperty(definition, origin, { value: own })
  for (const value of Object.values(definition)) freezeData(value)
  return Object.freeze(definition)
}

/** True for what the functions of this package define, by any copy of it. Selections of views are not definitions. */
export function isDefinition(value: unknown): value is Definition {
  return originOf(value) !== undefined && typeof (value as { kind?: unknown }).kind === 'string'
}

/** The definitions that a definition was made from, in order; empty for plain data. */
export function definitionsUsedBy(value: object): readonly Definition[] {
  return originOf(value)?.uses ?? []
}

/** Where a definition or selection was written. */
export function placeOf(value: object): ErrorPlace | undefined {
  const own = originOf(value)
  return own === undefined ? undefined : placeOfSite(own.site)
}

function originOf(value: unknown): Origin | undefined {
  return typeof value === 'object' && value !== null ? (value as { [origin]?: Origin })[origin] : undefined
}

/** A definition stands for itself, a selection for the definitions behind it. */
function definitionsBehind(value: unknown): readonly Definition[] {
  if (isDefinition(value)) return [value]
  return typeof value === 'object' && value !== null ? definitionsUsedBy(value) : []
}

/** Freezes arrays and plain objects, and what is in them. Bytes and instances of classes stay as they are. */
function freezeData(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  if (!plain) return
  Object.freeze(value)
  for (const each of Object.values(value)) freezeData(each)
}
