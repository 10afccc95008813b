import { create } from '@bufbuild/protobuf'
import type { Duration as DurationMessage } from '@bufbuild/protobuf/wkt'
import type { Duration } from '../base/instant.ts'
import type { DataSource } from '../model/data-source.ts'
import { dummyEntityName, dummyJoinKey } from '../model/entity.ts'
import type { FeatureViewState, MaterializationInterval } from '../model/feature-view.ts'
import { type Field, plainField } from '../model/field.ts'
import { string } from '../types/data-type.ts'
import { instantOf, times, timestampOf, timeToLive } from './convert.ts'
import { sourceToModel, viewSourceToMessage } from './data-source.ts'
import { fieldToMessage, fieldToModel } from './field.ts'
import type { DataSource as DataSourceMessage } from './gen/feast/core/DataSource_pb.ts'
import type { FeatureSpecV2 } from './gen/feast/core/Feature_pb.ts'
import {
  type FeatureViewMeta,
  FeatureViewMetaSchema,
  type MaterializationInterval as IntervalMessage,
  MaterializationIntervalSchema,
  FeatureViewState as StateNumber,
} from './gen/feast/core/FeatureView_pb.ts'

interface ColumnsModel {
  readonly entities: readonly string[]
  readonly entityColumns: readonly Field[]
  readonly features: readonly Field[]
}

interface ColumnsSpec {
  entities: string[]
  entityColumns: FeatureSpecV2[]
  features: FeatureSpecV2[]
}

/** A view without entities is stored under an entity of Feast's own, with a column of its own. */
export const columnsOfView = {
  toModel: (spec: ColumnsSpec | undefined): ColumnsModel => ({
    entities: (spec?.entities ?? []).filter((name) => name !== dummyEntityName),
    entityColumns: (spec?.entityColumns ?? []).filter(({ name }) => name !== dummyJoinKey).map(fieldToModel),
    features: (spec?.features ?? []).map(fieldToModel),
  }),
  toMessage: ({ entities, entityColumns, features }: ColumnsModel): ColumnsSpec => {
    const without = entities.length === 0 && entityColumns.length === 0
    return {
      entities: without ? [dummyEntityName] : [...entities],
      entityColumns: (without ? [plainField(dummyJoinKey, string)] : entityColumns).map(fieldToMessage),
      features: features.map(fieldToMessage),
    }
  },
}

interface RowsModel {
  readonly ttl: Duration | null
  readonly batchSource: DataSource | null
  readonly streamSource: DataSource | null
  readonly online: boolean
}

interface RowsSpec {
  readonly ttl?: DurationMessage
  readonly batchSource?: DataSourceMessage
  readonly streamSource?: DataSourceMessage
  readonly online: boolean
}

/** As messages are: what is absent may be there as undefined. */
type Loose<T> = { readonly [K in keyof T]: T[K] | undefined }

/** Where the rows of feature views and stream feature views are, and how long they serve. */
export const rowsOfView = {
  toModel: (spec: Loose<RowsSpec> | undefined): RowsModel => ({
    ttl: timeToLive.toModel(spec?.ttl),
    batchSource: spec?.batchSource === undefined ? null : sourceToModel(spec.batchSource),
    streamSource: spec?.streamSource === undefined ? null : sourceToModel(spec.streamSource),
    online: spec?.online ?? false,
  }),
  toMessage: ({ ttl, batchSource, streamSource, online }: RowsModel): RowsSpec => ({
    ttl: timeToLive.toMessage(ttl),
    ...(batchSource && { batchSource: viewSourceToMessage(batchSource) }),
    ...(streamSource && { streamSource: viewSourceToMessage(streamSource) }),
    online,
  }),
}

interface VersionSpec {
  readonly version: string
  readonly org: string
  readonly disabled: boolean
}

interface VersionModel {
  readonly version: string
  readonly organization: string
  readonly enabled: boolean
}

/** What all kinds of views but label views say. */
export const versionOfView = {
  toModel: (spec: VersionSpec | undefined): VersionModel => ({
    version: spec?.version || 'latest',
    organization: spec?.org ?? '',
    enabled: spec?.disabled !== true,
  }),
  toMessage: ({ version, organization, enabled }: VersionModel): VersionSpec => ({
    version,
    org: organization,
    disabled: !enabled,
  }),
}

const stateNames: Readonly<Record<number, FeatureViewState>> = {
  [StateNumber.STATE_UNSPECIFIED]: 'UNSPECIFIED',
  [StateNumber.CREATED]: 'CREATED',
  [StateNumber.GENERATED]: 'GENERATED',
  [StateNumber.MATERIALIZING]: 'MATERIALIZING',
  [StateNumber.AVAILABLE_ONLINE]: 'AVAILABLE_ONLINE',
}

interface ProgressModel {
  readonly currentVersion: number | null
  readonly versionId: string
  readonly state: FeatureViewState
}

/** What the registry learns about a view: its version and its state. */
export const progressOfView = {
  /** @param pinned what the user wrote: 0 is stored as nothing, and stands for a version only beside a pin */
  toModel: (
    meta: { currentVersionNumber: number; versionId: string; state: number } | undefined,
    pinned: string | undefined,
  ): ProgressModel => {
    const current = meta?.currentVersionNumber ?? 0
    const isPinned = pinned !== undefined && pinned !== '' && pinned.toLowerCase() !== 'latest'
    return {
      currentVersion: current > 0 || isPinned ? current : null,
      versionId: meta?.versionId ?? '',
      state: stateNames[meta?.state ?? 0] ?? 'UNSPECIFIED',
    }
  },
  toMessage: ({ currentVersion, versionId, state }: ProgressModel) => ({
    currentVersionNumber: currentVersion ?? 0,
    versionId,
    state: stateNumber(state),
  }),
}

function stateNumber(state: FeatureViewState): StateNumber {
  return state === 'UNSPECIFIED' ? StateNumber.STATE_UNSPECIFIED : StateNumber[state]
}

interface StoredViewModel extends ProgressModel {
  readonly intervals: readonly MaterializationInterval[]
  readonly createdAt?: MaterializationInterval['start'] | undefined
  readonly updatedAt?: MaterializationInterval['start'] | undefined
}

/** The `meta` that feature views and stream feature views share. */
export const storedViewMeta = {
  toModel: (meta: FeatureViewMeta | undefined, pinned: string | undefined): StoredViewModel => ({
    ...progressOfView.toModel(meta, pinned),
    intervals: (meta?.materializationIntervals ?? []).map(intervalToModel),
    ...times.toModel(meta),
  }),
  toMessage: (view: StoredViewModel): FeatureViewMeta =>
    create(FeatureViewMetaSchema, {
      ...times.toMessage(view),
      ...progressOfView.toMessage(view),
      materializationIntervals: view.intervals.map(intervalToMessage),
    }),
}

function intervalToModel({ startTime, endTime }: IntervalMessage): MaterializationInterval {
  const epoch = { seconds: 0n, nanos: 0, $typeName: 'google.protobuf.Timestamp' } as const
  return { start: instantOf(startTime ?? epoch), end: instantOf(endTime ?? epoch) }
}

function intervalToMessage({ start, end }: MaterializationInterval): IntervalMessage {
  return create(MaterializationIntervalSchema, { startTime: timestampOf(start), endTime: timestampOf(end) })
}
