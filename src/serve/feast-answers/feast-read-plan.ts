import type { FeatureStoreConfig } from '../../config/feature-store-config.ts'
import { dummyEntityName, dummyJoinKey } from '../../model/entity.ts'
import type { AnyFeatureView, OnDemandFeatureView } from '../../model/feature-view.ts'
import { projectedName } from '../../model/feature-view-projection.ts'
import type { RegistryContents } from '../../model/registry-contents.ts'
import type { OnlineTable } from '../../plugin/online-store.ts'
import { findObject, listObjects } from '../../registry/lookup.ts'
import { resolveFeatures } from '../../registry/resolve-features.ts'
import type { ResolvedFeatures } from '../../registry/resolved-features.ts'
import { featureViewVersion } from '../../registry/view-version.ts'
import { onlineTable } from '../../store/online-tables.ts'
import { readSettings } from '../../store/read-settings.ts'
import type { DataType } from '../../types/data-type.ts'
import { classError, feastClasses, plainError } from './feast-errors.ts'

/** A feature that a request names, as Feast takes its reference apart. */
interface Reference {
  readonly text: string
  readonly view: string
  readonly version: number | null
  readonly feature: string
}

/** One view as a request uses it. */
interface UsedView {
  /** Alias or name, with `@vN` when a version was asked for: what full names of features begin with. */
  readonly name: string
  /** Without the version. */
  readonly plainName: string
  readonly view: AnyFeatureView
  readonly version: number | null
  readonly joinKeyMap: Readonly<Record<string, string>>
  /** Names of features that can be asked for. */
  readonly features: ReadonlySet<string>
}

/** What is read from one table. */
export interface FeastTableRead {
  readonly used: UsedView
  readonly table: OnlineTable
  readonly features: readonly string[]
  /** Join keys of the view; the dummy key for one without entities. */
  readonly joinKeys: readonly string[]
}

/** What Feast finds out about a request before it looks at the entity rows. */
export interface FeastReadPlan {
  readonly reads: readonly FeastTableRead[]
  /** Names of feature columns that are answered; others were only read for on-demand views. */
  readonly answered: ReadonlySet<string>
  /** Join key, or column of a renamed one, by its own name and by the name of its entity. */
  readonly joinKeyOf: ReadonlyMap<string, string>
  readonly joinKeys: ReadonlySet<string>
  readonly typeOfKey: ReadonlyMap<string, DataType>
  readonly hasEntityless: boolean
  readonly requestFields: ReadonlySet<string>
  /** The on-demand views to run, in order; null when there are none. */
  readonly onDemand: ResolvedFeatures | null
  readonly fullFeatureNames: boolean
}

/** What was asked for: references, or the name of a feature service. */
export type FeastSelection = { readonly references: readonly string[] } | { readonly service: string }

/**
 * Looks names up in Feast's order, so that of several faults the one is answered that Feast answers.
 * @throws for what Feast refuses; see `feast-errors.ts`.
 */
export function planFeastRead(
  contents: RegistryContents,
  project: string,
  config: FeatureStoreConfig,
  selection: FeastSelection,
  fullFeatureNames: boolean,
): FeastReadPlan {
  const scope: Scope = { contents, project, settings: readSettings(config) }
  const texts = 'service' in selection ? serviceReferences(scope, selection.service) : selection.references
  if (texts.length === 0 && 'references' in selection) throw plainError('FTS2102', 'The request names no feature.')
  const references = texts.map(parseReference)
  const used = 'service' in selection ? serviceViews(scope, selection.service) : referencedViews(scope, references)
  const onDemand = used.filter(({ view }) => view.kind === 'onDemandFeatureView')
  const sources = onDemand.flatMap(({ view }) => sourcesOf(scope, view as OnDemandFeatureView))
  const keys = keysOf(scope, [...used.filter(({ view }) => view.kind !== 'onDemandFeatureView'), ...sources])
  refuseCollisions(references, fullFeatureNames)
  const grouped = groupReferences(references, used, sources)
  const computed = onDemand.filter(({ view }) => !isWritten(view))
  return {
    ...keys,
    fullFeatureNames,
    reads: [...grouped].map(([view, features]) => tableRead(scope, view, [...features])),
    answered: new Set(references.map((reference) => columnName(reference, fullFeatureNames))),
    hasEntityless: [...grouped.keys()].some(({ view }) => isEntityless(view)),
    requestFields: new Set(computed.flatMap(({ view }) => requestFieldsOf(view as OnDemandFeatureView))),
    onDemand: computed.length === 0 ? null : resolveComputed(scope, config, computed, references, fullFeatureNames),
  }
}

