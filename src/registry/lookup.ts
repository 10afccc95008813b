import type { ErrorCode } from '../base/errors/catalogue.ts'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestion, suggestionHint } from '../base/suggest.ts'
import type { DataSource } from '../model/data-source.ts'
import { dummyEntityName, type Entity } from '../model/entity.ts'
import type { FeatureService } from '../model/feature-service.ts'
import type {
  AnyFeatureView,
  LabelView,
  OnDemandFeatureView,
  StoredFeatureView,
  StreamFeatureView,
} from '../model/feature-view.ts'
import type { Tags } from '../model/field.ts'
import type { Permission } from '../model/permission.ts'
import type { Project } from '../model/project.ts'
import type { Registered } from '../model/registered.ts'
import {
  type RegistryContents,
  type RegistryKind,
  type RegistryObject,
  registryKinds,
  viewKinds,
} from '../model/registry-contents.ts'
import type { SavedDataset, ValidationReference } from '../model/saved-dataset.ts'

const notFoundCode = {
  projects: 'FTS3101',
  entities: 'FTS3102',
  dataSources: 'FTS3103',
  featureViews: 'FTS3104',
  streamFeatureViews: 'FTS3104',
  onDemandFeatureViews: 'FTS3104',
  labelViews: 'FTS3104',
  featureServices: 'FTS3105',
  savedDatasets: 'FTS3106',
  validationReferences: 'FTS3107',
  permissions: 'FTS3108',
} as const satisfies Record<RegistryKind, ErrorCode>

/** Every list of `contents` cut to one project. Infrastructure carries no project in Feast's format and stays whole. */
export function inProject(contents: RegistryContents, project: string): RegistryContents {
  const own = <T extends { readonly project: string }>(list: readonly T[]): readonly T[] =>
    list.filter((object) => object.project === project)
  return {
    ...contents,
    projects: contents.projects.filter((object) => object.name === project),
    entities: own(contents.entities),
    dataSources: own(contents.dataSources),
    featureViews: own(contents.featureViews),
    streamFeatureViews: own(contents.streamFeatureViews),
    onDemandFeatureViews: own(contents.onDemandFeatureViews),
    labelViews: own(contents.labelViews),
    featureServices: own(contents.featureServices),
    savedDatasets: own(contents.savedDatasets),
    validationReferences: own(contents.validationReferences),
    permissions: own(contents.permissions),
    projectMetadata: own(contents.projectMetadata),
    versionHistory: own(contents.versionHistory),
  }
}

/** The project that an object belongs to: a project belongs to itself. */
export function projectOf(kind: RegistryKind, object: Registered): string {
  return kind === 'projects' ? object.name : object.project
}

/** The objects of one kind and project, in stored order, whose tags hold every pair of `tags`. */
export function listObjects<K extends RegistryKind>(
  contents: RegistryContents,
  kind: K,
  project: string,
  options: { readonly tags?: Tags | undefined } = {},
): readonly RegistryObject<K>[] {
  const list: readonly RegistryObject<K>[] = contents[kind]
  return list.filter((object) => projectOf(kind, object) === project && hasTags(object, options.tags ?? {}))
}

/** True when the object has every one of the tags with the same value. */
export function hasTags(object: { readonly tags: Tags }, tags: Tags): boolean {
  return Object.entries(tags).every(([key, value]) => Object.hasOwn(object.tags, key) && object.tags[key] === value)
}

/** The object of that kind and name, or undefined. Constant time after the first look at a list. */
export function findObject<K extends RegistryKind>(
  contents: RegistryContents,
  kind: K,
  project: string,
  name: string,
): RegistryObject<K> | undefined {
  const list: readonly RegistryObject<K>[] = contents[kind]
  return indexOf(kind, list).get(project)?.get(name)
}

/** The object of that kind and name. @throws FTS3101 … FTS3108 when there is none, with the nearest name. */
export function getObject<K extends RegistryKind>(
  contents: RegistryContents,
  kind: K,
  project: string,
  name: string,
): RegistryObject<K> {
  const found = findObject(contents, kind, project, name)
  if (found !== undefined) return found
  const names = kind === 'projects' ? contents.projects.map((each) => each.name) : namesOf(contents, [kind], project)
  throw notFound(kind, registryKinds[kind], project, name, names)
}

/** @throws FTS3101 */
export function getProject(contents: RegistryContents, name: string): Project {
  return getObject(contents, 'projects', name, name)
}

/** @throws FTS3102 */
export function getEntity(contents: RegistryContents, project: string, name: string): Entity {
  return getObject(contents, 'entities', project, name)
}

