import { isDeepStrictEqual } from 'node:util'
import type { AnyFeatureView } from '../model/feature-view.ts'
import type { RegistryObject } from '../model/registry-contents.ts'
import type { DefinedKind } from './kinds.ts'
import { type PlainValue, type Properties, properties, viewProperties } from './properties.ts'

/** One property that an update changes. Names are Feast's; null stands for nothing. */
export interface PropertyChange {
  readonly property: string
  readonly before: PlainValue
  readonly after: PlainValue
}

/** What a user would see change between two definitions of one object; empty when they say the same. */
export function diffObjects<K extends DefinedKind>(
  kind: K,
  before: RegistryObject<K>,
  after: RegistryObject<K>,
): readonly PropertyChange[] {
  return diffProperties(properties(kind, before), properties(kind, after))
}

/** The same for two views of one kind. */
export function diffViews(before: AnyFeatureView, after: AnyFeatureView): readonly PropertyChange[] {
  return diffProperties(viewProperties(before), viewProperties(after))
}

function diffProperties(old: Properties, next: Properties): readonly PropertyChange[] {
  const names = new Set([...Object.keys(old), ...Object.keys(next)])
  const changes: PropertyChange[] = []
  for (const property of names) {
    const change = { property, before: old[property] ?? null, after: next[property] ?? null }
    if (!isDeepStrictEqual(change.before, change.after)) changes.push(change)
  }
  return changes
}
