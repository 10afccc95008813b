import { seconds } from '../../src/base/instant.ts'
import { fileSource, pushSource, requestSource } from '../../src/define/data-source.ts'
import { entity } from '../../src/define/entity.ts'
import { type FeatureItem, featureService } from '../../src/define/feature-service.ts'
import { batchFeatureView, featureView } from '../../src/define/feature-view.ts'
import { type OnDemandInputs, onDemandFeatureView } from '../../src/define/on-demand-feature-view.ts'
import { aggregation, streamFeatureView } from '../../src/define/stream-feature-view.ts'
import type { DataSource } from '../../src/model/data-source.ts'
import type { Definition } from '../../src/model/definitions.ts'
import type { Entity } from '../../src/model/entity.ts'
import type { AnyFeatureView } from '../../src/model/feature-view.ts'
import type { Transformation } from '../../src/model/transformation.ts'
import type { DataType } from '../../src/types/data-type.ts'
import type { CaseDefinitions, CaseField, CaseService, CaseSource, CaseView } from './case-file.ts'
import { arrayFunction, rowFunction } from './case-functions.ts'
import { parseType } from './parse-type.ts'

/** The definitions of a case, made with the functions that a user's own files call. */
export function defineCase(definitions: CaseDefinitions): Definition[] {
  const sources = new Map<string, DataSource>()
  for (const source of definitions.sources) sources.set(source.name, defineSource(source, sources))
  const entities = new Map(definitions.entities.map((each) => [each.name, defineEntity(each)]))
  const views = new Map<string, AnyFeatureView>()
  const all: AnyFeatureView[] = []
  for (const view of definitions.views) {
    const defined = defineView(view, sources, entities, views)
    views.set(view.name, defined)
    all.push(defined)
  }
  const services = definitions.services.map((service) => defineService(service, views))
  return [...sources.values(), ...entities.values(), ...all, ...services]
}

function find<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(name)
  if (found === undefined) throw new Error(`case.json names "${name}" before it defines it`)
  return found
}

function defineSource(source: CaseSource, sources: ReadonlyMap<string, DataSource>): DataSource {
  if (source.type === 'push') return pushSource(source.name, { batchSource: find(sources, source.batch_source ?? '') })
  if (source.type === 'request') return requestSource(source.name, schemaOf(source.schema))
  if (source.type !== 'file') throw new Error(`case.json has a source of type ${source.type}`)
  return fileSource(source.name, {
    path: source.path ?? '',
    ...(source.timestamp_field && { timestampField: source.timestamp_field }),
    ...(source.created_timestamp_column && { createdTimestampColumn: source.created_timestamp_column }),
    ...(source.field_mapping && { fieldMapping: source.field_mapping }),
  })
}

function defineEntity({ name, join_keys, value_type }: CaseDefinitions['entities'][number]): Entity {
  const joinKey = join_keys[0] ?? name
  return value_type === null || value_type === 'UNKNOWN'
    ? entity(name, { joinKey })
    : entity(name, { joinKey, type: parseType(value_type) })
}

function schemaOf(fields: readonly CaseField[] | null | undefined): Record<string, DataType> {
  return Object.fromEntries((fields ?? []).map(({ name, dtype }) => [name, parseType(dtype)]))
}

function defineView(
  view: CaseView,
  sources: ReadonlyMap<string, DataSource>,
  entities: ReadonlyMap<string, Entity>,
  views: ReadonlyMap<string, AnyFeatureView>,
): AnyFeatureView {
  const shared = {
    entities: (view.entities ?? []).map((name) => find(entities, name)),
    ...(view.schema && { schema: schemaOf(view.schema) }),
    ...(view.enabled !== undefined && { enabled: view.enabled }),
  }
  if (view.kind === 'on_demand_feature_view') return defineOnDemand(view, shared, sources, views)
  const sourced = {
    ...shared,
    source: find(sources, view.source ?? ''),
    ttl: view.ttl_seconds === null || view.ttl_seconds === undefined ? null : seconds(view.ttl_seconds),
    ...(view.online !== undefined && { online: view.online }),
    ...(view.offline !== undefined && { offline: view.offline }),
  }
  switch (view.kind) {
    case 'feature_view':
      return featureView(view.name, sourced)
    case 'batch_feature_view':
      // A batch view is not served online unless it says so; the goldens' are.
      return batchFeatureView(view.name, {
        ...sourced,
        online: view.online ?? true,
        ...(view.outputs && { mode: 'pandas', transformation: pandasFunction(view) }),
      })
    case 'stream_feature_view':
      return streamFeatureView(view.name, {
        ...sourced,
        timestampField: view.timestamp_field ?? '',
        aggregations: (view.aggregations ?? []).map((each) =>
          aggregation({
            column: each.column,
            function: each.function,
            ...(each.name !== undefined && { name: each.name }),
            ...(each.time_window_seconds !== undefined && { timeWindow: seconds(each.time_window_seconds) }),
          }),
        ),
      })
    default:
      throw new Error(`case.json has a view of kind ${view.kind}`)
  }
}

/** Stands for the Python function of a batch view, which is kept and not run. */
function pandasFunction(view: CaseView): Transformation {
  return { mode: 'pandas', name: view.name, body: new Uint8Array(), bodyText: `def ${view.name}(df):\n    return df\n` }
}

function defineOnDemand(
  view: CaseView,
  shared: { readonly entities: readonly Entity[]; readonly schema?: Record<string, DataType> },
  sources: ReadonlyMap<string, DataSource>,
  views: ReadonlyMap<string, AnyFeatureView>,
): AnyFeatureView {
  const inputs = Object.fromEntries(
    (view.sources ?? []).map((name) => [name, views.get(name) ?? find(sources, name)]),
  ) as OnDemandInputs
  const keys = new Set(shared.entities.map((each) => each.joinKey))
  const options = {
    ...shared,
    schema: schemaOf(view.schema?.filter((field) => !keys.has(field.name))),
    sources: inputs,
    writeToOnlineStore: view.write_to_online_store ?? false,
  }
  const outputs = view.outputs ?? []
  return view.singleton === true
    ? onDemandFeatureView(view.name, { ...options, transform: rowFunction(outputs) })
    : onDemandFeatureView(view.name, { ...options, transformColumns: arrayFunction(outputs) })
}

function defineService(service: CaseService, views: ReadonlyMap<string, AnyFeatureView>): Definition {
  const items = service.features.map(({ view, alias, join_key_map, select }): FeatureItem => {
    let item = find(views, view) as unknown as Selectable
    if (select !== undefined) item = item.select(...select)
    if (alias !== undefined) item = item.withName(alias)
    if (join_key_map !== undefined) item = item.withJoinKeyMap(join_key_map)
    return item as unknown as FeatureItem
  })
  const { logging } = service
  if (logging === undefined) return featureService(service.name, items)
  const destination = { kind: 'file', path: logging.path, partitionBy: logging.partition_by ?? [] } as const
  return featureService(service.name, items, { logging: { destination } })
}

/** The methods of a view or selection, without the names that the compiler cannot know here. */
interface Selectable {
  select(...features: readonly string[]): Selectable
  withName(name: string): Selectable
  withJoinKeyMap(map: Readonly<Record<string, string>>): Selectable
}
