import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Definitions } from '../model/definitions.ts'
import { dummyEntityName } from '../model/entity.ts'
import type { RegistryContents, RegistryObject } from '../model/registry-contents.ts'
import { definedKinds } from '../registry/kinds.ts'
import { listObjects } from '../registry/lookup.ts'

/**
 * A full apply removes what the definitions leave out. Without a single definition that would be everything, and the
 * likely reason is another folder, or a repository whose definitions are written in Python.
 * @throws FTS3404
 */
export function refuseEmptyDefinitions(definitions: Definitions, contents: RegistryContents, project: string): void {
  const kinds = definedKinds.filter((kind) => kind !== 'projects')
  if (kinds.some((kind) => definitions[kind].length > 0)) return
  const registered = kinds
    .flatMap((kind): readonly RegistryObject[] => listObjects(contents, kind, project))
    .filter((object) => object.name !== dummyEntityName).length
  if (registered === 0) return
  throw new FeatureStoreError('FTS3404', {
    message: `Nothing is defined here, and the registry holds ${registered} object${registered === 1 ? '' : 's'} of project "${project}" that apply would remove.`,
    notes: [
      'definitions are exported from .ts, .mts, .js and .mjs files of the repository; Python files are not read',
      'to remove the whole project: feast teardown',
    ],
  })
}
