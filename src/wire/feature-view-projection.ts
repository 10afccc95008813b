import { create } from '@bufbuild/protobuf'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import { nestedSourceToMessage, sourceToModel } from './data-source.ts'
import { fieldToMessage, fieldToModel } from './field.ts'
import {
  FeatureViewProjectionSchema,
  type FeatureViewProjection as ProjectionMessage,
} from './gen/feast/core/FeatureViewProjection_pb.ts'

export function projectionToModel(message: ProjectionMessage): FeatureViewProjection {
  return {
    viewName: message.featureViewName,
    alias: message.featureViewNameAlias,
    features: message.featureColumns.map(fieldToModel),
    joinKeyMap: message.joinKeyMap,
    timestampField: message.timestampField,
    createdTimestampColumn: message.createdTimestampColumn,
    datePartitionColumn: message.datePartitionColumn,
    batchSource: message.batchSource === undefined ? null : sourceToModel(message.batchSource),
    streamSource: message.streamSource === undefined ? null : sourceToModel(message.streamSource),
    version: message.versionTag ?? null,
    viewType: message.viewType,
  }
}

export function projectionToMessage(projection: FeatureViewProjection): ProjectionMessage {
  const { batchSource, streamSource, version } = projection
  return create(FeatureViewProjectionSchema, {
    featureViewName: projection.viewName,
    featureViewNameAlias: projection.alias,
    featureColumns: projection.features.map(fieldToMessage),
    joinKeyMap: projection.joinKeyMap,
    timestampField: projection.timestampField,
    createdTimestampColumn: projection.createdTimestampColumn,
    datePartitionColumn: projection.datePartitionColumn,
    ...(batchSource && { batchSource: nestedSourceToMessage(batchSource) }),
    ...(streamSource && { streamSource: nestedSourceToMessage(streamSource) }),
    ...(version !== null && { versionTag: version }),
    viewType: projection.viewType,
  })
}
