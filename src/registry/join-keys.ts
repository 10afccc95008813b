import { dummyEntityName } from '../model/entity.ts'
import { type Field, plainField } from '../model/field.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { getEntity } from './lookup.ts'

/**
 * The join keys of a view, in the order of its entities, typed as the view says or else its entities; none for a view
 * without entities. @throws FTS3102 for an unknown entity.
 */
export function joinKeyFields(
  contents: RegistryContents,
  project: string,
  view: { readonly entities: readonly string[]; readonly entityColumns: readonly Field[] },
): readonly Field[] {
  return view.entities
    .filter((name) => name !== dummyEntityName)
    .map((name) => {
      const { joinKey, type } = getEntity(contents, project, name)
      return view.entityColumns.find((column) => column.name === joinKey) ?? plainField(joinKey, type)
    })
}
