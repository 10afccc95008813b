import { create } from '@bufbuild/protobuf'
import type { OnDemandFeatureView, OnDemandSource } from '../model/feature-view.ts'
import type { Transformation } from '../model/transformation.ts'
import { storedMode, typescriptMode } from '../model/typescript-transformation.ts'
import { aggregationToMessage, aggregationToModel } from './aggregation.ts'
import { described, times } from './convert.ts'
import { nestedSourceToMessage, sourceToModel } from './data-source.ts'
import { projectionToMessage, projectionToModel } from './feature-view-projection.ts'
import { fieldToModel } from './field.ts'
import {
  OnDemandFeatureViewSchema,
  type OnDemandFeatureViewSpec,
  OnDemandFeatureViewSpecSchema,
  OnDemandSourceSchema,
  type OnDemandSource as SourceMessage,
} from './gen/feast/core/OnDemandFeatureView_pb.ts'
import type { Converter } from './stored-form.ts'
import { transformationToMessage, transformationToModel } from './transformation.ts'
import { columnsOfView, progressOfView, versionOfView } from './view.ts'

/** A view that only aggregates has no function; the model says so with an empty one. */
const noFunction: Transformation = { mode: '', name: '', body: new Uint8Array(), bodyText: '' }

export const onDemandFeatureViewConverter: Converter<OnDemandFeatureView, typeof OnDemandFeatureViewSchema> = {
  schema: OnDemandFeatureViewSchema,
  toModel: ({ spec, meta }) => {
    const transformation = transformationOf(spec)
    return {
      kind: 'onDemandFeatureView',
      ...described.toModel(spec),
      ...columnsOfView.toModel(spec),
      ...versionOfView.toModel(spec),
      sources: Object.fromEntries(
        Object.entries(spec?.sources ?? {}).flatMap(([name, source]) => {
          const known = sourceOf(source)
          return known === undefined ? [] : [[name, known]]
        }),
      ),
      transformation,
      mode: transformation.mode === typescriptMode ? typescriptMode : (spec?.mode ?? ''),
      writeToOnlineStore: spec?.writeToOnlineStore ?? false,
      singleton: spec?.singleton ?? false,
      aggregations: (spec?.aggregations ?? []).map(aggregationToModel),
      ...progressOfView.toModel(meta, spec?.version),
      ...times.toModel(meta),
    }
  },
  toMessage: (view) =>
    create(OnDemandFeatureViewSchema, {
      spec: specToMessage(view),
      meta: { ...times.toMessage(view), ...progressOfView.toMessage(view) },
    }),
}

/** Feast took the mode `pandas` for granted before it stored one. */
function transformationOf(spec: OnDemandFeatureViewSpec | undefined): Transformation {
  const { featureTransformation, userDefinedFunction, mode } = spec ?? {}
  return transformationToModel(featureTransformation, userDefinedFunction, mode || 'pandas') ?? noFunction
}

function specToMessage(view: OnDemandFeatureView): OnDemandFeatureViewSpec {
  const { transformation, mode } = view
  const isEmpty = transformation.name === '' && transformation.bodyText === '' && transformation.body.length === 0
  return create(OnDemandFeatureViewSpecSchema, {
    ...described.toMessage(view),
    ...columnsOfView.toMessage(view),
    ...versionOfView.toMessage(view),
    sources: Object.fromEntries(Object.entries(view.sources).map(([name, source]) => [name, sourceToMessage(source)])),
    ...(!isEmpty && { featureTransformation: transformationToMessage(transformation, true) }),
    mode: transformation.mode === typescriptMode || mode === typescriptMode ? storedMode : mode,
    writeToOnlineStore: view.writeToOnlineStore,
    singleton: view.singleton,
    aggregations: view.aggregations.map(aggregationToMessage),
  })
}

function sourceOf({ source }: SourceMessage): OnDemandSource | undefined {
  switch (source.case) {
    case 'featureViewProjection':
      return { kind: 'view', projection: projectionToModel(source.value) }
    case 'requestDataSource':
      return { kind: 'request', source: sourceToModel(source.value) }
    case 'featureView': {
      // What Feast stored before there were projections: the whole view.
      const { spec } = source.value
      const projection = {
        viewName: spec?.name ?? '',
        alias: '',
        features: (spec?.features ?? []).map(fieldToModel),
        joinKeyMap: {},
        timestampField: '',
        createdTimestampColumn: '',
        datePartitionColumn: '',
        batchSource: spec?.batchSource === undefined ? null : sourceToModel(spec.batchSource),
        streamSource: null,
        version: null,
        viewType: 'featureView',
      }
      return { kind: 'view', projection }
    }
    case undefined:
      return undefined
  }
}

function sourceToMessage(source: OnDemandSource): SourceMessage {
  return create(OnDemandSourceSchema, {
    source:
      source.kind === 'view'
        ? { case: 'featureViewProjection', value: projectionToMessage(source.projection) }
        : { case: 'requestDataSource', value: nestedSourceToMessage(source.source) },
  })
}
