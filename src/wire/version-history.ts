import { create } from '@bufbuild/protobuf'
import type { FeatureViewVersion } from '../model/registry-contents.ts'
import { instantOf, timestampOf } from './convert.ts'
import { FeatureViewVersionRecordSchema } from './gen/feast/core/FeatureViewVersion_pb.ts'
import type { Converter } from './stored-form.ts'

export const versionConverter: Converter<FeatureViewVersion, typeof FeatureViewVersionRecordSchema> = {
  schema: FeatureViewVersionRecordSchema,
  toModel: (record) => ({
    project: record.projectId,
    viewName: record.featureViewName,
    viewType: record.featureViewType,
    version: record.versionNumber,
    versionId: record.versionId,
    createdAt: record.createdTimestamp === undefined ? null : instantOf(record.createdTimestamp),
    description: record.description,
    definition: record.featureViewProto,
  }),
  toMessage: (version) =>
    create(FeatureViewVersionRecordSchema, {
      projectId: version.project,
      featureViewName: version.viewName,
      featureViewType: version.viewType,
      versionNumber: version.version,
      versionId: version.versionId,
      ...(version.createdAt && { createdTimestamp: timestampOf(version.createdAt) }),
      description: version.description,
      featureViewProto: version.definition,
    }),
}
