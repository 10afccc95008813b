import { create } from '@bufbuild/protobuf'
import type { FeatureService } from '../model/feature-service.ts'
import { times } from './convert.ts'
import { projectionToMessage, projectionToModel } from './feature-view-projection.ts'
import { FeatureServiceSchema } from './gen/feast/core/FeatureService_pb.ts'
import { loggingToMessage, loggingToModel } from './logging-config.ts'
import type { Converter } from './stored-form.ts'

export const featureServiceConverter: Converter<FeatureService, typeof FeatureServiceSchema> = {
  schema: FeatureServiceSchema,
  toModel: ({ spec, meta }) => ({
    kind: 'featureService',
    name: spec?.name ?? '',
    project: spec?.project ?? '',
    description: spec?.description ?? '',
    tags: spec?.tags ?? {},
    owner: spec?.owner ?? '',
    projections: (spec?.features ?? []).map(projectionToModel),
    logging: spec?.loggingConfig === undefined ? null : loggingToModel(spec.loggingConfig),
    precomputeOnline: spec?.precomputeOnline ?? false,
    ...times.toModel(meta),
  }),
  toMessage: (service) =>
    create(FeatureServiceSchema, {
      spec: {
        name: service.name,
        project: service.project,
        description: service.description,
        tags: service.tags,
        owner: service.owner,
        features: service.projections.map(projectionToMessage),
        ...(service.logging && { loggingConfig: loggingToMessage(service.logging) }),
        precomputeOnline: service.precomputeOnline,
      },
      meta: times.toMessage(service),
    }),
}
