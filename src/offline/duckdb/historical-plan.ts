import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { suggestion } from '../../base/suggest.ts'
import type { HistoricalRequest, ViewJoin } from '../../plugin/offline-store.ts'
import { chooseStrategy, describeChoice, type JoinStatistics } from '../../sql/choose-strategy.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import type { JoinStrategy, PointInTimePlan, ViewPlan } from '../../sql/point-in-time-plan.ts'
import type { RowOrder } from '../../sql/row-order.ts'
import type { ResultColumn } from './arrow-columns.ts'
import { allowDirectGroups } from './direct-groups.ts'
import type { Session } from './duckdb-driver.ts'
import { type EntityInput, type EntityStatistics, entityTable, rowColumn } from './entity-table.ts'
import { sameKeyClass } from './key-types.ts'
import { estimateRowsPerKey, rowOrderOf, type TimeRange } from './source-statistics.ts'
import {
  openSourceTable,
  requireColumn,
  requireTimeColumn,
  type SourceTable,
  type TableColumn,
} from './source-table.ts'
import { timeBounds, timeKindOf } from './time-bounds.ts'

/** A plan for loaded entity rows, and why each view is joined as it is. */
export interface HistoricalPlan {
  readonly plan: PointInTimePlan
  readonly columns: readonly ResultColumn[]
  readonly reasons: readonly { readonly view: string; readonly strategy: JoinStrategy; readonly reason: string }[]
}

export interface PlanOptions {
  readonly repoPath: string
  /** Times without a zone stay so, unless they are the event times. */
  readonly keepNaive: boolean
  /** For tests and measurements; chosen from statistics when absent. */
  readonly strategy?: JoinStrategy
  readonly recordOrder?: boolean
}

/** @throws FTS4001, FTS4004, FTS4007, FTS4018, FTS4505 when request, entity rows and sources do not fit together. */
export async function planHistorical(
  session: Session,
  request: HistoricalRequest,
  entity: EntityInput,
  statistics: EntityStatistics,
  options: PlanOptions,
): Promise<HistoricalPlan> {
  refuseClashes(request.views, entity)
  const views: ViewPlan[] = []
  const reasons: { view: string; strategy: JoinStrategy; reason: string }[] = []
  for (const join of request.views) {
    const { view, reason } = await planView(session, request, join, entity, statistics, options)
    views.push(view)
    reasons.push({ view: join.name, strategy: view.strategy, reason })
  }
  // Entity rows are numbered without gaps.
  await allowDirectGroups(session, statistics.rows, groupBytes(views))
  const entityColumns = entity.columns.map(({ column, name }) => ({ column, output: name }))
  return {
    plan: { entityTable, rowColumn, entityColumns, timestampColumn: entity.timestamp.column, views },
    columns: resultColumns(request, entity, options.keepNaive),
    reasons,
  }
}

/** Bytes that an entity row's group takes in the aggregates of all views. */
const groupBytes = (views: readonly ViewPlan[]): number =>
  views.reduce((sum, { strategy, features }) => sum + (strategy === 'carry' ? 48 * features.length : 32), 0)

/** Names and times of the result, in its order. */
export function resultColumns(
  request: HistoricalRequest,
  entity: EntityInput,
  keepNaive: boolean,
): readonly ResultColumn[] {
  return [
    ...entity.columns.map(({ name }) => ({ name, keepNaive: keepNaive && name !== entity.timestamp.name })),
    ...request.views.flatMap(({ features }) => features.map(({ output }) => ({ name: output }))),
  ]
}

function refuseClashes(views: readonly ViewJoin[], entity: EntityInput): void {
  const taken = new Map(entity.columns.map(({ name }) => [name, 'a column of the entity rows']))
  for (const view of views) {
    for (const { output } of view.features) {
      const other = taken.get(output)
      if (other !== undefined) {
        throw new FeatureStoreError('FTS4505', {
          message: `The feature "${output}" of the feature view "${view.name}" would have the name of ${other}.`,
          notes: ['full feature names put the name of the view in front'],
        })
      }
      taken.set(output, `a feature of the feature view "${view.name}"`)
    }
  }
}

