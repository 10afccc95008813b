import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestion } from '../base/suggest.ts'
import { projectedSource } from '../define/selection.ts'
import { batchSourceOf, type DataSource } from '../model/data-source.ts'
import type { Definitions } from '../model/definitions.ts'
import { dummyEntityName } from '../model/entity.ts'
import type { AnyFeatureView, OnDemandFeatureView } from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import type { Project } from '../model/project.ts'
import { type RegistryContents, viewKinds } from '../model/registry-contents.ts'
import type { SourceColumn } from '../plugin/offline-store.ts'
import { type DesiredObjects, definedKinds } from '../registry/kinds.ts'
import { findAnyFeatureView, listObjects } from '../registry/lookup.ts'
import { restoreVersion, versionsOf } from '../registry/versions.ts'
import { type InferenceContext, inferTimestampField, inferView } from './infer-schema.ts'
import { type PlaceOf, placesOf } from './places.ts'
import { refuseConflictingViews, refuseRepeatedSources } from './refuse-conflicts.ts'

export interface CompletionOptions {
  readonly project: string
  readonly projectDescription: string
  /** True when objects that are not mentioned stay, and may be referred to. */
  readonly partial: boolean
  readonly registered: RegistryContents
  readonly columns: (source: DataSource) => Promise<readonly SourceColumn[]>
}

/**
 * What the registry should hold for a set of definitions: the project, all sources with those inside other sources,
 * every schema and type inferred, on-demand views and services with the features they take frozen into them.
 * @throws FTS3301 … FTS3311 for definitions that do not fit together, FTS2104 for an unknown feature.
 */
export async function completeDefinitions(
  definitions: Definitions,
  options: CompletionOptions,
): Promise<DesiredObjects> {
  const context = inferenceContext(definitions, options)
  const sources = await completeSources(definitions, context)
  const complete = (source: DataSource | null): DataSource | null =>
    source === null ? null : (sources.get(source.name) ?? source)
  const featureViews = []
  for (const view of definitions.featureViews) featureViews.push(await inferView(sourced(view, complete), context))
  const streamFeatureViews = []
  for (const view of definitions.streamFeatureViews) {
    streamFeatureViews.push(await inferView(sourced(view, complete), context))
  }
  const labelViews = []
  for (const view of definitions.labelViews) {
    labelViews.push(await inferView({ ...view, source: complete(view.source) }, context))
  }
  const freezer = new Freezer(definitions, options, [...featureViews, ...streamFeatureViews, ...labelViews])
  const onDemandFeatureViews = definitions.onDemandFeatureViews.map((view) => freezer.onDemandView(view, complete))
  const featureServices = definitions.featureServices.map((service) => ({
    ...service,
    projections: service.projections.map((each) =>
      freezer.projection(each, `Feature service "${service.name}"`, service),
    ),
  }))
  const desired: DesiredObjects = {
    projects: desiredProjects(definitions, options),
    dataSources: [...sources.values()],
    entities: definitions.entities,
    featureViews,
    streamFeatureViews,
    onDemandFeatureViews,
    labelViews,
    featureServices,
    permissions: definitions.permissions,
  }
  return inProject(desired, options.project)
}

/** Names the project in every object, so that a plan carries whole objects. */
function inProject(desired: DesiredObjects, project: string): DesiredObjects {
  const entries = definedKinds.map((kind) => [kind, desired[kind].map((object) => ({ ...object, project }))])
  return Object.fromEntries(entries) as DesiredObjects
}

function inferenceContext(definitions: Definitions, options: CompletionOptions): InferenceContext {
  const kept = options.partial ? listObjects(options.registered, 'entities', options.project) : []
  const entities = [...kept.filter((entity) => entity.name !== dummyEntityName), ...definitions.entities]
  const read = new Map<string, Promise<readonly SourceColumn[]>>()
  refuseConflictingViews(definitions, options)
  return {
    entities: new Map(entities.map((entity) => [entity.name, entity])),
    place: placesOf(definitions),
    columns: (source) => {
      const columns = read.get(source.name) ?? options.columns(source)
      read.set(source.name, columns)
      return columns
    },
  }
}

/** Every source by name, those inside other objects included, with its event time column. */
async function completeSources(
  definitions: Definitions,
  context: InferenceContext,
): Promise<ReadonlyMap<string, DataSource>> {
  const found = collectSources(definitions)
  refuseRepeatedSources(found, context.place)
  const complete = new Map<string, DataSource>()
  for (const source of found) {
    if (!complete.has(source.name)) complete.set(source.name, await inferTimestampField(source, context))
  }
  return complete
}

