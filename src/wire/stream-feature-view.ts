import { create } from '@bufbuild/protobuf'
import type { StreamFeatureView } from '../model/feature-view.ts'
import { aggregationToMessage, aggregationToModel } from './aggregation.ts'
import { optionalDuration, timeToLive } from './convert.ts'
import { sourceToModel, viewSourceToMessage } from './data-source.ts'
import { fieldToMessage, fieldToModel } from './field.ts'
import {
  StreamFeatureViewSchema,
  type StreamFeatureViewSpec,
  StreamFeatureViewSpecSchema,
} from './gen/feast/core/StreamFeatureView_pb.ts'
import type { Converter } from './stored-form.ts'
import { functionToMessage, transformationToMessage, transformationToModel } from './transformation.ts'
import { entitiesOfView, storedViewMeta, versionOfView } from './view.ts'

/** Feast does not store whether a stream view is kept offline; it is not. */
export const streamFeatureViewConverter: Converter<StreamFeatureView, typeof StreamFeatureViewSchema> = {
  schema: StreamFeatureViewSchema,
  toModel: ({ spec, meta }) => ({
    kind: 'streamFeatureView',
    name: spec?.name ?? '',
    project: spec?.project ?? '',
    description: spec?.description ?? '',
    tags: spec?.tags ?? {},
    owner: spec?.owner ?? '',
    ...entitiesOfView.toModel(spec),
    features: (spec?.features ?? []).map(fieldToModel),
    ...versionOfView.toModel(spec),
    ttl: timeToLive.toModel(spec?.ttl),
    batchSource: spec?.batchSource === undefined ? null : sourceToModel(spec.batchSource),
    streamSource: spec?.streamSource === undefined ? null : sourceToModel(spec.streamSource),
    online: spec?.online ?? false,
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
  const { batchSource, streamSource, transformation } = view
  const tilingHopSize = optionalDuration.toMessage(view.tilingHopSize)
  return create(StreamFeatureViewSpecSchema, {
    name: view.name,
    project: view.project,
    description: view.description,
    tags: view.tags,
    owner: view.owner,
    ...entitiesOfView.toMessage(view),
    features: view.features.map(fieldToMessage),
    ...versionOfView.toMessage(view),
    ttl: timeToLive.toMessage(view.ttl),
    ...(batchSource && { batchSource: viewSourceToMessage(batchSource) }),
    ...(streamSource && { streamSource: viewSourceToMessage(streamSource) }),
    online: view.online,
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
