import { collectDefinitions } from '../define/collect-definitions.ts'
import type { Definition, Definitions } from '../model/definitions.ts'

/** Definitions as a program has them: what a repository was collected to, or the objects themselves. */
export type DefinitionsInput = Definitions | Iterable<Definition>

/** @throws FTS20xx for definitions that do not fit together. */
export function toDefinitions(input: DefinitionsInput, options: { readonly partial?: boolean } = {}): Definitions {
  if (isDefinitions(input)) return input
  return collectDefinitions(
    [...input].map((definition) => ({ definition })),
    options,
  )
}

export function isDefinitions(input: object): input is Definitions {
  return 'places' in input && 'featureViews' in input
}
