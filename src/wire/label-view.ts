import { create } from '@bufbuild/protobuf'
import type { LabelView } from '../model/feature-view.ts'
import { described, times, timeToLive } from './convert.ts'
import { sourceToModel, viewSourceToMessage } from './data-source.ts'
import { ConflictResolutionPolicy, LabelViewSchema } from './gen/feast/core/LabelView_pb.ts'
import type { Converter } from './stored-form.ts'
import { columnsOfView } from './view.ts'

const policies: Readonly<Record<number, LabelView['conflictPolicy']>> = {
  [ConflictResolutionPolicy.LAST_WRITE_WINS]: 'LAST_WRITE_WINS',
  [ConflictResolutionPolicy.LABELER_PRIORITY]: 'LABELER_PRIORITY',
  [ConflictResolutionPolicy.MAJORITY_VOTE]: 'MAJORITY_VOTE',
}

/** Label views have neither versions nor states in Feast, and can't be disabled. */
export const labelViewConverter: Converter<LabelView, typeof LabelViewSchema> = {
  schema: LabelViewSchema,
  toModel: ({ spec, meta }) => ({
    kind: 'labelView',
    ...described.toModel(spec),
    ...columnsOfView.toModel(spec),
    enabled: true,
    version: 'latest',
    organization: '',
    currentVersion: null,
    versionId: '',
    state: 'UNSPECIFIED',
    ttl: timeToLive.toModel(spec?.ttl),
    source: spec?.source === undefined ? null : sourceToModel(spec.source),
    online: spec?.online ?? false,
    labelerField: spec?.labelerField ?? '',
    conflictPolicy: policies[spec?.conflictPolicy ?? 0] ?? 'LAST_WRITE_WINS',
    retainHistory: spec?.retainHistory ?? false,
    referenceFeatureView: spec?.referenceFeatureView ?? '',
    ...times.toModel(meta),
  }),
  toMessage: (view) =>
    create(LabelViewSchema, {
      spec: {
        ...described.toMessage(view),
        ...columnsOfView.toMessage(view),
        ttl: timeToLive.toMessage(view.ttl),
        ...(view.source && { source: viewSourceToMessage(view.source) }),
        online: view.online,
        labelerField: view.labelerField,
        conflictPolicy: ConflictResolutionPolicy[view.conflictPolicy],
        retainHistory: view.retainHistory,
        referenceFeatureView: view.referenceFeatureView,
      },
      meta: times.toMessage(view),
    }),
}
