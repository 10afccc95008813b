import { create, fromBinary } from '@bufbuild/protobuf'
import type { FeatureView } from '../model/feature-view.ts'
import { timeToLive } from './convert.ts'
import { sourceToModel, viewSourceToMessage } from './data-source.ts'
import { fieldToMessage, fieldToModel } from './field.ts'
import { FeatureViewSchema, type FeatureViewSpec, FeatureViewSpecSchema } from './gen/feast/core/FeatureView_pb.ts'
import type { Converter, WriteContext } from './stored-form.ts'
import { transformationToMessage, transformationToModel } from './transformation.ts'
import { entitiesOfView, storedViewMeta, versionOfView } from './view.ts'

export const featureViewConverter: Converter<FeatureView, typeof FeatureViewSchema> = {
  schema: FeatureViewSchema,
  toModel: ({ spec, meta }) => ({
    kind: 'featureView',
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
    offline: spec?.offline ?? false,
    mode: spec?.mode ?? '',
    enableValidation: spec?.enableValidation ?? false,
    transformation: transformationToModel(spec?.featureTransformation, undefined, spec?.mode ?? ''),
    sourceViews: (spec?.sourceViews ?? []).map(({ name }) => name),
    ...storedViewMeta.toModel(meta, spec?.version),
  }),
  toMessage: (view, context) =>
    create(FeatureViewSchema, { spec: specToMessage(view, context), meta: storedViewMeta.toMessage(view) }),
}

function specToMessage(view: FeatureView, context: WriteContext): FeatureViewSpec {
  const { batchSource, streamSource, transformation } = view
  return create(FeatureViewSpecSchema, {
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
    offline: view.offline,
    mode: view.mode,
    enableValidation: view.enableValidation,
    ...(transformation && { featureTransformation: transformationToMessage(transformation, true) }),
    sourceViews: view.sourceViews.map((name) => sourceViewSpec(view.project, name, context)),
  })
}

/** Feast stores a copy of the views that a view reads from, without their project. */
function sourceViewSpec(project: string, name: string, context: WriteContext): FeatureViewSpec {
  const bytes = context.sourceView(project, name)
  const spec = bytes === undefined ? undefined : fromBinary(FeatureViewSchema, bytes).spec
  return create(FeatureViewSpecSchema, { ...(spec ?? { name }), project: '' })
}
