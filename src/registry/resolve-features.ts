import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestion } from '../base/suggest.ts'
import type { OnDemandFeatureView, StoredFeatureView } from '../model/feature-view.ts'
import type { Field } from '../model/field.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { joinKeyFields } from './join-keys.ts'
import {
  byProjection,
  isOnDemand,
  isStored,
  type LookupScope,
  type ReadSettings,
  type RequestedView,
  requestedViews,
} from './requested-views.ts'
import type {
  FeatureSelection,
  ResolvedFeature,
  ResolvedFeatures,
  ResolvedOnDemandSource,
  ResolvedOnDemandView,
  ResolvedView,
} from './resolved-features.ts'

export interface ResolveOptions extends ReadSettings {
  /** Columns are named `view__feature`, not `feature`. */
  readonly fullFeatureNames: boolean
}

/**
 * Looks up every name of a request. Views come in order of first mention, their features in requested order; then the
 * outputs of on-demand views, each view in order of first mention. What only an on-demand view needs is read as well
 * but has no column in the result.
 * @throws FTS2101 for a malformed reference, FTS2102 for an empty request, FTS2103 for a view that does not serve,
 * FTS2104 for an unknown feature, FTS2105 when names collide, FTS2106 for a cycle, FTS2107 for a mapping of an unknown
 * join key, FTS2108 for a version, FTS3104 and FTS3105 for an unknown view or feature service.
 */
export function resolveFeatures(
  contents: RegistryContents,
  project: string,
  selection: FeatureSelection,
  options: ResolveOptions,
): ResolvedFeatures {
  const scope = { contents, project, settings: options }
  const mentions = requestedViews(scope, selection)
  refuseCollisions(mentions, options.fullFeatureNames)
  const resolution = new Resolution(scope, options.fullFeatureNames)
  for (const mention of mentions.filter(isStored)) resolution.stored(mention, true)
  const onDemand = mentions.filter(isOnDemand)
  for (const mention of onDemand) resolution.onDemand(mention, true, [])
  return resolution.finish([...new Set(onDemand.map((mention) => mention.name))])
}

/** A resolved view whose features are still being collected. */
interface Draft<V> {
  readonly view: V
  /** The list in `view`, filled at the end. */
  readonly features: ResolvedFeature[]
  readonly requested: Map<string, ResolvedFeature>
  readonly implied: Map<string, ResolvedFeature>
}

/** Collects views while the mentions of a request are walked. */
class Resolution {
  readonly #scope: LookupScope
  readonly #fullNames: boolean
  readonly #storedViews = new Map<string, Draft<ResolvedView>>()
  readonly #onDemandViews = new Map<string, Draft<ResolvedOnDemandView>>()
  readonly #requestFields = new Map<string, Field>()

  constructor(scope: LookupScope, fullNames: boolean) {
    this.#scope = scope
    this.#fullNames = fullNames
  }

  stored(mention: RequestedView<StoredFeatureView>, requested: boolean): ResolvedView {
    const view = mention.view
    const key = JSON.stringify([view.name, mention.name, Object.entries(mention.joinKeyMap).sort()])
    const features: ResolvedFeature[] = []
    const draft = this.#storedViews.get(key) ?? {
      view: {
        view,
        name: mention.name,
        version: mention.version,
        features,
        joinKeys: joinKeysOf(this.#scope, view, mention.joinKeyMap),
      },
      features,
      requested: new Map(),
      implied: new Map(),
    }
    this.#storedViews.set(key, draft)
    this.#note(draft, mention, requested)
    return draft.view
  }

  /** Adds an on-demand view after everything that it needs. `path` holds the views that need it. */
  onDemand(
    mention: RequestedView<OnDemandFeatureView>,
    requested: boolean,
    path: readonly string[],
  ): ResolvedOnDemandView {
    const view = mention.view
    if (path.includes(view.name)) {
      throw new FeatureStoreError('FTS2106', {
        message: `On-demand views need each other in a circle: ${[...path, view.name].join(' → ')}.`,
      })
    }
    const known = this.#onDemandViews.get(mention.name)
    if (known !== undefined) {
      this.#note(known, mention, requested)
      return known.view
    }
    const sources = this.#sourcesOf(view, [...path, view.name])
    const features: ResolvedFeature[] = []
    const draft = {
      view: { view, name: mention.name, features, sources },
      features,
      requested: new Map(),
      implied: new Map(),
    }
    this.#onDemandViews.set(mention.name, draft)
    this.#note(draft, mention, requested)
    return draft.view
  }