/** @throws FTS3103 */
export function getDataSource(contents: RegistryContents, project: string, name: string): DataSource {
  return getObject(contents, 'dataSources', project, name)
}

/** A view with values of its own: a feature view or a stream feature view. @throws FTS3104 */
export function getFeatureView(contents: RegistryContents, project: string, name: string): StoredFeatureView {
  const found =
    findObject(contents, 'featureViews', project, name) ?? findObject(contents, 'streamFeatureViews', project, name)
  if (found !== undefined) return found
  const names = namesOf(contents, ['featureViews', 'streamFeatureViews'], project)
  throw notFound('featureViews', registryKinds.featureViews, project, name, names)
}

/** @throws FTS3104 */
export function getStreamFeatureView(contents: RegistryContents, project: string, name: string): StreamFeatureView {
  return getObject(contents, 'streamFeatureViews', project, name)
}

/** @throws FTS3104 */
export function getOnDemandFeatureView(contents: RegistryContents, project: string, name: string): OnDemandFeatureView {
  return getObject(contents, 'onDemandFeatureViews', project, name)
}

/** @throws FTS3104 */
export function getLabelView(contents: RegistryContents, project: string, name: string): LabelView {
  return getObject(contents, 'labelViews', project, name)
}

/** The view of any kind with that name, or undefined. Names of views are unique over the kinds. */
export function findAnyFeatureView(
  contents: RegistryContents,
  project: string,
  name: string,
): AnyFeatureView | undefined {
  for (const kind of viewKinds) {
    const found = findObject(contents, kind, project, name)
    if (found !== undefined) return found
  }
  return undefined
}

/** A view of any kind. @throws FTS3104 */
export function getAnyFeatureView(contents: RegistryContents, project: string, name: string): AnyFeatureView {
  const found = findAnyFeatureView(contents, project, name)
  if (found !== undefined) return found
  const isService = findObject(contents, 'featureServices', project, name) !== undefined
  const notes = isService ? [`"${name}" is a feature service; name its views: feast feature-services list`] : []
  const names = namesOf(contents, viewKinds, project)
  throw notFound('featureViews', registryKinds.featureViews, project, name, names, notes)
}

/** @throws FTS3105 */
export function getFeatureService(contents: RegistryContents, project: string, name: string): FeatureService {
  return getObject(contents, 'featureServices', project, name)
}

/** @throws FTS3106 */
export function getSavedDataset(contents: RegistryContents, project: string, name: string): SavedDataset {
  return getObject(contents, 'savedDatasets', project, name)
}

/** @throws FTS3107 */
export function getValidationReference(contents: RegistryContents, project: string, name: string): ValidationReference {
  return getObject(contents, 'validationReferences', project, name)
}

/** @throws FTS3108 */
export function getPermission(contents: RegistryContents, project: string, name: string): Permission {
  return getObject(contents, 'permissions', project, name)
}

const indexes = new WeakMap<readonly Registered[], Map<string, Map<string, Registered>>>()

function indexOf<T extends Registered>(kind: RegistryKind, list: readonly T[]): Map<string, Map<string, T>> {
  const known = indexes.get(list)
  // A list is only ever indexed by this function, so its index holds elements of the list.
  if (known !== undefined) return known as Map<string, Map<string, T>>
  const index = new Map<string, Map<string, T>>()
  for (const object of list) {
    const project = projectOf(kind, object)
    const byName = index.get(project) ?? new Map<string, T>()
    index.set(project, byName)
    if (!byName.has(object.name)) byName.set(object.name, object)
  }
  indexes.set(list, index)
  return index
}

function namesOf(contents: RegistryContents, kinds: readonly RegistryKind[], project: string): readonly string[] {
  return kinds.flatMap((kind) => listObjects(contents, kind, project).map((object) => object.name))
}

function notFound(
  kind: RegistryKind,
  word: string,
  project: string,
  name: string,
  candidates: readonly string[],
  notes: readonly string[] = [],
): FeatureStoreError {
  const shown = [...candidates].filter((each) => each !== dummyEntityName).sort()
  const place = kind === 'projects' ? 'the registry' : `project "${project}"`
  return new FeatureStoreError(notFoundCode[kind], {
    message: `There is no ${word} "${name}" in ${place}.${suggestion(name, candidates)}`,
    hint: suggestionHint(name, candidates),
    notes: [
      ...notes,
      shown.length === 0
        ? `${place} has no ${word}`
        : `${place} has: ${shown.slice(0, 20).join(', ')}${shown.length > 20 ? ` and ${shown.length - 20} more` : ''}`,
    ],
  })
}