interface Scope {
  readonly contents: RegistryContents
  readonly project: string
  readonly settings: ReturnType<typeof readSettings>
}

function parseReference(text: string): Reference {
  const colon = text.indexOf(':')
  if (colon < 0) throw plainError('FTS2101', `"${text}" is no reference: a colon and a feature are missing.`)
  const viewPart = text.slice(0, colon)
  const at = viewPart.indexOf('@')
  const tag = at < 0 ? null : viewPart.slice(at + 1)
  const number = tag === null ? null : /^[vV](\d+)$/.exec(tag)
  const isTag = tag === '' || tag?.toLowerCase() === 'latest' || number !== null
  return {
    text,
    view: isTag ? viewPart.slice(0, at) : viewPart,
    version: number === null ? null : Number(number[1]),
    feature: text.slice(colon + 1),
  }
}

const versioned = (name: string, version: number | null): string => (version === null ? name : `${name}@v${version}`)

function columnName({ view, version, feature }: Reference, fullFeatureNames: boolean): string {
  return fullFeatureNames ? `${versioned(view, version)}__${feature}` : feature
}

function serviceOf({ contents, project }: Scope, name: string): NonNullable<ReturnType<typeof foundService>> {
  const service = foundService(contents, project, name)
  if (service !== undefined) return service
  throw classError(feastClasses.featureServiceNotFound, `Feature service ${name} does not exist in project ${project}`)
}

const foundService = (contents: RegistryContents, project: string, name: string) =>
  findObject(contents, 'featureServices', project, name)

function serviceReferences(scope: Scope, name: string): readonly string[] {
  return serviceOf(scope, name).projections.flatMap((projection) =>
    projection.features.map((field) => `${versioned(projectedName(projection), projection.version)}:${field.name}`),
  )
}

function serviceViews(scope: Scope, name: string): readonly UsedView[] {
  return serviceOf(scope, name).projections.map((projection) => {
    const plainName = projectedName(projection)
    return {
      name: versioned(plainName, projection.version),
      plainName,
      view: servedView(scope, projection.viewName, projection.version),
      version: projection.version,
      joinKeyMap: projection.joinKeyMap,
      features: new Set(projection.features.map((field) => field.name)),
    }
  })
}

function referencedViews(scope: Scope, references: readonly Reference[]): readonly UsedView[] {
  const byName = new Map(references.map((reference) => [versioned(reference.view, reference.version), reference]))
  return [...byName].map(([name, { view: plainName, version }]) => {
    const view = servedView(scope, plainName, version)
    return { name, plainName, view, version, joinKeyMap: {}, features: featureNames(view) }
  })
}

const featureNames = (view: AnyFeatureView): ReadonlySet<string> => new Set(view.features.map((field) => field.name))

const viewLists = ['featureViews', 'onDemandFeatureViews', 'streamFeatureViews', 'labelViews'] as const

/** The view of a name, whatever its kind; undefined when there is none. */
export function findView(contents: RegistryContents, project: string, name: string): AnyFeatureView | undefined {
  for (const list of viewLists) {
    const view = findObject(contents, list, project, name)
    if (view !== undefined) return view
  }
  return undefined
}