function collectSources(definitions: Definitions): readonly DataSource[] {
  const found: DataSource[] = []
  const add = (source: DataSource | null): void => {
    if (source === null || source.name === '') return
    const batch = batchSourceOf(source)
    found.push(source)
    if (batch !== source) add(batch)
  }
  for (const source of definitions.dataSources) add(source)
  for (const view of [...definitions.featureViews, ...definitions.streamFeatureViews]) {
    add(view.batchSource)
    add(view.streamSource)
  }
  for (const view of definitions.labelViews) add(view.source)
  for (const view of definitions.onDemandFeatureViews) {
    for (const source of Object.values(view.sources)) if (source.kind === 'request') add(source.source)
  }
  return found
}

/** A view whose sources are the completed ones; nameless sources are completed where they stand. */
function sourced<T extends { readonly batchSource: DataSource | null; readonly streamSource: DataSource | null }>(
  view: T,
  complete: (source: DataSource | null) => DataSource | null,
): T {
  return { ...view, batchSource: complete(view.batchSource), streamSource: complete(view.streamSource) }
}

function desiredProjects(definitions: Definitions, options: CompletionOptions): readonly Project[] {
  const [declared] = definitions.projects
  if (declared === undefined) {
    const registered = options.registered.projects.some((each) => each.name === options.project)
    if (options.partial && registered) return []
    const name = options.project
    const made = { kind: 'project', name, project: name, description: options.projectDescription } as const
    return [{ ...made, tags: {}, owner: '' }]
  }
  const wrong = definitions.projects.find((each) => each.name !== options.project) ?? definitions.projects[1]
  if (wrong === undefined) return [declared]
  throw new FeatureStoreError('FTS3303', {
    message: `The repository defines project "${wrong.name}", and feature_store.yaml says project "${options.project}".`,
    where: placesOf(definitions)(wrong),
    field: 'project',
  })
}

type Placed = Parameters<PlaceOf>[0]

/** Writes into services and on-demand views the features that they take, as the registry will have them. */
class Freezer {
  readonly #place: PlaceOf
  readonly #options: CompletionOptions
  readonly #views = new Map<string, AnyFeatureView>()

  constructor(definitions: Definitions, options: CompletionOptions, views: readonly AnyFeatureView[]) {
    this.#place = placesOf(definitions)
    this.#options = options
    for (const view of definitions.onDemandFeatureViews) this.#views.set(view.name, view)
    for (const view of views) this.#views.set(view.name, view)
  }

  onDemandView(
    view: OnDemandFeatureView,
    complete: (source: DataSource | null) => DataSource | null,
  ): OnDemandFeatureView {
    const label = `On-demand feature view "${view.name}"`
    const sources = Object.entries(view.sources).map(([name, source]) => [
      name,
      source.kind === 'view'
        ? { ...source, projection: this.projection(source.projection, label, view) }
        : { ...source, source: complete(source.source) ?? source.source },
    ])
    return { ...view, sources: Object.fromEntries(sources) }
  }

  /** No features selected means all of the view's. */
  projection(projection: FeatureViewProjection, user: string, place: Placed): FeatureViewProjection {
    const view = this.#atVersion(this.#view(projection.viewName, user, place), projection.version)
    const names = projection.features.map((field) => field.name)
    const features = names.length === 0 ? view.features : names.map((name) => this.#feature(view, name, user, place))
    return { ...projection, ...projectedSource(view), features }
  }

  /** A projection of an earlier version takes the features that the view had then. */
  #atVersion(view: AnyFeatureView, version: number | null): AnyFeatureView {
    if (version === null) return view
    const { project, registered } = this.#options
    const record = versionsOf(registered, project, view.name).find((each) => each.version === version)
    return (record === undefined ? undefined : restoreVersion(view.kind, record)) ?? view
  }

  #view(name: string, user: string, place: Placed): AnyFeatureView {
    const { project, registered, partial } = this.#options
    const kept = partial ? findAnyFeatureView(registered, project, name) : undefined
    const view = this.#views.get(name) ?? kept
    if (view !== undefined) return view
    const known = new Set(this.#views.keys())
    for (const kind of partial ? viewKinds : []) {
      for (const each of listObjects(registered, kind, project)) known.add(each.name)
    }
    throw new FeatureStoreError('FTS3310', {
      message: `${user} refers to view "${name}", which is not defined.${suggestion(name, known)}`,
      where: this.#place(place),
      notes: [known.size === 0 ? 'there is no view' : `views: ${[...known].join(', ')}`],
    })
  }

  #feature(view: AnyFeatureView, name: string, user: string, place: Placed): AnyFeatureView['features'][number] {
    const found = view.features.find((field) => field.name === name)
    if (found !== undefined) return found
    const names = view.features.map((field) => field.name)
    throw new FeatureStoreError('FTS2104', {
      message: `${user} takes feature "${name}" of view "${view.name}", which has no such feature.${suggestion(name, names)}`,
      where: this.#place(place),
      notes: [`the view has: ${names.join(', ')}`],
    })
  }
}
