import { create } from '@bufbuild/protobuf'
import type { FeatureService } from '../model/feature-service.ts'
import { described, times } from './convert.ts'
import { projectionToMessage, projectionToModel } from './feature-view-projection.ts'
import { FeatureServiceSchema } from './gen/feast/core/FeatureService_pb.ts'
import { loggingToMessage, loggingToModel } from './logging-config.ts'
import type { Converter } from './stored-form.ts'

export const featureServiceConverter: Converter<FeatureService, typeof FeatureServiceSchema> = {
  schema: FeatureServiceSchema,
  toModel: ({ spec, meta }) => ({
    kind: 'featureService',
    ...described.toModel(spec),
    projections: (spec?.features ?? []).map(projectionToModel),
    logging: spec?.loggingConfig === undefined ? null : loggingToModel(spec.loggingConfig),
    precomputeOnline: spec?.precomputeOnline ?? false,
    ...times.toModel(meta),
  }),
  toMessage: (service) =>
    create(FeatureServiceSchema, {
      spec: {
        ...described.toMessage(service),
        features: service.projections.map(projectionToMessage),
        ...(service.logging && { loggingConfig: loggingToMessage(service.logging) }),
        precomputeOnline: service.precomputeOnline,
      },
      meta: times.toMessage(service),
    }),
}
