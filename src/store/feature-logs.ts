import { randomUUID } from 'node:crypto'
import type { DataType as ArrowType, RecordBatch, Table } from 'apache-arrow'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Instant } from '../base/instant.ts'
import { didYouMean } from '../base/suggest.ts'
import { dummyJoinKey } from '../model/entity.ts'
import type { FeatureService, LoggingDestination } from '../model/feature-service.ts'
import { projectedName } from '../model/feature-view-projection.ts'
import type { Field } from '../model/field.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { getAnyFeatureView, getFeatureService } from '../registry/lookup.ts'
import { arrowTypeOf, columnData, loadArrow } from '../types/arrow.ts'
import { type DataType, int32, string, unixTimestamp } from '../types/data-type.ts'
import type { FeatureRow } from '../types/feature-value.ts'
import { columnNames, objectsOf, type RowsInput, requireRows, typedRow } from './offline-rows.ts'
import { batchOf, RowBatches } from './row-batches.ts'
import type { StoreContext } from './store-context.ts'
import { type TimeInput, toInstant } from './time-input.ts'

/** A column of a feature log. `unit` says how times are stored where it is not microseconds. */
export interface LogColumn {
  readonly name: string
  readonly type: DataType
  readonly unit?: 'second' | 'day'
}

const logTimestamp = '__log_timestamp'
const logDate = '__log_date'
const requestId = '__request_id'

/**
 * The columns of a feature service's log, in order: per view its join keys (under the names of the entity rows) or its
 * request values, then each feature with its event time and status; last the time, date and id of the request.
 * Source: Feast's schema of logged features.
 */
export function logColumns(contents: RegistryContents, project: string, service: FeatureService): readonly LogColumn[] {
  const columns = new Map<string, LogColumn>()
  const add = (column: LogColumn): unknown => columns.set(column.name, column)
  for (const projection of service.projections) {
    const view = getAnyFeatureView(contents, project, projection.viewName)
    for (const { name, type } of keyFields(view)) add({ name: projection.joinKeyMap[name] ?? name, type })
    for (const { name, type } of projection.features) {
      const full = `${projectedName(projection)}__${name}`
      add({ name: full, type })
      add({ name: `${full}__timestamp`, type: unixTimestamp, unit: 'second' })
      add({ name: `${full}__status`, type: int32 })
    }
  }
  add({ name: logTimestamp, type: unixTimestamp })
  add({ name: logDate, type: unixTimestamp, unit: 'day' })
  add({ name: requestId, type: string })
  return [...columns.values()]
}

function keyFields(view: ReturnType<typeof getAnyFeatureView>): readonly Field[] {
  if (view.kind !== 'onDemandFeatureView') return view.entityColumns.filter((field) => field.name !== dummyJoinKey)
  return Object.values(view.sources).flatMap((source) =>
    source.kind === 'request' && source.source.kind === 'request' ? source.source.schema : [],
  )
}

export interface WriteLoggedFeaturesRequest {
  /** Name of the feature service that was served. */
  readonly service: string
  /**
   * Columns as {@link logColumns} says. Of `__log_timestamp` (default: now), `__log_date` (default: its day) and
   * `__request_id` (default: a new one) any may be left out.
   */
  readonly logs: RowsInput
}

/**
 * Adds served features to the log of a feature service, as one more file, and returns how many rows.
 * @throws FTS3105 for an unknown service, FTS4512 when it has no logging destination, FTS4513 when columns differ,
 * FTS4516 for what is no rows.
 */
export async function writeLoggedFeatures(context: StoreContext, request: WriteLoggedFeaturesRequest): Promise<number> {
  const contents = await context.contents()
  const service = getFeatureService(contents, context.project, request.service)
  const destination = destinationOf(service)
  const columns = logColumns(contents, context.project, service)
  const logs = requireRows(request.logs)
  refuseOtherColumns(service, columnNames(logs), columns)
  const rows = objectsOf(logs).map((row, index) => typedRow(completed(row, context.clock.now()), index, columns))
  if (rows.length > 0) await (await context.offlineStore()).writeLogs(await logTable(rows, columns), destination)
  return rows.length
}

/** Fills in what the store knows about the request itself. */
function completed(row: Readonly<Record<string, unknown>>, now: Instant): Readonly<Record<string, unknown>> {
  const time = row[logTimestamp] ?? now
  return {
    ...row,
    [logTimestamp]: time,
    [logDate]: row[logDate] ?? time,
    [requestId]: row[requestId] ?? randomUUID(),
  }
}

/**
 * The logged rows of a feature service whose log time lies in the window, inclusive at both ends.
 * @throws FTS3105, FTS4512, FTS4503
 */
export function readLoggedFeatures<Row = FeatureRow>(
  context: StoreContext,
  request: { readonly service: string; readonly start: TimeInput; readonly end: TimeInput },
): RowBatches<Row> {
  const start = toInstant(request.start, 'start')
  const end = toInstant(request.end, 'end')
  async function* read(): AsyncGenerator<RecordBatch> {
    const service = getFeatureService(await context.contents(), context.project, request.service)
    yield* (await context.offlineStore()).readLogs(destinationOf(service), { start, end })
  }
  return new RowBatches<Row>(read)
}

function destinationOf(service: FeatureService): LoggingDestination {
  const destination = service.logging?.destination ?? null
  if (destination !== null) return destination
  throw new FeatureStoreError('FTS4512', {
    message: `The feature service "${service.name}" has no logging destination.`,
    notes: ['define it with logging: { destination: { kind: "file", path: "data/logs" } } and apply'],
  })
}

function refuseOtherColumns(service: FeatureService, given: readonly string[], columns: readonly LogColumn[]): void {
  const optional = new Set([logTimestamp, logDate, requestId])
  const expected = columns.map((column) => column.name)
  const missing = expected.filter((name) => !given.includes(name) && !optional.has(name))
  const extra = given.filter((name) => !expected.includes(name))
  if (given.length === 0 || (missing.length === 0 && extra.length === 0)) return
  const hints = extra.flatMap((name) => {
    const near = didYouMean(name, missing)
    return near === undefined ? [] : [`"${name}": did you mean "${near}"?`]
  })
  throw new FeatureStoreError('FTS4513', {
    message: `The columns of the log rows are not those of the feature service "${service.name}".`,
    notes: [
      ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
      ...(extra.length > 0 ? [`not in the log: ${extra.join(', ')}`] : []),
      ...hints,
    ],
    field: 'logs',
  })
}

async function logTable(rows: readonly FeatureRow[], columns: readonly LogColumn[]): Promise<Table> {
  const arrow = await loadArrow()
  const made = columns.map(({ name, type, unit }) => {
    const values = rows.map((row) => row[name] ?? null)
    const arrowType =
      unit === 'second' ? new arrow.TimestampSecond('UTC') : unit === 'day' ? new arrow.DateDay() : arrowTypeOf(type)
    return { field: new arrow.Field<ArrowType>(name, arrowType, true), data: columnData(values, arrowType, name) }
  })
  return new arrow.Table([await batchOf(made, rows.length)])
}
