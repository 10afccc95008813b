import type { DataSource } from '../../model/data-source.ts'
import { dummyEntityName } from '../../model/entity.ts'
import type { AnyFeatureView, OnDemandFeatureView } from '../../model/feature-view.ts'
import type { Registered } from '../../model/registered.ts'
import { type RegistryContents, registryClasses, viewLists } from '../../model/registry-contents.ts'
import { hasTags, inProject } from '../../registry/lookup.ts'
import { permissionTypes } from '../../registry/permissions.ts'
import { formatDataType } from '../../types/data-type.ts'
import type { CommandContext } from '../command.ts'
import { classPath, valueTypeName } from '../feast-words.ts'
import { renderData, renderTable } from '../output.ts'
import { parseTags } from '../parse-tags.ts'

/** One line of a list: cells by column. The JSON form has the same keys in lower case. */
type Line = Readonly<Record<string, unknown>>

/** How a kind is listed: its objects, and the columns of one of them in Feast's order. */
interface Listing<T extends { readonly tags: Registered['tags'] }> {
  readonly objects: (contents: RegistryContents) => readonly T[]
  readonly line: (object: T) => Line
}

const listing = <T extends { readonly tags: Registered['tags'] }>(
  objects: Listing<T>['objects'],
  line: Listing<T>['line'],
): ((contents: RegistryContents, tags: Registered['tags']) => readonly Line[]) => {
  return (contents, tags) =>
    objects(contents)
      .filter((object) => hasTags(object, tags))
      .map(line)
}

interface ListedView {
  readonly tags: Registered['tags']
  readonly view: AnyFeatureView
  readonly entities: readonly string[]
}

/** Feature views, each with its entities; those of an on-demand view are the entities of the views that it reads. */
function featureViews(contents: RegistryContents): readonly ListedView[] {
  const stored = [...contents.featureViews, ...contents.streamFeatureViews]
  const read = (view: OnDemandFeatureView): readonly string[] =>
    Object.values(view.sources).flatMap((source) =>
      source.kind === 'view'
        ? stored.filter(({ name }) => name === source.projection.viewName).flatMap(entitiesOf)
        : [],
    )
  return [
    ...stored.map((view) => ({ tags: view.tags, view, entities: entitiesOf(view) })),
    ...contents.onDemandFeatureViews.map((view) => ({ tags: view.tags, view, entities: [...new Set(read(view))] })),
  ]
}

/** The stand-in for "none" is not an entity that anybody defined. */
const entitiesOf = (view: AnyFeatureView): readonly string[] => view.entities.filter((name) => name !== dummyEntityName)

const viewLine = ({ view, entities }: ListedView): Line => ({
  NAME: view.name,
  ENTITIES: entities,
  TYPE: registryClasses[viewLists[view.kind]],
  ENABLED: view.enabled,
  STATE: view.state === 'UNSPECIFIED' ? 'STATE_UNSPECIFIED' : view.state,
})

interface FeatureLine {
  readonly tags: Registered['tags']
  readonly feature: string
  readonly view: string
  readonly type: string
}

const named = ({ name, description }: Registered): Line => ({ NAME: name, DESCRIPTION: description })

