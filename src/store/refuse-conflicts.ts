import { isDeepStrictEqual } from 'node:util'
import { type ErrorPlace, FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { DataSource } from '../model/data-source.ts'
import type { Definitions } from '../model/definitions.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import { type RegistryContents, registryKinds, viewKinds, viewLists } from '../model/registry-contents.ts'
import { listObjects } from '../registry/lookup.ts'
import { properties } from '../registry/properties.ts'
import type { PlaceOf } from './places.ts'

interface ConflictScope {
  readonly project: string
  readonly partial: boolean
  readonly registered: RegistryContents
}

/**
 * Names of views are unique over all kinds, case ignored: a reference names only the view, and some stores fold case.
 * @throws FTS3302
 */
export function refuseConflictingViews(definitions: Definitions, scope: ConflictScope): void {
  const defined: readonly AnyFeatureView[] = viewKinds.flatMap((kind): readonly AnyFeatureView[] => definitions[kind])
  const seen = new Map<string, AnyFeatureView>()
  for (const view of defined) {
    const other = seen.get(view.name.toLowerCase())
    if (other !== undefined) throw conflict(view, other, definitions.places.get(view), 'is defined as well')
    seen.set(view.name.toLowerCase(), view)
  }
  if (!scope.partial) return
  const stored: readonly AnyFeatureView[] = viewKinds.flatMap((kind): readonly AnyFeatureView[] =>
    listObjects(scope.registered, kind, scope.project),
  )
  for (const other of stored) {
    const view = seen.get(other.name.toLowerCase())
    const same = view === undefined || (view.name === other.name && view.kind === other.kind)
    if (!same) throw conflict(view, other, definitions.places.get(view), 'is registered')
  }
}

function conflict(
  view: AnyFeatureView,
  other: AnyFeatureView,
  where: ErrorPlace | undefined,
  verb: string,
): FeatureStoreError {
  const word = (each: AnyFeatureView): string => registryKinds[viewLists[each.kind]]
  return new FeatureStoreError('FTS3302', {
    message: `Two views are named "${view.name}", case ignored: ${word(other)} "${other.name}" ${verb}.`,
    where,
    hint: 'rename one of them',
  })
}

/** One name, one source: case ignored, and copies must say the same. @throws FTS3311 */
export function refuseRepeatedSources(sources: readonly DataSource[], place: PlaceOf): void {
  const seen = new Map<string, DataSource>()
  for (const source of sources) {
    const other = seen.get(source.name.toLowerCase())
    seen.set(source.name.toLowerCase(), other ?? source)
    if (other === undefined || other === source) continue
    const same =
      source.name === other.name &&
      isDeepStrictEqual(properties('dataSources', source), properties('dataSources', other))
    if (same) continue
    throw new FeatureStoreError('FTS3311', {
      message: `Two data sources are named "${source.name}", case ignored, and differ.`,
      where: place(source),
      hint: 'rename one of them',
    })
  }
}
