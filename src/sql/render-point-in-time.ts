import type { SqlDialect, TimeKind } from './dialect.ts'
import type { PointInTimePlan, ViewPlan } from './point-in-time-plan.ts'
import { orderKey, positionOfKey, upperOrderKey } from './row-order.ts'

/**
 * The plan as one query: the entity columns, then the features of each view in order, one row per entity row, in the
 * order of the entity rows.
 */
export function renderPointInTime(plan: PointInTimePlan, dialect: SqlDialect): string {
  const name = dialect.identifier
  const winners = plan.views.map((view, index) => `${winnersOf(index)} AS (\n${winnerQuery(plan, view, dialect)}\n)`)
  const columns = [
    ...plan.entityColumns.map(({ column, output }) => `e.${name(column)} AS ${name(output)}`),
    ...plan.views.flatMap((view, index) =>
      view.features.map(({ output }, place) => `${winnersOf(index)}.f${place} AS ${name(output)}`),
    ),
  ]
  const joins = plan.views.map(
    (_, index) => `LEFT JOIN ${winnersOf(index)} ON ${winnersOf(index)}.r = ${rowNumber(plan, dialect)}`,
  )
  return [
    ...(winners.length === 0 ? [] : [`WITH ${winners.join(',\n')}`]),
    `SELECT ${columns.join(', ')}`,
    `FROM ${name(plan.entityTable)} AS e`,
    ...joins,
    `ORDER BY ${rowNumber(plan, dialect)}`,
  ].join('\n')
}

const winnersOf = (index: number): string => `v${index}`
const rowNumber = (plan: PointInTimePlan, dialect: SqlDialect): string => `e.${dialect.identifier(plan.rowColumn)}`

/** The winner's features of one view: `r` the entity row's number, `f0`, `f1` … Entity rows without one are absent. */
function winnerQuery(plan: PointInTimePlan, view: ViewPlan, dialect: SqlDialect): string {
  return { carry: carryQuery, gather: gatherQuery, asof: asofQuery }[view.strategy](plan, view, dialect)
}

function carryQuery(plan: PointInTimePlan, view: ViewPlan, dialect: SqlDialect): string {
  const order = joinedOrder(view, dialect)
  const carried = view.features.map((_, place) => `${dialect.argMax(`s.f${place}`, order)} AS f${place}`)
  return [
    `  SELECT ${[`${rowNumber(plan, dialect)} AS r`, ...carried].join(', ')}`,
    ...candidates(plan, view, true, dialect),
    `  GROUP BY ${rowNumber(plan, dialect)}`,
  ].join('\n')
}

function gatherQuery(plan: PointInTimePlan, view: ViewPlan, dialect: SqlDialect): string {
  const features = view.features.map(({ sourceColumn }, place) => `${dialect.identifier(sourceColumn)} AS f${place}`)
  return [
    `  SELECT ${['w.r', ...view.features.map((_, place) => `s.f${place}`)].join(', ')}`,
    `  FROM (SELECT r, ${positionOfKey(view.order, 'o', dialect)} AS n FROM (`,
    `    SELECT ${rowNumber(plan, dialect)} AS r, max(${joinedOrder(view, dialect)}) AS o`,
    ...candidates(plan, view, false, dialect),
    `    GROUP BY ${rowNumber(plan, dialect)})) AS w`,
    `  JOIN (SELECT ${[`${view.position} AS n`, ...features].join(', ')} FROM ${view.relation}) AS s ON s.n = w.n`,
  ].join('\n')
}

function asofQuery(plan: PointInTimePlan, view: ViewPlan, dialect: SqlDialect): string {
  if (view.filterByCreated && view.createdColumn !== null) return asofVisibleQuery(plan, view, dialect)
  const time = entityMicros(plan, dialect)
  const features = view.features.map((_, place) => `s.f${place}`)
  const nearest = dialect.asofJoin(`${dialect.identifier(plan.entityTable)} AS e`, scan(view, true, true, dialect), [
    ...keyConditions(view, dialect),
    `${upperOrderKey(view.order, time, dialect)} >= s.o`,
  ])
  return [
    `  SELECT ${[`${rowNumber(plan, dialect)} AS r`, ...features].join(', ')}`,
    `  FROM ${nearest}`,
    // A null time has no order key, but a bound built from it may have one.
    `  WHERE ${time} IS NOT NULL${view.ttlMicros === null ? '' : ` AND ${compared('s.t', view.timestampKind, '>=', `${time} - ${view.ttlMicros}`, dialect)}`}`,
  ].join('\n')
}

/**
 * A merge cannot compare two times at once. So each row becomes visible at the later of its event and created times, and
 * from then on the greatest order key among the visible rows of its key is the winner: a running maximum. Its features
 * are fetched by position.
 */