async function planView(
  session: Session,
  request: HistoricalRequest,
  join: ViewJoin,
  entity: EntityInput,
  statistics: EntityStatistics,
  options: PlanOptions,
): Promise<{ readonly view: ViewPlan; readonly reason: string }> {
  const user = `feature view "${join.name}"`
  const table = await openSourceTable(session, join.source, options.repoPath)
  const timestamp = requireTimeColumn(table, join.timestampColumn, user)
  const created = join.createdColumn === null ? null : requireTimeColumn(table, join.createdColumn, user)
  const keys = join.keys.map(({ sourceColumn, entityColumn }) => ({
    source: requireColumn(table, sourceColumn, user),
    entity: entityKey(entity, entityColumn, join),
  }))
  for (const key of keys) sameKeyClass(key.entity.type, key.source.type, key.entity.name, join.name, 'the entity rows')
  const features = join.features.map(({ sourceColumn, output }) => ({
    column: requireColumn(table, sourceColumn, user),
    output,
  }))
  const { order: known, eventMicros } = await rowOrderOf(session, table, timestamp, created)
  const order: RowOrder = options.recordOrder === true ? { kind: 'record' } : known
  const ttlMicros = join.ttl === null || join.ttl.micros > longestTtl ? null : join.ttl.micros
  const filterByCreated = request.filterByCreated && created !== null
  const sourceKeys = keys.map(({ source }) => source)
  const joined = await joinStatistics(session, {
    table,
    sourceKeys,
    features,
    eventMicros,
    ttlMicros,
    statistics,
    filterByCreated,
    order,
  })
  const choice = chooseStrategy(joined)
  const view: ViewPlan = {
    name: join.name,
    relation: table.relation,
    position: table.position,
    keys: keys.map((key) => ({ sourceColumn: key.source.column, entityColumn: key.entity.column })),
    timestampColumn: timestamp.column,
    createdColumn: created?.column ?? null,
    timestampKind: timeKindOf(timestamp.type),
    createdKind: created === null ? null : timeKindOf(created.type),
    features: features.map(({ column, output }) => ({ sourceColumn: column.column, output })),
    ttlMicros,
    filterByCreated,
    prune: pruned(timestamp, statistics, ttlMicros, eventMicros),
    strategy: options.strategy ?? choice.strategy,
    order,
    orderedScan: choice.orderedScan,
  }
  const packing =
    order.kind === 'packed'
      ? 'order packed into one integer'
      : 'order kept as a record: no usable statistics of its times'
  const forced = options.strategy === undefined ? '' : '; plan forced'
  return { view, reason: `${describeChoice(choice, joined)}; ${packing}${forced}` }
}

function entityKey(entity: EntityInput, name: string, join: ViewJoin): EntityInput['columns'][number] {
  const found = entity.columns.find((column) => column.name === name)
  if (found !== undefined) return found
  const names = entity.columns.map((column) => column.name)
  throw new FeatureStoreError('FTS4001', {
    message: `The entity rows have no column "${name}", which the feature view "${join.name}" is joined on.${suggestion(name, names)}`,
    notes: [`their columns are ${names.join(', ')}`],
    field: name,
  })
}

/** Beyond this any time is within the ttl, and 64 bits would not hold the difference. */
const longestTtl = 2n ** 61n

interface KnownOfView {
  readonly table: SourceTable
  readonly sourceKeys: readonly TableColumn[]
  readonly features: readonly { readonly column: TableColumn }[]
  readonly eventMicros: TimeRange | null
  readonly ttlMicros: bigint | null
  readonly statistics: EntityStatistics
  readonly filterByCreated: boolean
  readonly order: RowOrder
}

async function joinStatistics(session: Session, known: KnownOfView): Promise<JoinStatistics> {
  const { table, sourceKeys, features, eventMicros, ttlMicros } = known
  const wideFeatures = features.filter(({ column }) =>
    /^(VARCHAR|BLOB|STRUCT|MAP|JSON|UUID)|\]$/.test(column.type),
  ).length
  const range = eventMicros === null ? null : Number(eventMicros.max - eventMicros.min)
  const share = ttlMicros === null || range === null || range === 0 ? 1 : Math.min(1, Number(ttlMicros) / range)
  return {
    sourceRows: table.rows,
    entityRows: known.statistics.rows,
    rowsPerKey: await estimateRowsPerKey(session, table, sourceKeys),
    // Entity times lie anywhere in the history: on average half of it is before them.
    windowShare: Math.min(0.5, share),
    fixedFeatures: features.length - wideFeatures,
    wideFeatures,
    filterByCreated: known.filterByCreated,
    carriesExactly: known.order.kind === 'packed' && !features.some(({ column }) => isNested(column.type)),
  }
}

const isNested = (type: string): boolean => /^(STRUCT|MAP)|\]$/.test(type)

/** A filter on every row costs more than it saves unless it spares this share of the source's time range. */
const worthwhile = 0.05

/** The times that any entity row can see, where that leaves out a good part of the source. */
function pruned(
  timestamp: TableColumn,
  { micros }: EntityStatistics,
  ttlMicros: bigint | null,
  source: TimeRange | null,
): string | null {
  if (micros === null) return null
  const column = duckdbDialect.identifier(timestamp.column)
  const from = ttlMicros === null ? null : micros.min - ttlMicros
  const spared = (early: bigint, late: bigint): boolean =>
    source === null || Number(late - early) > worthwhile * Number(source.max - source.min)
  const lower = from !== null && spared(source?.min ?? from, from) ? from : null
  const upper = spared(micros.max, source?.max ?? micros.max) ? micros.max : null
  const bounds = timeBounds(column, timestamp.type, lower, upper)
  return bounds.length === 0 ? null : bounds.join(' AND ')
}
