import type { SqlDialect } from './dialect.ts'
import { orderKey, positionOfKey, type RowOrder } from './row-order.ts'

/** Rows of one source, to be read as they are or reduced to the latest of each key. Column names are the engine's. */
export interface PullPlan {
  readonly relation: string
  readonly position: string
  readonly keys: readonly string[]
  readonly timestampColumn: string
  readonly createdColumn: string | null
  /** What is delivered, in order. */
  readonly columns: readonly { readonly column: string; readonly output: string }[]
  /** Conditions on the time, as SQL over {@link relation}. */
  readonly where: readonly string[]
  readonly order: RowOrder
  /** Expressions that the result is ordered by; none keeps the order of the source. */
  readonly orderBy: readonly string[]
}

/** Every row in the window, in the order of the source. */
export function renderPullAll(plan: PullPlan, dialect: SqlDialect): string {
  return `SELECT ${delivered(plan, dialect)}\nFROM ${plan.relation}${whereClause(plan.where)}`
}

/**
 * The latest row of each key, in the order of the source unless the plan names another: an aggregate finds the winners'
 * positions, which take eight bytes each, and a second scan fetches their columns, so that memory does not hold the
 * features.
 */
export function renderPullLatest(plan: PullPlan, dialect: SqlDialect): string {
  const name = dialect.identifier
  const event = dialect.epochMicros(name(plan.timestampColumn))
  const created = plan.createdColumn === null ? null : dialect.epochMicros(name(plan.createdColumn))
  const order = orderKey(plan.order, { event, created, position: plan.position }, dialect)
  const where = [
    ...plan.where,
    `${name(plan.timestampColumn)} IS NOT NULL`,
    ...plan.keys.map((key) => `${name(key)} IS NOT NULL`),
  ]
  const grouped = plan.keys.length === 0 ? '' : ` GROUP BY ${plan.keys.map(name).join(', ')}`
  return [
    `WITH w AS (`,
    `  SELECT ${positionOfKey(plan.order, 'o', dialect)} AS n`,
    `  FROM (SELECT max(${order}) AS o FROM ${plan.relation}${whereClause(where)}${grouped})`,
    `)`,
    `SELECT ${delivered(plan, dialect)}`,
    `FROM ${plan.relation}`,
    `WHERE ${[...plan.where, `${plan.position} IN (SELECT n FROM w)`].join(' AND ')}`,
    ...(plan.orderBy.length === 0 ? [] : [`ORDER BY ${plan.orderBy.join(', ')}`]),
  ].join('\n')
}

/** How many rows the window has. */
export function renderCount(plan: PullPlan): string {
  return `SELECT count(*) FROM ${plan.relation}${whereClause(plan.where)}`
}

/** How many rows of the window the largest group has, grouped by an expression. */
export function renderLargestGroup(plan: PullPlan, expression: string): string {
  return `SELECT max(n) FROM (SELECT count(*) AS n FROM ${plan.relation}${whereClause(plan.where)} GROUP BY ${expression})`
}

/** How many rows of the window a null key keeps out. */
export function renderNullKeyCount(plan: PullPlan, dialect: SqlDialect): string {
  const anyNull = plan.keys.map((key) => `${dialect.identifier(key)} IS NULL`).join(' OR ')
  const where = [...plan.where, `${dialect.identifier(plan.timestampColumn)} IS NOT NULL`, `(${anyNull})`]
  return `SELECT count(*) FROM ${plan.relation}${whereClause(where)}`
}

const delivered = (plan: PullPlan, dialect: SqlDialect): string =>
  plan.columns.map(({ column, output }) => `${dialect.identifier(column)} AS ${dialect.identifier(output)}`).join(', ')

const whereClause = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : `\nWHERE ${conditions.join(' AND ')}`