  finish(onDemandOrder: readonly string[]): ResolvedFeatures {
    const drafts = [...this.#storedViews.values(), ...this.#onDemandViews.values()]
    for (const { features, requested, implied } of drafts) features.push(...requested.values(), ...implied.values())
    const views = [...this.#storedViews.values()].map((draft) => draft.view)
    const inOrder = onDemandOrder.flatMap((name) => this.#onDemandViews.get(name)?.view ?? [])
    return {
      views,
      onDemandViews: [...this.#onDemandViews.values()].map((draft) => draft.view),
      requestFields: [...this.#requestFields.values()],
      outputs: [...views, ...inOrder].flatMap((view) => view.features.flatMap((feature) => feature.output ?? [])),
    }
  }

  #note(draft: Draft<unknown>, mention: RequestedView, requested: boolean): void {
    for (const field of mention.features) {
      if (requested) {
        draft.implied.delete(field.name)
        draft.requested.set(field.name, { field, output: outputName(mention.name, field.name, this.#fullNames) })
      } else if (!draft.requested.has(field.name)) {
        draft.implied.set(field.name, { field, output: null })
      }
    }
  }

  #sourcesOf(view: OnDemandFeatureView, path: readonly string[]): Readonly<Record<string, ResolvedOnDemandSource>> {
    const sources: Record<string, ResolvedOnDemandSource> = {}
    for (const [name, source] of Object.entries(view.sources)) {
      if (source.kind === 'request') {
        const fields = source.source.kind === 'request' ? source.source.schema : []
        for (const field of fields) this.#requestFields.set(field.name, field)
        sources[name] = { kind: 'request', fields }
        continue
      }
      const mention = byProjection(this.#scope, source.projection)
      if (isOnDemand(mention)) {
        sources[name] = { kind: 'onDemand', view: this.onDemand(mention, false, path), fields: mention.features }
      } else if (isStored(mention)) {
        sources[name] = { kind: 'view', view: this.stored(mention, false), fields: mention.features }
      }
    }
    return sources
  }
}

/** The column of a feature in results. */
export function outputName(viewName: string, feature: string, fullFeatureNames: boolean): string {
  return fullFeatureNames ? `${viewName}__${feature}` : feature
}

function joinKeysOf(
  scope: LookupScope,
  view: StoredFeatureView,
  joinKeyMap: Readonly<Record<string, string>>,
): ResolvedView['joinKeys'] {
  const joinKeys = joinKeyFields(scope.contents, scope.project, view).map((field) => ({
    key: field.name,
    column: joinKeyMap[field.name] ?? field.name,
    field,
  }))
  const keys = joinKeys.map((each) => each.key)
  for (const key of Object.keys(joinKeyMap)) {
    if (keys.includes(key)) continue
    throw new FeatureStoreError('FTS2107', {
      message: `The join key map of "${view.name}" names "${key}", which is not one of its join keys.${suggestion(key, keys)}`,
      notes: [`join keys of ${view.name}: ${keys.join(', ') || 'none'}`],
    })
  }
  return joinKeys
}

/** Only what is requested collides; what on-demand views need besides has no column. */
function refuseCollisions(mentions: readonly RequestedView[], fullFeatureNames: boolean): void {
  const references = new Map<string, string[]>()
  for (const mention of mentions) {
    for (const field of mention.features) {
      const output = outputName(mention.name, field.name, fullFeatureNames)
      references.set(output, [...(references.get(output) ?? []), `${mention.name}:${field.name}`])
    }
  }
  const colliding = [...references].filter(([, each]) => each.length > 1)
  if (colliding.length === 0) return
  const all = colliding.flatMap(([, each]) => each)
  const onlyRepeats = colliding.every(([, each]) => new Set(each).size === 1)
  throw new FeatureStoreError('FTS2105', {
    message: `Duplicate features named ${colliding.map(([output]) => output).join(', ')} found: ${all.join(', ')}.`,
    field: 'features',
    notes: [
      fullFeatureNames || onlyRepeats
        ? 'ask for each feature once; to join one view twice on different entities, rename one with withName'
        : 'ask for full feature names (fullFeatureNames: true), or rename one of the features',
    ],
  })
}
