import type { AnyFeatureView } from '../model/feature-view.ts'
import { type RegistryContents, type RegistryKind, type RegistryObject, viewLists } from '../model/registry-contents.ts'
import { projectOf } from './lookup.ts'

/**
 * Puts an object in place of the one with its project and name, or adds it. As in Feast a changed object moves to the
 * end of its list. Returns `contents` itself when that very object is there already.
 */
export function putObject<K extends RegistryKind>(
  contents: RegistryContents,
  kind: K,
  object: RegistryObject<K>,
): RegistryContents {
  const list: readonly RegistryObject<K>[] = contents[kind]
  if (list.includes(object)) return contents
  const project = projectOf(kind, object)
  const others = list.filter((each) => each.name !== object.name || projectOf(kind, each) !== project)
  return { ...contents, [kind]: [...others, object] }
}

/** Takes an object out. Returns `contents` itself when there is none of that project and name. */
export function removeObject(
  contents: RegistryContents,
  kind: RegistryKind,
  project: string,
  name: string,
): RegistryContents {
  const list: readonly RegistryObject[] = contents[kind]
  const others = list.filter((each) => each.name !== name || projectOf(kind, each) !== project)
  return others.length === list.length ? contents : { ...contents, [kind]: others }
}

/** {@link putObject} for a view, whose list follows from its kind. */
export function putView(contents: RegistryContents, view: AnyFeatureView): RegistryContents {
  return putObject(contents, viewLists[view.kind], view)
}
