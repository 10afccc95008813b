import type { ErrorPlace } from '../base/errors/feature-store-error.ts'
import type { Definitions } from '../model/definitions.ts'

/** Says where an object was written, also for a completed copy of it. */
export type PlaceOf = (object: { readonly kind: string; readonly name: string }) => ErrorPlace | undefined

/** Looks by kind and name, which are unique in a repository and survive copying. */
export function placesOf(definitions: Definitions): PlaceOf {
  const places = new Map<string, ErrorPlace>()
  for (const [object, place] of definitions.places) {
    if ('kind' in object && 'name' in object) places.set(`${object.kind} ${object.name}`, place)
  }
  return (object) => places.get(`${object.kind} ${object.name}`)
}
