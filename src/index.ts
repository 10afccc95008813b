import type { openStore as OpenStore } from './store/open-store.ts'

export type { Clock } from './base/clock.ts'
export type { ErrorCode } from './base/errors/catalogue.ts'
export type { ErrorPlace, FeatureStoreErrorOptions } from './base/errors/feature-store-error.ts'
export { FeatureStoreError } from './base/errors/feature-store-error.ts'
export { Duration, days, hours, Instant, milliseconds, minutes, seconds } from './base/instant.ts'
export type { Logger } from './base/logger.ts'
export type { FeatureStoreConfig } from './config/feature-store-config.ts'
export type { CollectedDefinition, CollectOptions } from './define/collect-definitions.ts'
export { collectDefinitions } from './define/collect-definitions.ts'
export type { ConnectionRef } from './define/connection-ref.ts'
export type {
  FileSourceDefinition,
  FileSourceOptions,
  KafkaSourceDefinition,
  KafkaSourceOptions,
  KinesisSourceDefinition,
  KinesisSourceOptions,
  PartitionedSourceOptions,
  PushSourceDefinition,
  PushSourceOptions,
  RequestSourceDefinition,
  RowSourceOptions,
} from './define/data-source.ts'
export { fileSource, kafkaSource, kinesisSource, pushSource, requestSource } from './define/data-source.ts'
export { isDefinition } from './define/definition.ts'
export type { EntityDefinition, EntityOptions } from './define/entity.ts'
export { entity } from './define/entity.ts'
export type {
  FeatureItem,
  FeatureServiceDefinition,
  FeatureServiceOptions,
  LoggingOptions,
} from './define/feature-service.ts'
export { featureService } from './define/feature-service.ts'
export type { BatchFeatureViewOptions, FeatureViewDefinition, FeatureViewOptions } from './define/feature-view.ts'
export { batchFeatureView, featureView } from './define/feature-view.ts'
export type { FieldOptions, FieldSpec } from './define/field.ts'
export { field } from './define/field.ts'
export type {
  InputColumns,
  InputRows,
  OnDemandFeatureViewDefinition,
  OnDemandFeatureViewOptions,
  OnDemandInput,
  OutputColumns,
  OutputRow,
} from './define/on-demand-feature-view.ts'
export { onDemandFeatureView } from './define/on-demand-feature-view.ts'
export type { PermissionDefinition, PermissionOptions, PermissionType } from './define/permission.ts'
export { permission } from './define/permission.ts'
export type { ProjectDefinition } from './define/project.ts'
export { project } from './define/project.ts'
export type {
  EntityColumns,
  EntityRow,
  FeatureRequest,
  HistoricalEntityRow,
  HistoricalRow,
  OnlineRow,
} from './define/request.ts'
// Declaration files of programs that export definitions name these.
export type * from './define/row-types.ts'
export type { FeatureViewSelection } from './define/selection.ts'
export type {
  AggregationOptions,
  LabelViewDefinition,
  LabelViewOptions,
  StreamFeatureViewDefinition,
  StreamFeatureViewOptions,
} from './define/stream-feature-view.ts'
export { aggregation, labelView, streamFeatureView } from './define/stream-feature-view.ts'
export type { TableFormat } from './define/table-format.ts'
export type { CommonOptions } from './define/validate.ts'
export type { WarehouseSourceDefinition, WarehouseSourceOptions } from './define/warehouse-source.ts'
export {
  athenaSource,
  bigQuerySource,
  redshiftSource,
  snowflakeSource,
  sparkSource,
  trinoSource,
} from './define/warehouse-source.ts'
export type * from './model/data-source.ts'
export type { Definition, Definitions } from './model/definitions.ts'
export type { Entity } from './model/entity.ts'
export type * from './model/feature-service.ts'
export type * from './model/feature-view.ts'
export type { FeatureViewProjection } from './model/feature-view-projection.ts'
export type { Field, Tags } from './model/field.ts'
export type { Permission, PermissionAction, PermissionPolicy } from './model/permission.ts'
export type { Project } from './model/project.ts'
export type { RegistryContents, RegistryKind } from './model/registry-contents.ts'
export type { SavedDataset, SavedDatasetStorage, ValidationReference } from './model/saved-dataset.ts'
export type { Transformation } from './model/transformation.ts'
export type { LoadSummary } from './plugin/compute-engine.ts'
export type { OnlineWriteSummary } from './plugin/online-store.ts'
export type { RegistryStatus } from './registry/cached-registry.ts'
export type { PropertyChange } from './registry/diff.ts'
export type { InfrastructureChange } from './registry/infrastructure.ts'
export type { Plan } from './registry/plan.ts'
export type { ObjectChange } from './registry/reconcile.ts'
export type { ConvertOnlineStoreRequest, OnlineStoreConversion } from './store/convert-online-store.ts'
export type { DefinitionsInput } from './store/definitions-input.ts'
export type { DeletedObject } from './store/delete-object.ts'
export type { OnlineEntityInput } from './store/entity-columns.ts'
export type { EntityInput } from './store/entity-rows.ts'
export type { WriteLoggedFeaturesRequest } from './store/feature-logs.ts'
export type { FeatureStatus } from './store/feature-status.ts'
export type { FeatureStore, TypedHistoricalRequest, TypedOnlineRequest } from './store/feature-store.ts'
export type {
  MaterializeIncrementalRequest,
  MaterializeProgress,
  MaterializeRequest,
  MaterializeSummary,
  ViewSummary,
} from './store/materialize.ts'
export type { RowsInput } from './store/offline-rows.ts'
export type { OnlineResponse } from './store/online-response.ts'
export type { OpenStoreOptions } from './store/open-store.ts'
export type { PlanOptions } from './store/plan.ts'
export type { PullOptions } from './store/pull-rows.ts'
export type { PushRequest, PushSummary, PushTarget } from './store/push.ts'
export type { ListOptions } from './store/registry-objects.ts'
export type { RetrievalJob } from './store/retrieval-job.ts'
export type { RowBatches } from './store/row-batches.ts'
export type { SavedDatasetRequest } from './store/saved-datasets.ts'
export type { Teardown } from './store/teardown.ts'
export type { TimeInput } from './store/time-input.ts'
export type { ViewChange } from './store/view-state.ts'
export type { WriteToOfflineStoreRequest } from './store/write-to-offline-store.ts'
export type { WriteToOnlineStoreRequest } from './store/write-to-online-store.ts'
export * from './types/data-type.ts'
export type { FeatureRow, FeatureValue, ZonedTimestamp } from './types/feature-value.ts'

/**
 * Opens the feature store of a folder with a feature_store.yaml, or of a configuration given as an object. The engine is
 * loaded here, not when the package is imported, so that files of definitions load in milliseconds.
 */
export async function openStore(...given: Parameters<typeof OpenStore>): ReturnType<typeof OpenStore> {
  const { openStore } = await import('./store/open-store.ts')
  return openStore(...given)
}