const listings: Readonly<Record<string, (contents: RegistryContents, tags: Registered['tags']) => readonly Line[]>> = {
  entities: listing(
    ({ entities }) => entities.filter((entity) => entity.name !== dummyEntityName),
    (entity) => ({ ...named(entity), TYPE: `ValueType.${valueTypeName(entity.type)}`, JOIN_KEY: entity.joinKey }),
  ),
  'data-sources': listing(
    ({ dataSources }) => dataSources,
    (source: DataSource) => ({ NAME: source.name, CLASS: classPath(source) }),
  ),
  'feature-views': listing(featureViews, viewLine),
  'on-demand-feature-views': listing((contents) => contents.onDemandFeatureViews, named),
  'stream-feature-views': listing((contents) => contents.streamFeatureViews, named),
  'label-views': listing(
    ({ labelViews }) => labelViews,
    (view) => ({ NAME: view.name, ENTITIES: entitiesOf(view), CONFLICT_POLICY: view.conflictPolicy.toLowerCase() }),
  ),
  'feature-services': listing(
    ({ featureServices }) => featureServices,
    (service) => ({
      NAME: service.name,
      FEATURES: service.projections.flatMap((projection) =>
        projection.features.map((feature) => `${projection.alias || projection.viewName}:${feature.name}`),
      ),
    }),
  ),
  features: listing(
    (contents) =>
      [...contents.featureViews, ...contents.streamFeatureViews, ...contents.onDemandFeatureViews].flatMap((view) =>
        view.features.map(
          (field): FeatureLine => ({
            tags: { ...view.tags, ...field.tags },
            feature: field.name,
            view: view.name,
            type: formatDataType(field.type),
          }),
        ),
      ),
    (line) => ({ Feature: line.feature, 'Feature View': line.view, 'Data Type': line.type }),
  ),
  'saved-datasets': listing(
    ({ savedDatasets }) => savedDatasets,
    (dataset) => ({ NAME: dataset.name, FEATURES: dataset.features }),
  ),
  'validation-references': listing(
    ({ validationReferences }) => validationReferences,
    (reference) => ({ NAME: reference.name, DATASET: reference.savedDatasetName }),
  ),
  projects: listing(
    ({ projects }) => projects,
    (project) => ({ ...named(project), TAGS: project.tags, OWNER: project.owner }),
  ),
  permissions: listing(
    ({ permissions }) => permissions,
    (permission) => ({
      NAME: permission.name,
      TYPES: permission.types.map((type) => permissionTypes[type]?.type ?? type),
      NAME_PATTERNS: permission.namePatterns,
      ACTIONS: permission.actions,
      ROLES: permission.policy?.kind === 'role' ? permission.policy.roles : [],
      REQUIRED_TAGS: permission.requiredTags,
    }),
  ),
}

/** Columns of a list without rows. */
const emptyHeadings: Readonly<Record<string, readonly string[]>> = {
  entities: ['NAME', 'DESCRIPTION', 'TYPE', 'JOIN_KEY'],
  'data-sources': ['NAME', 'CLASS'],
  'feature-views': ['NAME', 'ENTITIES', 'TYPE', 'ENABLED', 'STATE'],
  'label-views': ['NAME', 'ENTITIES', 'CONFLICT_POLICY'],
  'feature-services': ['NAME', 'FEATURES'],
  features: ['Feature', 'Feature View', 'Data Type'],
  'saved-datasets': ['NAME', 'FEATURES'],
  'validation-references': ['NAME', 'DATASET'],
  projects: ['NAME', 'DESCRIPTION', 'TAGS', 'OWNER'],
  permissions: ['NAME', 'TYPES', 'NAME_PATTERNS', 'ACTIONS', 'ROLES', 'REQUIRED_TAGS'],
}

/** JSON keys that differ from the heading in lower case; Feast's own names. */
const jsonNames: Readonly<Record<string, string>> = {
  Feature: 'feature_name',
  'Feature View': 'feature_view',
  'Data Type': 'dtype',
}

export async function run(command: CommandContext): Promise<void> {
  const [kind = ''] = command.path.split(' ')
  if (kind === 'permissions' && command.options.flag('verbose')) {
    const { run: printTree } = await import('./permissions-tree.ts')
    return printTree(command)
  }
  const tags = parseTags(command.options.list('tags'))
  const { project, contents } = await command.registry()
  const shown = kind === 'projects' ? contents : inProject(contents, project)
  const lines = listings[kind]?.(shown, tags) ?? []
  const { output = 'table' } = command.globals
  if (output !== 'table') {
    command.print(await renderData(lines.map(jsonLine), output))
    return
  }
  const headings = lines[0] === undefined ? (emptyHeadings[kind] ?? ['NAME', 'DESCRIPTION']) : Object.keys(lines[0])
  const columns = headings.map((heading) => [heading, (line: Line) => cell(line[heading])] as const)
  command.print(renderTable(lines, columns, command.terminal.stdout))
}

const jsonLine = (line: Line): Line =>
  Object.fromEntries(Object.entries(line).map(([key, value]) => [jsonNames[key] ?? key.toLowerCase(), value]))

function cell(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '')
}
