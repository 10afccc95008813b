import { readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Definition } from '../../src/model/definitions.ts'
import type { FeatureStore } from '../../src/store/feature-store.ts'
import { type DataType, formatDataType, scalarTypes } from '../../src/types/data-type.ts'
import type { GoldenCase, StepRequest } from './case-file.ts'
import { readFrame } from './case-frames.ts'
import { goldenTableOf } from './golden-table.ts'
import type { Actual, Intervals } from './judge-step.ts'
import { dumpOnline } from './online-dump.ts'
import { readParquet } from './read-parquet.ts'

/** A case that runs: an opened store in a repository of its own. */
export interface RunningCase {
  readonly goldenCase: GoldenCase
  /** The golden's folder. */
  readonly folder: string
  /** The feature repository. */
  readonly repo: string
  readonly store: FeatureStore
  readonly definitions: readonly Definition[]
  /** The last historical request, which a data set is saved from. */
  lastHistorical?: StepRequest
}

type Step = (running: RunningCase, request: StepRequest) => Promise<Actual>

/** How each operation of the goldens is done with the public facade. */
export const steps: { readonly [op: string]: Step } = {
  apply: async ({ store, definitions, goldenCase }, request) => {
    await store.apply(definitions)
    return request.dump === true ? { kind: 'fields', fields: { applied: await appliedState(store, goldenCase) } } : done
  },
  historical: async (running, request) => {
    running.lastHistorical = request
    const table = await (await historicalJob(running, request)).toArrow()
    return { kind: 'table', table: goldenTableOf(table) }
  },
  materialize: async ({ store }, { start, end, views, disable_event_timestamp }) => {
    await store.materialize({
      start,
      end,
      ...(views && { views }),
      // The flag takes the place of the window here; Feast ignores it when a window is given.
      ...(disable_event_timestamp === true && start === undefined && { disableEventTimestamp: true }),
    })
    return done
  },
  materialize_incremental: async ({ store }, { end = '', views }) => {
    await store.materializeIncremental({ end, ...(views && { views }) })
    return done
  },
  online_dump: async ({ repo, goldenCase }) => ({
    kind: 'online',
    rows: dumpOnline(join(repo, onlinePath), goldenCase.definitions.project),
  }),
  intervals: async ({ store }) => ({ kind: 'intervals', intervals: await intervalsOf(store) }),
  pull_all: async ({ store }, request) => ({
    kind: 'table',
    table: goldenTableOf(await store.pullAll(request.view ?? '', pullOptions(request)).toArrow()),
  }),
  pull_latest: async ({ store }, request) => ({
    kind: 'table',
    table: goldenTableOf(await store.pullLatest(request.view ?? '', pullOptions(request)).toArrow()),
  }),
  save_dataset: saveDataset,
  read_dataset: async ({ store }, { name = '' }) => ({
    kind: 'table',
    table: goldenTableOf(await store.readSavedDataset(name).toArrow()),
  }),
  read_parquet: async ({ repo }, { path = '' }) => ({ kind: 'table', table: await readParquet(join(repo, path)) }),
  write_offline: async ({ store, folder, goldenCase }, { view = '', df = '', reorder_columns }) => {
    const rows = await readFrame(folder, goldenCase, df)
    await store.writeToOfflineStore({ view, rows, reorderColumns: reorder_columns })
    return done
  },
  push: async ({ store, folder, goldenCase }, { push_source = '', df = '', to = 'ONLINE' }) => {
    const target = pushTargets[to]
    if (target === undefined) throw new Error(`case.json pushes to ${to}`)
    await store.push({ source: push_source, rows: await readFrame(folder, goldenCase, df), to: target })
    return done
  },
  write_online: async ({ store, folder, goldenCase }, { view = '', df = '' }) => {
    await store.writeToOnlineStore({ view, rows: await readFrame(folder, goldenCase, df) })
    return done
  },
  log: async ({ store, folder, goldenCase, repo }, { service = '', df = '', path = '' }) => {
    await store.writeLoggedFeatures({ service, logs: await readFrame(folder, goldenCase, df) })
    const names = readdirSync(join(repo, path), { recursive: true, encoding: 'utf8' })
    const files = names.filter((name) => name.endsWith('.parquet'))
    const folders = [...new Set(files.map((name) => dirname(name)))].sort()
    const written = await readParquet(join(repo, path))
    const schema = written.columns.map(({ name, type }) => [name, type])
    return { kind: 'fields', fields: { log_schema: schema, n_files: files.length, files: folders } }
  },
  read_logs: async ({ store }, { service = '', start = '', end = '' }) => ({
    kind: 'table',
    table: goldenTableOf(await store.readLoggedFeatures({ service, start, end }).toArrow()),
  }),
}

const done: Actual = { kind: 'done' }

/** Where a case's online store is, relative to its repository. */
export const onlinePath = 'data/online_store.db'

