import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { LoggingConfig, LoggingDestination } from '../model/feature-service.ts'
import { shortestSingle } from './convert.ts'
import { LoggingConfigSchema, type LoggingConfig as LoggingMessage } from './gen/feast/core/FeatureService_pb.ts'

export function loggingToModel(message: LoggingMessage): LoggingConfig {
  return { sampleRate: shortestSingle(message.sampleRate), destination: destinationToModel(message.destination) }
}

function destinationToModel(destination: LoggingMessage['destination']): LoggingDestination | null {
  switch (destination.case) {
    case 'fileDestination': {
      const { path, s3EndpointOverride, partitionBy } = destination.value
      return { kind: 'file', path, s3EndpointOverride, partitionBy }
    }
    case 'bigqueryDestination':
      return { kind: 'bigquery', table: destination.value.tableRef }
    case 'redshiftDestination':
      return { kind: 'redshift', table: destination.value.tableName }
    case 'snowflakeDestination':
      return { kind: 'snowflake', table: destination.value.tableName }
    case 'athenaDestination':
      return { kind: 'athena', table: destination.value.tableName }
    case 'couchbaseColumnarDestination': {
      const { database, scope, collection } = destination.value
      return { kind: 'couchbase.columnar', database, scope, collection }
    }
    case 'customDestination':
      return { kind: 'custom', type: destination.value.kind, config: destination.value.config }
    case undefined:
      return null
  }
}

export function loggingToMessage({ sampleRate, destination }: LoggingConfig): LoggingMessage {
  return create(LoggingConfigSchema, { sampleRate, destination: destinationToMessage(destination) })
}

function destinationToMessage(
  destination: LoggingDestination | null,
): NonNullable<MessageInitShape<typeof LoggingConfigSchema>['destination']> {
  switch (destination?.kind) {
    case undefined:
      return { case: undefined }
    case 'file': {
      const { path, s3EndpointOverride, partitionBy } = destination
      return { case: 'fileDestination', value: { path, s3EndpointOverride, partitionBy: [...partitionBy] } }
    }
    case 'bigquery':
      return { case: 'bigqueryDestination', value: { tableRef: destination.table } }
    case 'redshift':
      return { case: 'redshiftDestination', value: { tableName: destination.table } }
    case 'snowflake':
      return { case: 'snowflakeDestination', value: { tableName: destination.table } }
    case 'athena':
      return { case: 'athenaDestination', value: { tableName: destination.table } }
    case 'couchbase.columnar': {
      const { database, scope, collection } = destination
      return { case: 'couchbaseColumnarDestination', value: { database, scope, collection } }
    }
    case 'custom':
      return { case: 'customDestination', value: { kind: destination.type, config: destination.config } }
  }
}