function asofVisibleQuery(plan: PointInTimePlan, view: ViewPlan, dialect: SqlDialect): string {
  const time = entityMicros(plan, dialect)
  const keys = view.keys.map((_, place) => `s.k${place}`)
  const visible = `greatest(${dialect.epochMicros('s.t')}, ${dialect.epochMicros('s.c')})`
  const partition = keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')} `
  const running = `max(s.o) OVER (${partition}ORDER BY ${visible} RANGE UNBOUNDED PRECEDING) AS o`
  const source = `(SELECT ${[...keys, `${visible} AS a`, running].join(', ')} FROM ${scan(view, false, true, dialect)} WHERE s.c IS NOT NULL) AS s`
  const entity = `${dialect.identifier(plan.entityTable)} AS e`
  const nearest = dialect.asofJoin(entity, source, [...keyConditions(view, dialect), `${time} >= s.a`])
  const features = view.features.map((_, place) => `s.f${place}`)
  const young = view.ttlMicros === null ? '' : ` AND ${dialect.epochMicros('s.t')} >= w.m - ${view.ttlMicros}`
  return [
    `  SELECT ${['w.r', ...features].join(', ')}`,
    `  FROM (SELECT r, m, ${positionOfKey(view.order, 'o', dialect)} AS n FROM (`,
    `    SELECT ${rowNumber(plan, dialect)} AS r, ${time} AS m, s.o FROM ${nearest} WHERE ${time} IS NOT NULL)) AS w`,
    `  JOIN ${scan(view, true, false, dialect)} ON s.n = w.n${young}`,
  ].join('\n')
}

/** Every pair of an entity row and a source row that it may see. */
function candidates(plan: PointInTimePlan, view: ViewPlan, withFeatures: boolean, dialect: SqlDialect): string[] {
  const time = entityMicros(plan, dialect)
  const on = [
    ...keyConditions(view, dialect),
    compared('s.t', view.timestampKind, '<=', time, dialect),
    ...(view.ttlMicros === null
      ? []
      : [compared('s.t', view.timestampKind, '>=', `${time} - ${view.ttlMicros}`, dialect)]),
    ...(view.filterByCreated && view.createdColumn !== null
      ? [compared('s.c', view.createdKind, '<=', time, dialect)]
      : []),
  ]
  return [
    `  FROM ${dialect.identifier(plan.entityTable)} AS e`,
    `  JOIN ${scan(view, withFeatures, view.orderedScan, dialect)}`,
    `  ON ${on.join(' AND ')}`,
  ]
}

const keyConditions = (view: ViewPlan, dialect: SqlDialect): string[] =>
  view.keys.map(({ entityColumn }, place) => `e.${dialect.identifier(entityColumn)} = s.k${place}`)

const entityMicros = (plan: PointInTimePlan, dialect: SqlDialect): string =>
  dialect.epochMicros(`e.${dialect.identifier(plan.timestampColumn)}`)

/** A comparison that converts the entity row's side, which has fewer rows, where it can. */
function compared(
  time: string,
  kind: TimeKind | null,
  operator: '<=' | '>=',
  micros: string,
  dialect: SqlDialect,
): string {
  return kind === null
    ? `${dialect.epochMicros(time)} ${operator} ${micros}`
    : `${time} ${operator} ${dialect.timeOfMicros(kind, micros)}`
}

/** The order key of a joined row, computed here or in the scan. */
function joinedOrder(view: ViewPlan, dialect: SqlDialect): string {
  if (view.orderedScan) return 's.o'
  const created = view.createdColumn === null ? null : dialect.epochMicros('s.c')
  return orderKey(view.order, { event: dialect.epochMicros('s.t'), created, position: 's.n' }, dialect)
}

/** The source under short names: keys `k0` …, event `t`, created `c`, position `n`, order `o`, features `f0` … */
function scan(view: ViewPlan, withFeatures: boolean, withOrder: boolean, dialect: SqlDialect): string {
  const name = dialect.identifier
  const event = dialect.epochMicros(name(view.timestampColumn))
  const created = view.createdColumn === null ? null : dialect.epochMicros(name(view.createdColumn))
  const columns = [
    ...view.keys.map(({ sourceColumn }, place) => `${name(sourceColumn)} AS k${place}`),
    `${name(view.timestampColumn)} AS t`,
    ...(view.createdColumn === null ? [] : [`${name(view.createdColumn)} AS c`]),
    withOrder
      ? `${orderKey(view.order, { event, created, position: view.position }, dialect)} AS o`
      : `${view.position} AS n`,
    ...(withFeatures ? view.features.map(({ sourceColumn }, place) => `${name(sourceColumn)} AS f${place}`) : []),
  ]
  // Without the first, ASOF would let a row without a time take part; the conditions of the other joins refuse it.
  const where = [
    ...(view.strategy === 'asof' ? [`${name(view.timestampColumn)} IS NOT NULL`] : []),
    ...(view.prune === null ? [] : [view.prune]),
  ]
  const filter = where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`
  return `(SELECT ${columns.join(', ')} FROM ${view.relation}${filter}) AS s`
}
