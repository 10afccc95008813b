import { create } from '@bufbuild/protobuf'
import type { StreamFeatureView } from '../model/feature-view.ts'
import { aggregationToMessage, aggregationToModel } from './aggregation.ts'
import { described, optionalDuration } from './convert.ts'
import {
  StreamFeatureViewSchema,
  type StreamFeatureViewSpec,
  StreamFeatureViewSpecSchema,
} from './gen/feast/core/StreamFeatureView_pb.ts'
import type { Converter } from './stored-form.ts'
import { functionToMessage, transformationToMessage, transformationToModel } from './transformation.ts'
import { columnsOfView, rowsOfView, storedViewMeta, versionOfView } from './view.ts'

/** Feast does not store whether a stream view is kept offline; it is not. */
export const streamFeatureViewConverter: Converter<StreamFeatureView, typeof StreamFeatureViewSchema> = {
  schema: StreamFeatureViewSchema,
  toModel: ({ spec, meta }) => ({
    kind: 'streamFeatureView',
    ...described.toModel(spec),
    ...columnsOfView.toModel(spec),
    ...versionOfView.toModel(spec),
    ...rowsOfView.toModel(spec),
    offline: false,
    mode: spec?.mode ?? '',
    enableValidation: spec?.enableValidation ?? false,
    timestampField: spec?.timestampField ?? '',
    aggregations: (spec?.aggregations ?? []).map(aggregationToModel),
    transformation: transformationToModel(spec?.featureTransformation, spec?.userDefinedFunction, spec?.mode ?? ''),
    enableTiling: spec?.enableTiling ?? false,
    tilingHopSize: optionalDuration.toModel(spec?.tilingHopSize),
    ...storedViewMeta.toModel(meta, spec?.version),
  }),
  toMessage: (view) =>
    create(StreamFeatureViewSchema, { spec: specToMessage(view), meta: storedViewMeta.toMessage(view) }),
}

function specToMessage(view: StreamFeatureView): StreamFeatureViewSpec {
  const { transformation } = view
  const tilingHopSize = optionalDuration.toMessage(view.tilingHopSize)
  return create(StreamFeatureViewSpecSchema, {
    ...described.toMessage(view),
    ...columnsOfView.toMessage(view),
    ...versionOfView.toMessage(view),
    ...rowsOfView.toMessage(view),
    mode: view.mode,
    enableValidation: view.enableValidation,
    timestampField: view.timestampField,
    aggregations: view.aggregations.map(aggregationToMessage),
    ...(transformation && {
      userDefinedFunction: functionToMessage(transformation),
      featureTransformation: transformationToMessage(transformation, false),
    }),
    enableTiling: view.enableTiling,
    ...(tilingHopSize && { tilingHopSize }),
  })
}
