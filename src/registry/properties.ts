import { Duration } from '../base/instant.ts'
import type { DataSource, StreamFormat } from '../model/data-source.ts'
import { dummyJoinKey, type Entity } from '../model/entity.ts'
import type { FeatureService } from '../model/feature-service.ts'
import type {
  Aggregation,
  AnyFeatureView,
  FeatureView,
  LabelView,
  OnDemandFeatureView,
  OnDemandSource,
  StreamFeatureView,
} from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import type { Field } from '../model/field.ts'
import type { Permission } from '../model/permission.ts'
import type { RegistryObject } from '../model/registry-contents.ts'
import type { Transformation } from '../model/transformation.ts'
import { formatDataType } from '../types/data-type.ts'
import type { DefinedKind } from './kinds.ts'
import { normalVersion } from './pinned-version.ts'

/** A value that JSON can hold, as plans show it. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue }

export type Properties = Readonly<Record<string, PlainValue>>

type PropertiesOf = { readonly [K in DefinedKind]: (object: RegistryObject<K>) => Properties }

/**
 * What a user can say about an object of each kind, by Feast's name of the property and in a form that two equal
 * definitions share. What the registry keeps by itself (times, intervals, state, version numbers) is left out.
 */
const propertiesOf: PropertiesOf = {
  projects: (project) => described(project),
  dataSources: sourceProperties,
  entities: entityProperties,
  featureViews: featureViewProperties,
  onDemandFeatureViews: onDemandProperties,
  streamFeatureViews: streamProperties,
  labelViews: labelProperties,
  featureServices: serviceProperties,
  permissions: permissionProperties,
}

export function properties<K extends DefinedKind>(kind: K, object: RegistryObject<K>): Properties {
  return propertiesOf[kind](object)
}

/** The same for a view whose kind is known from itself. */
export function viewProperties(view: AnyFeatureView): Properties {
  switch (view.kind) {
    case 'featureView':
      return featureViewProperties(view)
    case 'streamFeatureView':
      return streamProperties(view)
    case 'onDemandFeatureView':
      return onDemandProperties(view)
    case 'labelView':
      return labelProperties(view)
  }
}

interface Described {
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly owner: string
}

function described(object: Described): Properties {
  return { description: object.description, tags: sorted(object.tags), owner: object.owner }
}

