import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { SavedDataset, SavedDatasetStorage, ValidationReference } from '../model/saved-dataset.ts'
import { instantOf, times, timestampOf } from './convert.ts'
import {
  SavedDatasetSchema,
  type SavedDatasetStorageSchema,
  type SavedDatasetStorage as StorageMessage,
} from './gen/feast/core/SavedDataset_pb.ts'
import { ValidationReferenceSchema } from './gen/feast/core/ValidationProfile_pb.ts'
import type { Converter } from './stored-form.ts'
import { warehouseMessages, warehousePlace } from './warehouse-options.ts'

export const savedDatasetConverter: Converter<SavedDataset, typeof SavedDatasetSchema> = {
  schema: SavedDatasetSchema,
  toModel: ({ spec, meta }) => ({
    kind: 'savedDataset',
    name: spec?.name ?? '',
    project: spec?.project ?? '',
    description: spec?.description ?? '',
    tags: spec?.tags ?? {},
    owner: '',
    features: spec?.features ?? [],
    joinKeys: spec?.joinKeys ?? [],
    fullFeatureNames: spec?.fullFeatureNames ?? false,
    storage: storageToModel(spec?.storage),
    featureServiceName: spec?.featureServiceName ?? '',
    namespace: spec?.namespace ?? '',
    collection: spec?.collection ?? '',
    minEventTimestamp: meta?.minEventTimestamp === undefined ? null : instantOf(meta.minEventTimestamp),
    maxEventTimestamp: meta?.maxEventTimestamp === undefined ? null : instantOf(meta.maxEventTimestamp),
    ...times.toModel(meta),
  }),
  toMessage: (dataset) => {
    const { minEventTimestamp, maxEventTimestamp } = dataset
    return create(SavedDatasetSchema, {
      spec: {
        name: dataset.name,
        project: dataset.project,
        description: dataset.description,
        tags: dataset.tags,
        features: [...dataset.features],
        joinKeys: [...dataset.joinKeys],
        fullFeatureNames: dataset.fullFeatureNames,
        storage: { kind: storageToMessage(dataset.storage) },
        featureServiceName: dataset.featureServiceName,
        namespace: dataset.namespace,
        collection: dataset.collection,
      },
      meta: {
        ...times.toMessage(dataset),
        ...(minEventTimestamp && { minEventTimestamp: timestampOf(minEventTimestamp) }),
        ...(maxEventTimestamp && { maxEventTimestamp: timestampOf(maxEventTimestamp) }),
      },
    })
  },
}

function storageToModel(message: StorageMessage | undefined): SavedDatasetStorage {
  const storage = message?.kind
  switch (storage?.case) {
    case 'fileStorage':
      return { kind: 'file', path: storage.value.uri, s3EndpointOverride: storage.value.s3EndpointOverride }
    case 'bigqueryStorage':
      return { kind: 'bigquery', ...warehousePlace(storage.value) }
    case 'redshiftStorage':
      return { kind: 'redshift', ...warehousePlace(storage.value) }
    case 'snowflakeStorage':
      return { kind: 'snowflake', ...warehousePlace(storage.value) }
    case 'trinoStorage':
      return { kind: 'trino', ...warehousePlace(storage.value) }
    case 'sparkStorage':
      return { kind: 'spark', ...warehousePlace(storage.value) }
    case 'athenaStorage':
      return { kind: 'athena', ...warehousePlace(storage.value) }
    case 'customStorage':
      return { kind: 'custom', configuration: storage.value.configuration }
    default:
      return { kind: 'unknown', configuration: new Uint8Array() }
  }
}

function storageToMessage(
  storage: SavedDatasetStorage,
): NonNullable<MessageInitShape<typeof SavedDatasetStorageSchema>['kind']> {
  switch (storage.kind) {
    case 'file': {
      const fileFormat = { format: { case: 'parquetFormat', value: {} } } as const
      const { path, s3EndpointOverride } = storage
      return { case: 'fileStorage', value: { fileFormat, uri: path, s3EndpointOverride } }
    }
    case 'bigquery':
      return { case: 'bigqueryStorage', value: warehouseMessages.bigquery(storage) }
    case 'redshift':
      return { case: 'redshiftStorage', value: warehouseMessages.redshift(storage) }
    case 'snowflake':
      return { case: 'snowflakeStorage', value: warehouseMessages.snowflake(storage) }
    case 'trino':
      return { case: 'trinoStorage', value: warehouseMessages.trino(storage) }
    case 'spark':
      return { case: 'sparkStorage', value: warehouseMessages.spark(storage) }
    case 'athena':
      return { case: 'athenaStorage', value: warehouseMessages.athena(storage) }
    case 'custom':
      return { case: 'customStorage', value: { configuration: storage.configuration } }
    case 'unknown':
      return { case: undefined }
  }
}

/** Profiles are only stored. */
export const validationReferenceConverter: Converter<ValidationReference, typeof ValidationReferenceSchema> = {
  schema: ValidationReferenceSchema,
  toModel: (message) => ({
    kind: 'validationReference',
    name: message.name,
    project: message.project,
    description: message.description,
    tags: message.tags,
    owner: '',
    savedDatasetName: message.referenceDatasetName,
  }),
  toMessage: (reference) =>
    create(ValidationReferenceSchema, {
      name: reference.name,
      project: reference.project,
      description: reference.description,
      tags: reference.tags,
      referenceDatasetName: reference.savedDatasetName,
    }),
}