function servedView(scope: Scope, name: string, version: number | null): AnyFeatureView {
  const view = version === null ? currentView(scope, name) : versionOf(scope, name, version)
  if (!view.enabled) throw plainError('FTS2103', `The feature view "${name}" is disabled.`)
  if (!('state' in view) || view.state === 'UNSPECIFIED' || view.state === 'AVAILABLE_ONLINE') return view
  if (view.state === 'MATERIALIZING' && scope.settings.serveWhileMaterializing) return view
  throw plainError('FTS2103', `The feature view "${name}" is in state ${view.state}.`)
}

function currentView({ contents, project }: Scope, name: string): AnyFeatureView {
  const view = findView(contents, project, name)
  if (view !== undefined) return view
  throw viewNotFound(name, project)
}

/** The error for a view that is not there. */
export function viewNotFound(name: string, project: string): ReturnType<typeof classError> {
  return classError(feastClasses.featureViewNotFound, `Feature view ${name} does not exist in project ${project}`)
}

function versionOf({ contents, project, settings }: Scope, name: string, version: number): AnyFeatureView {
  if (!settings.versions) throw plainError('FTS2108', `"${name}@v${version}": reading by version is switched off.`)
  return viewOfVersion(contents, project, name, version)
}

/** The view as it was in a version. @throws for a version that the registry does not hold, and for an unknown view. */
export function viewOfVersion(
  contents: RegistryContents,
  project: string,
  name: string,
  version: number,
): AnyFeatureView {
  try {
    return featureViewVersion(contents, project, name, version, true)
  } catch {
    const message = `Version v${version} of feature view ${name} does not exist in project ${project}`
    throw classError(feastClasses.versionNotFound, message)
  }
}

const isWritten = (view: AnyFeatureView): boolean => view.kind === 'onDemandFeatureView' && view.writeToOnlineStore

const isEntityless = (view: AnyFeatureView): boolean =>
  view.entities.length === 0 || view.entities[0] === dummyEntityName

/** The stored views that an on-demand view reads, with the features that it reads. */
function sourcesOf(scope: Scope, view: OnDemandFeatureView): readonly UsedView[] {
  return Object.values(view.sources).flatMap((source) => {
    if (source.kind === 'request') return []
    const { projection } = source
    const plainName = projectedName(projection)
    return {
      name: versioned(plainName, projection.version),
      plainName,
      view: currentView(scope, projection.viewName),
      version: projection.version,
      joinKeyMap: projection.joinKeyMap,
      features: new Set(projection.features.map((field) => field.name)),
    }
  })
}

function requestFieldsOf(view: OnDemandFeatureView): readonly string[] {
  return Object.values(view.sources).flatMap((source) =>
    source.kind === 'request' && source.source.kind === 'request'
      ? source.source.schema.map((field) => field.name)
      : [],
  )
}

/** Every join key of the project counts, not only those of the views that are read. */
function keysOf(
  { contents, project }: Scope,
  views: readonly UsedView[],
): Pick<FeastReadPlan, 'joinKeyOf' | 'joinKeys' | 'typeOfKey'> {
  const entities = new Map(listObjects(contents, 'entities', project).map((entity) => [entity.name, entity]))
  const joinKeyOf = new Map([...entities.values()].map((entity) => [entity.name, entity.joinKey]))
  const typeOfKey = new Map<string, DataType>()
  for (const { view, joinKeyMap } of views) {
    for (const name of view.entities) {
      if (name === dummyEntityName) continue
      const entity = entities.get(name)
      if (entity === undefined) {
        throw classError(feastClasses.entityNotFound, `Entity ${name} does not exist in project ${project}`)
      }
      const column = joinKeyMap[entity.joinKey]
      joinKeyOf.set(column ?? entity.name, column ?? entity.joinKey)
    }
    for (const field of view.entityColumns) typeOfKey.set(joinKeyMap[field.name] ?? field.name, field.type)
  }
  return { joinKeyOf, joinKeys: new Set(joinKeyOf.values()), typeOfKey }
}