const pushTargets: { readonly [to: string]: 'online' | 'offline' | 'onlineAndOffline' } = {
  ONLINE: 'online',
  OFFLINE: 'offline',
  ONLINE_AND_OFFLINE: 'onlineAndOffline',
}

function pullOptions(request: StepRequest): Parameters<FeatureStore['pullAll']>[1] {
  return {
    joinKeys: request.join_keys,
    features: request.features as readonly string[] | undefined,
    timestampField: request.timestamp_field,
    createdTimestampColumn: request.created,
    start: request.start ?? undefined,
    end: request.end ?? undefined,
  }
}

export async function historicalJob(
  running: RunningCase,
  request: StepRequest,
): Promise<ReturnType<FeatureStore['getHistoricalFeatures']>> {
  const { store, folder, goldenCase } = running
  const { entity_df, features = [] } = request
  const entities =
    typeof entity_df === 'string'
      ? await readFrame(folder, goldenCase, entity_df)
      : entity_df === null || entity_df === undefined
        ? undefined
        : { sql: entity_df.sql }
  return store.getHistoricalFeatures({
    features: 'service' in features ? await store.getFeatureService(features.service) : features,
    ...(entities !== undefined && { entities }),
    fullFeatureNames: request.full_feature_names ?? false,
    filterByCreatedTimestamp: request.filter_by_created_timestamp ?? false,
    start: request.start_date,
    end: request.end_date,
  })
}

async function saveDataset(running: RunningCase, request: StepRequest): Promise<Actual> {
  const { store, repo, lastHistorical } = running
  if (lastHistorical === undefined) throw new Error('case.json saves a data set before it retrieves one')
  const { name = '', path = '', allow_overwrite } = request
  const from = await historicalJob(running, lastHistorical)
  const saved = await store.createSavedDataset({ name, from, storage: path, overwrite: allow_overwrite ?? false })
  const dataset = {
    name: saved.name,
    features: saved.features,
    join_keys: saved.joinKeys,
    full_feature_names: saved.fullFeatureNames,
    min_event_timestamp: saved.minEventTimestamp?.toString() ?? null,
    max_event_timestamp: saved.maxEventTimestamp?.toString() ?? null,
  }
  const kind = statSync(join(repo, path)).isDirectory() ? 'dir' : 'file'
  return { kind: 'fields', fields: { dataset, path_kind: kind } }
}

async function intervalsOf(store: FeatureStore): Promise<Intervals> {
  const contents = await store.contents()
  const views = [...contents.featureViews, ...contents.streamFeatureViews]
  return Object.fromEntries(
    views.map((view) => [view.name, view.intervals.map(({ start, end }) => [start, end] as const)]),
  )
}

/** Feast calls a type that nobody declared UNKNOWN. */
function valueTypeName(type: DataType): string {
  if (type.kind !== 'scalar') return ''
  return type.name === 'invalid' ? 'UNKNOWN' : scalarTypes[type.name].enum
}

const viewKinds: { readonly [kind: string]: string } = {
  featureView: 'FeatureView',
  streamFeatureView: 'StreamFeatureView',
}

/** The registry after an apply, in the form that was recorded of Feast's. */
async function appliedState(store: FeatureStore, goldenCase: GoldenCase): Promise<unknown> {
  const contents = await store.contents()
  const columns = (
    fields: readonly { readonly name: string; readonly type: Parameters<typeof formatDataType>[0] }[],
  ): unknown => fields.map((field) => [field.name, formatDataType(field.type)])
  const entities = contents.entities
    .filter((entity) => entity.name !== '__dummy')
    .map((entity) => [entity.name, { join_key: entity.joinKey, value_type: valueTypeName(entity.type) }])
  const files = contents.dataSources.filter((source) => source.kind === 'file')
  const sources = files.map((source) => [
    source.name,
    {
      timestamp_field: source.timestampField,
      created_timestamp_column: source.createdTimestampColumn,
      field_mapping: source.fieldMapping,
    },
  ])
  const views = [...contents.featureViews, ...contents.streamFeatureViews].map((view) => [
    view.name,
    {
      kind: kindOf(goldenCase, view.name) ?? viewKinds[view.kind],
      features: columns(view.features),
      entity_columns: columns(view.entityColumns),
      ttl_seconds: view.ttl === null ? null : view.ttl.seconds,
    },
  ])
  return {
    entities: Object.fromEntries(entities),
    sources: Object.fromEntries(sources),
    views: Object.fromEntries(views),
  }
}

/** Batch views are feature views in the registry; the case says which they are. */
function kindOf(goldenCase: GoldenCase, name: string): string | undefined {
  const view = goldenCase.definitions.views.find((each) => each.name === name)
  return view?.kind === 'batch_feature_view' ? 'BatchFeatureView' : undefined
}

/** Removes the repository of a case that has run. */
export function removeRepository(repo: string): void {
  rmSync(repo, { recursive: true, force: true })
}