function sorted(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

function entityProperties(entity: Entity): Properties {
  return { value_type: formatDataType(entity.type), join_key: entity.joinKey, ...described(entity) }
}

/** A duration in Python's words; no duration and a duration of zero mean the same in Feast. */
function durationText(duration: Duration | null): string | null {
  return duration === null || duration.equals(Duration.fromMicros(0n)) ? null : duration.toString()
}

function fieldProperties(field: Field): PlainValue {
  return {
    name: field.name,
    type: formatDataType(field.type),
    ...(field.description === '' ? {} : { description: field.description }),
    ...(Object.keys(field.tags).length === 0 ? {} : { tags: sorted(field.tags) }),
    ...(field.vectorIndex ? { vector_index: true } : {}),
    ...(field.vectorLength === 0 ? {} : { vector_length: field.vectorLength }),
    ...(field.vectorSearchMetric === '' ? {} : { vector_search_metric: field.vectorSearchMetric }),
  }
}

function fields(list: readonly Field[]): PlainValue {
  return list.map(fieldProperties)
}

function streamFormat(format: StreamFormat | null): PlainValue {
  return format === null ? null : { ...format }
}

function kindOfSource(source: DataSource): Properties {
  switch (source.kind) {
    case 'file':
      return { path: source.path, file_format: source.format, s3_endpoint_override: source.s3EndpointOverride }
    case 'kafka':
      return {
        kafka_bootstrap_servers: source.bootstrapServers,
        topic: source.topic,
        message_format: streamFormat(source.messageFormat),
        watermark_delay_threshold: durationText(source.watermarkDelay),
        batch_source: nested(source.batchSource),
      }
    case 'kinesis':
      return {
        region: source.region,
        stream_name: source.streamName,
        record_format: streamFormat(source.recordFormat),
        batch_source: nested(source.batchSource),
      }
    case 'push':
      return { batch_source: nested(source.batchSource) }
    case 'request':
      return { schema: fields(source.schema) }
    case 'custom':
    case 'unknown':
      return {
        configuration: Buffer.from(source.configuration).toString('base64'),
        batch_source: nested(source.batchSource),
      }
    default:
      return { table: source.table, query: source.query, options: sorted(source.options) }
  }
}

function sourceProperties(source: DataSource): Properties {
  return {
    type: source.kind,
    timestamp_field: source.timestampField,
    created_timestamp_column: source.createdTimestampColumn,
    date_partition_column: source.datePartitionColumn,
    timestamp_field_type: source.timestampFieldType,
    field_mapping: sorted(source.fieldMapping),
    ...kindOfSource(source),
    ...described(source),
  }
}

/** A source inside another object; its name is part of what is said there. */
function nested(source: DataSource | null): PlainValue {
  return source === null ? null : { name: source.name, ...sourceProperties(source) }
}

function transformation(value: Transformation | null): PlainValue {
  if (value === null) return null
  const text = value.bodyText === '' ? Buffer.from(value.body).toString('base64') : value.bodyText
  return { mode: value.mode, name: value.name, body_text: text }
}

function aggregations(list: readonly Aggregation[]): PlainValue {
  return list.map((each) => ({
    column: each.column,
    function: each.function,
    time_window: durationText(each.timeWindow),
    slide_interval: durationText(each.slideInterval),
    name: each.name,
  }))
}

function commonProperties(view: AnyFeatureView): Properties {
  return {
    entities: view.entities,
    features: fields(view.features),
    entity_columns: fields(view.entityColumns.filter((field) => field.name !== dummyJoinKey)),
    ...described(view),
    version: normalVersion(view.version),
    enabled: view.enabled,
    org: view.organization,
  }
}

function storedViewProperties(view: FeatureView | StreamFeatureView): Properties {
  return {
    ...commonProperties(view),
    ttl: durationText(view.ttl),
    batch_source: nested(view.batchSource),
    stream_source: nested(view.streamSource),
    online: view.online,
    enable_validation: view.enableValidation,
    mode: view.mode,
    feature_transformation: transformation(view.transformation),
  }
}

function featureViewProperties(view: FeatureView): Properties {
  return { ...storedViewProperties(view), offline: view.offline, source_views: view.sourceViews }
}

/** Without `offline`, for which the message of a stream view has no field. */
function streamProperties(view: StreamFeatureView): Properties {
  return {
    ...storedViewProperties(view),
    timestamp_field: view.timestampField,
    aggregations: aggregations(view.aggregations),
    enable_tiling: view.enableTiling,
    tiling_hop_size: durationText(view.tilingHopSize),
  }
}

function projection(value: FeatureViewProjection): PlainValue {
  return {
    feature_view_name: value.viewName,
    feature_view_name_alias: value.alias,
    feature_columns: fields(value.features),
    join_key_map: sorted(value.joinKeyMap),
    batch_source: nested(value.batchSource),
    stream_source: nested(value.streamSource),
    ...(value.version === null ? {} : { version_tag: value.version }),
  }
}

function onDemandSource(source: OnDemandSource): PlainValue {
  return source.kind === 'view' ? projection(source.projection) : nested(source.source)
}

function onDemandProperties(view: OnDemandFeatureView): Properties {
  const sources = Object.entries(view.sources).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return {
    ...commonProperties(view),
    sources: Object.fromEntries(sources.map(([name, source]) => [name, onDemandSource(source)])),
    feature_transformation: transformation(view.transformation),
    mode: view.mode,
    write_to_online_store: view.writeToOnlineStore,
    singleton: view.singleton,
    aggregations: aggregations(view.aggregations),
  }
}

function labelProperties(view: LabelView): Properties {
  return {
    ...commonProperties(view),
    ttl: durationText(view.ttl),
    source: nested(view.source),
    online: view.online,
    labeler_field: view.labelerField,
    conflict_policy: view.conflictPolicy,
    retain_history: view.retainHistory,
    reference_feature_view: view.referenceFeatureView,
  }
}

function serviceProperties(service: FeatureService): Properties {
  return {
    features: service.projections.map(projection),
    ...described(service),
    logging_config:
      service.logging === null
        ? null
        : {
            sample_rate: service.logging.sampleRate,
            destination: service.logging.destination === null ? null : { ...service.logging.destination },
          },
    precompute_online: service.precomputeOnline,
  }
}

function permissionProperties(permission: Permission): Properties {
  return {
    types: permission.types,
    name_patterns: permission.namePatterns,
    required_tags: sorted(permission.requiredTags),
    actions: permission.actions,
    policy: permission.policy === null ? { kind: 'allowAll' } : { ...permission.policy },
    ...described(permission),
  }
}