function refuseCollisions(references: readonly Reference[], fullFeatureNames: boolean): void {
  const nameOf = ({ text, feature }: Reference): string => (fullFeatureNames ? text : feature)
  const counts = new Map<string, number>()
  for (const reference of references) counts.set(nameOf(reference), (counts.get(nameOf(reference)) ?? 0) + 1)
  const repeated = [...counts].flatMap(([name, count]) => (count > 1 ? [name.replaceAll(':', '__')] : []))
  if (repeated.length === 0) return
  // Clients of Feast show this text; what it advises holds for this server too.
  const advice = fullFeatureNames
    ? "To resolve this collision, please ensure that the feature views or their own features have different names. If you're intentionally joining the same feature view twice on different sets of entities, please rename one of the feature views with '.with_name'."
    : "To resolve this collision, either use the full feature name by setting 'full_feature_names=True', or ensure that the features in question have different names."
  throw classError(feastClasses.nameCollision, `Duplicate features named ${repeated.join(', ')} found.\n${advice}`)
}

/** The features to read by view, in the order of first mention; those that on-demand views need stand in their place. */
function groupReferences(
  references: readonly Reference[],
  used: readonly UsedView[],
  sources: readonly UsedView[],
): ReadonlyMap<UsedView, Set<string>> {
  const byName = new Map([...sources, ...used].map((each) => [each.name, each]))
  const grouped = new Map<UsedView, Set<string>>()
  const add = (view: UsedView, feature: string): void => {
    grouped.set(view, (grouped.get(view) ?? new Set()).add(feature))
  }
  for (const { view, version, feature } of references) {
    const name = versioned(view, version)
    const found = byName.get(name)
    if (found === undefined) throw classError(feastClasses.featureViewNotFound, `Feature view ${name} does not exist`)
    if (!found.features.has(feature) && !isWritten(found.view)) {
      throw plainError('FTS2104', `'Feature ${feature} not found in projection ${name}'`)
    }
    if (found.view.kind !== 'onDemandFeatureView' || isWritten(found.view)) add(found, feature)
    else for (const [source, inputs] of inputsOf(found.view, byName)) for (const input of inputs) add(source, input)
  }
  return grouped
}

function inputsOf(
  view: OnDemandFeatureView,
  byName: ReadonlyMap<string, UsedView>,
): readonly (readonly [UsedView, readonly string[]])[] {
  return Object.values(view.sources).flatMap((source) => {
    if (source.kind === 'request') return []
    const { projection } = source
    const found = byName.get(versioned(projectedName(projection), projection.version))
    return found === undefined ? [] : [[found, projection.features.map((field) => field.name)] as const]
  })
}

function tableRead(
  { contents, project, settings }: Scope,
  used: UsedView,
  features: readonly string[],
): FeastTableRead {
  const table = onlineTable(used.view, project, settings.versions)
  const version = used.version === null ? table.version : used.version > 0 ? used.version : null
  const joinKeys = isEntityless(used.view)
    ? [dummyJoinKey]
    : used.view.entities.flatMap((name) => findObject(contents, 'entities', project, name)?.joinKey ?? [])
  return { used, table: { ...table, version }, features, joinKeys }
}

function resolveComputed(
  { contents, project, settings }: Scope,
  config: FeatureStoreConfig,
  computed: readonly UsedView[],
  references: readonly Reference[],
  fullFeatureNames: boolean,
): ResolvedFeatures {
  const names = new Set(computed.map(({ name }) => name))
  const wanted = references.filter(({ view, version }) => names.has(versioned(view, version)))
  const selection = { kind: 'references', references: wanted.map(({ text }) => text) } as const
  return resolveFeatures(contents, project, selection, { ...settings, ...readSettings(config), fullFeatureNames })
}
