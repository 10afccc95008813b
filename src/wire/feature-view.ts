import { create, fromBinary } from '@bufbuild/protobuf'
import type { FeatureView } from '../model/feature-view.ts'
import { described } from './convert.ts'
import { FeatureViewSchema, type FeatureViewSpec, FeatureViewSpecSchema } from './gen/feast/core/FeatureView_pb.ts'
import type { Converter, WriteContext } from './stored-form.ts'
import { transformationToMessage, transformationToModel } from './transformation.ts'
import { columnsOfView, rowsOfView, storedViewMeta, versionOfView } from './view.ts'

export const featureViewConverter: Converter<FeatureView, typeof FeatureViewSchema> = {
  schema: FeatureViewSchema,
  toModel: ({ spec, meta }) => ({
    kind: 'featureView',
    ...described.toModel(spec),
    ...columnsOfView.toModel(spec),
    ...versionOfView.toModel(spec),
    ...rowsOfView.toModel(spec),
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
  const { transformation } = view
  return create(FeatureViewSpecSchema, {
    ...described.toMessage(view),
    ...columnsOfView.toMessage(view),
    ...versionOfView.toMessage(view),
    ...rowsOfView.toMessage(view),
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
