import type { Table } from 'apache-arrow'
import { Instant } from '../../src/base/instant.ts'
import { rowsFromBatch } from '../../src/types/arrow.ts'
import type { FeatureRow, FeatureValue } from '../../src/types/feature-value.ts'
import type { GoldenCase, StepRequest } from './case-file.ts'
import { computeRow } from './case-functions.ts'
import { asOf, readView, type SourceView } from './case-oracle.ts'
import type { GoldenTable } from './golden-table.ts'
import { canonical } from './outcome.ts'
import { featuresOf, outputName, type RequestedView, requestedViews } from './requested-columns.ts'

/**
 * A historical request answered by nested loops: every entity row once, with the row of each view as of its time. Only
 * names and values; column types are `any`.
 */
export async function historicalByRule(
  repo: string,
  goldenCase: GoldenCase,
  request: StepRequest,
  entities: Table | null,
): Promise<GoldenTable> {
  const requested = requestedViews(goldenCase, request)
  const onDemand = new Set(
    goldenCase.definitions.views.filter((view) => view.outputs && !view.source).map((view) => view.name),
  )
  const stored = await Promise.all(
    joinedViews(goldenCase, requested, onDemand).map(async (each) => ({
      ...each,
      source: await readView(repo, goldenCase.definitions, each.view),
    })),
  )
  const rows = entities === null ? keysInRange(stored, request) : rowsFromBatch(entities)
  const timestamp = timestampColumn(rows)
  const results = rows.map((row) => {
    const time = timeOf(row[timestamp])
    const values: Record<string, FeatureValue> = { ...row }
    for (const { prefix, features, joinKeyMap, source } of stored) {
      const keys = Object.fromEntries(source.keys.map((key) => [key, row[joinKeyMap[key] ?? key] ?? null]))
      const found =
        time === null ? null : asOf(source, keys, time, request.filter_by_created_timestamp === true ? time : null)
      for (const feature of features) {
        values[outputName(prefix, feature, request.full_feature_names)] = (found?.[feature] ?? null) as FeatureValue
      }
    }
    return withOnDemand(goldenCase, requested, onDemand, values, request)
  })
  const names = [
    ...Object.keys(rows[0] ?? {}),
    ...requested.flatMap(({ prefix, features }) =>
      features.map((feature) => outputName(prefix, feature, request.full_feature_names)),
    ),
  ]
  return {
    columns: names.map((name) => ({ name, type: 'any' })),
    rows: results.map((row) => names.map((name) => row[name] ?? null)),
  }
}

/** `event_timestamp`, else the only column of times. */
function timestampColumn(rows: readonly FeatureRow[]): string {
  const names = Object.keys(rows[0] ?? {})
  const times = names.filter((name) => rows.some((row) => row[name] instanceof Instant))
  return names.includes('event_timestamp') ? 'event_timestamp' : (times[0] ?? 'event_timestamp')
}

/** Why a request has no answer; undefined when it has one. */
export function refusedByRule(goldenCase: GoldenCase, request: StepRequest): string | undefined {
  for (const { view, features } of requestedViews(goldenCase, request)) {
    const known = featuresOf(goldenCase, view)
    if (!goldenCase.definitions.views.some((each) => each.name === view)) return `there is no view ${view}`
    const unknown = features.find((feature) => !known.includes(feature))
    if (unknown !== undefined) return `${view} has no feature ${unknown}`
  }
  return undefined
}

interface JoinedView extends RequestedView {
  readonly source: SourceView
}

/** The stored views of a request, and those that its on-demand views compute from. */
function joinedViews(
  goldenCase: GoldenCase,
  requested: readonly RequestedView[],
  onDemand: ReadonlySet<string>,
): RequestedView[] {
  const views = requested.filter((each) => !onDemand.has(each.view))
  for (const { view } of requested.filter((each) => onDemand.has(each.view))) {
    const definition = goldenCase.definitions.views.find((each) => each.name === view)
    for (const name of definition?.sources ?? []) {
      const source = goldenCase.definitions.views.find((each) => each.name === name)
      if (source === undefined || onDemand.has(name)) continue
      const features = (source.schema ?? []).map((field) => field.name)
      const at = views.findIndex((each) => each.view === name)
      const known = views[at]
      if (known === undefined) views.push({ view: name, prefix: name, joinKeyMap: {}, features })
      else views[at] = { ...known, features: [...new Set([...known.features, ...features])] }
    }
  }
  return views
}

function withOnDemand(
  goldenCase: GoldenCase,
  requested: readonly RequestedView[],
  onDemand: ReadonlySet<string>,
  row: FeatureRow,
  request: StepRequest,
): FeatureRow {
  const values: Record<string, FeatureValue> = { ...row }
  for (const { view, prefix } of requested.filter((each) => onDemand.has(each.view))) {
    const outputs = goldenCase.definitions.views.find((each) => each.name === view)?.outputs ?? []
    for (const [name, value] of Object.entries(computeRow(outputs, values))) {
      values[outputName(prefix, name, request.full_feature_names)] = value
    }
  }
  return values
}

const thirtyDays = 30n * 86_400_000_000n

/** Every key with an event from start to end in any of the views, as of the end. */
function keysInRange(views: readonly JoinedView[], request: StepRequest): FeatureRow[] {
  const end = timeOf(request.end_date) ?? 0n
  const ttls = views.map(({ source }) => BigInt(Math.round((source.view.ttl_seconds ?? 0) * 1e6)))
  const [longest = 0n] = ttls.sort((a, b) => (b > a ? 1 : -1))
  const start = timeOf(request.start_date) ?? end - (longest > 0n ? longest : thirtyDays)
  const found = new Map<string, FeatureRow>()
  for (const { source } of views) {
    for (const row of source.rows) {
      const time = timeOf(row[source.timestamp])
      const known = source.keys.every((key) => row[key] !== null && row[key] !== undefined)
      if (time === null || time < start || time > end || !known) continue
      const keys = Object.fromEntries(source.keys.map((key) => [key, row[key] as FeatureValue]))
      found.set(canonical(keys), { ...keys, event_timestamp: Instant.fromEpochMicros(end) })
    }
  }
  return [...found.values()]
}

function timeOf(value: unknown): bigint | null {
  if (value instanceof Instant) return value.epochMicros
  return typeof value === 'string' ? (Instant.parse(value)?.epochMicros ?? null) : null
}
