import type { DataSource } from '../model/data-source.ts'
import type { OnDemandSource } from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import type { RegistryContents, RegistryObject } from '../model/registry-contents.ts'
import type { DefinedKind } from './kinds.ts'
import { findObject } from './lookup.ts'

type Rewrite = (source: DataSource | null) => DataSource | null

type Rewriters = { readonly [K in DefinedKind]: (object: RegistryObject<K>, rewrite: Rewrite) => RegistryObject<K> }

/** Where each kind of object holds copies of data sources. Live functions are left out on the way: registries hold none. */
const rewriters: Rewriters = {
  projects: (project) => project,
  entities: (entity) => entity,
  permissions: (permission) => permission,
  dataSources: (source, rewrite) =>
    'batchSource' in source ? { ...source, batchSource: rewrite(source.batchSource) } : source,
  featureViews: (view, rewrite) => ({
    ...view,
    batchSource: rewrite(view.batchSource),
    streamSource: rewrite(view.streamSource),
  }),
  streamFeatureViews: (view, rewrite) => ({
    ...view,
    batchSource: rewrite(view.batchSource),
    streamSource: rewrite(view.streamSource),
  }),
  labelViews: (view, rewrite) => ({ ...view, source: rewrite(view.source) }),
  onDemandFeatureViews: ({ function: _live, ...view }, rewrite) => ({
    ...view,
    sources: Object.fromEntries(
      Object.entries(view.sources).map(([name, source]) => [name, onDemandSource(source, rewrite)]),
    ),
  }),
  featureServices: (service, rewrite) => ({
    ...service,
    projections: service.projections.map((projection) => projected(projection, rewrite)),
  }),
}

function projected(projection: FeatureViewProjection, rewrite: Rewrite): FeatureViewProjection {
  return {
    ...projection,
    batchSource: rewrite(projection.batchSource),
    streamSource: rewrite(projection.streamSource),
  }
}

function onDemandSource(source: OnDemandSource, rewrite: Rewrite): OnDemandSource {
  return source.kind === 'view'
    ? { ...source, projection: projected(source.projection, rewrite) }
    : { ...source, source: rewrite(source.source) ?? source.source }
}

/** The object with every copy of a data source inside it carrying the times that the registry has for that source. */
export function withStoredSources<K extends DefinedKind>(
  contents: RegistryContents,
  kind: K,
  object: RegistryObject<K>,
  project: string,
): RegistryObject<K> {
  const rewrite: Rewrite = (source) => {
    if (source === null) return null
    const own = findObject(contents, 'dataSources', project, source.name)
    const whole = 'batchSource' in source ? { ...source, batchSource: rewrite(source.batchSource) } : source
    return own === undefined ? whole : { ...whole, createdAt: own.createdAt, updatedAt: own.updatedAt }
  }
  return rewriters[kind](object, rewrite)
}
