import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestion, suggestionHint } from '../base/suggest.ts'
import type { Definition, Definitions } from '../model/definitions.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import { placeOfName } from './place.ts'

/**
 * Follows every name in collected definitions.
 * @throws FTS2014 for an entity or view that nothing defines, FTS2104 for an unknown feature, FTS2106 for a circle.
 */
export function checkReferences(definitions: Definitions, partial: boolean): void {
  const check = new ReferenceCheck(definitions, partial)
  for (const view of check.views.values()) {
    for (const entity of view.entities) check.requireEntity(view, entity)
    for (const name of viewsReadBy(view)) check.requireView(view, name)
  }
  for (const view of definitions.onDemandFeatureViews) {
    for (const source of Object.values(view.sources)) {
      if (source.kind === 'view') check.requireFeatures(view, source.projection)
    }
  }
  for (const service of definitions.featureServices) {
    for (const projection of service.projections) check.requireFeatures(service, projection)
  }
  check.refuseCircles()
}

/** Names of the views that a view is computed from. */
function viewsReadBy(view: AnyFeatureView): readonly string[] {
  if (view.kind === 'featureView') return view.sourceViews
  if (view.kind !== 'onDemandFeatureView') return []
  return Object.values(view.sources).flatMap((source) => (source.kind === 'view' ? [source.projection.viewName] : []))
}

class ReferenceCheck {
  readonly views: ReadonlyMap<string, AnyFeatureView>
  readonly #definitions: Definitions
  readonly #partial: boolean
  readonly #entities: ReadonlySet<string>

  constructor(definitions: Definitions, partial: boolean) {
    this.#definitions = definitions
    this.#partial = partial
    this.#entities = new Set(definitions.entities.map((entity) => entity.name))
    const { featureViews, streamFeatureViews, onDemandFeatureViews, labelViews } = definitions
    const views = [...featureViews, ...streamFeatureViews, ...onDemandFeatureViews, ...labelViews]
    this.views = new Map(views.map((view) => [view.name, view]))
  }

  requireEntity(user: Definition, name: string): void {
    if (!this.#entities.has(name)) this.#refuseUnknown(user, 'entity', name, this.#entities)
  }

  requireView(user: Definition, name: string): AnyFeatureView | undefined {
    const view = this.views.get(name)
    if (view === undefined) this.#refuseUnknown(user, 'view', name, this.views.keys())
    return view
  }

  /** A pinned version and a view without a schema are checked at apply, when their features are known. */
  requireFeatures(user: Definition, projection: FeatureViewProjection): void {
    const view = this.requireView(user, projection.viewName)
    if (view === undefined || view.features.length === 0 || projection.version !== null) return
    const known = view.features.map((feature) => feature.name)
    const unknown = projection.features.find((feature) => !known.includes(feature.name))
    if (unknown === undefined) return
    throw new FeatureStoreError('FTS2104', {
      message: `${title(user)} asks the view "${view.name}" for a feature "${unknown.name}" that it does not have.`,
      where: this.#placeIn(user, `${view.name}:${unknown.name}`),
      hint: suggestionHint(unknown.name, known),
      notes: [`features of ${view.name}: ${known.join(', ')}`],
      field: 'features',
    })
  }

  refuseCircles(): void {
    const done = new Set<string>()
    const walk = (name: string, path: readonly string[]): void => {
      if (done.has(name)) return
      const view = this.views.get(name)
      if (view === undefined) return
      if (path.includes(name)) {
        const circle = [...path.slice(path.indexOf(name)), name]
        throw new FeatureStoreError('FTS2106', {
          message: `Views need each other in a circle: ${circle.join(' → ')}.`,
          where: this.#definitions.places.get(view),
        })
      }
      for (const needed of viewsReadBy(view)) walk(needed, [...path, name])
      done.add(name)
    }
    for (const name of this.views.keys()) walk(name, [])
  }

  #refuseUnknown(user: Definition, what: string, name: string, known: Iterable<string>): void {
    if (this.#partial) return
    const names = [...known]
    throw new FeatureStoreError('FTS2014', {
      message: `${title(user)} refers to the ${what} "${name}", which is not defined.${suggestion(name, names)}`,
      where: this.#placeIn(user, name),
      hint: suggestionHint(name, names),
      notes: names.length === 0 ? [`the repository defines no ${what}`] : [`defined: ${names.join(', ')}`],
    })
  }

  #placeIn(user: Definition, name: string): FeatureStoreError['where'] {
    const place = this.#definitions.places.get(user)
    return place === undefined ? undefined : placeOfName(place, name)
  }
}

const titles: Readonly<Record<string, string>> = {
  featureView: 'The feature view',
  streamFeatureView: 'The stream feature view',
  onDemandFeatureView: 'The on-demand feature view',
  labelView: 'The label view',
  featureService: 'The feature service',
}

function title(definition: Definition): string {
  return `${titles[definition.kind] ?? 'The definition'} "${definition.name}"`
}
