import { Instant } from '../base/instant.ts'
import type { ViewJoin } from '../plugin/offline-store.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'

/** A view and the rows of its source, in file order. */
export interface OracleView extends Omit<ViewJoin, 'source'> {
  readonly rows: readonly FeatureRow[]
}

/**
 * The point-in-time join in nested loops: one row per entity row, in their order. It is what engines are compared with,
 * so it is written to be read, not to be fast.
 */
export function naiveHistorical(
  entityRows: readonly FeatureRow[],
  timestampColumn: string,
  views: readonly OracleView[],
  filterByCreated: boolean,
): FeatureRow[] {
  return entityRows.map((entityRow) => {
    const result: Record<string, FeatureValue> = { ...entityRow }
    for (const view of views) {
      const winner = latest(view, entityRow, entityRow[timestampColumn] ?? null, filterByCreated)
      for (const { sourceColumn, output } of view.features) result[output] = winner?.[sourceColumn] ?? null
    }
    return result
  })
}

function latest(
  view: OracleView,
  entityRow: FeatureRow,
  at: FeatureValue,
  filterByCreated: boolean,
): FeatureRow | undefined {
  if (!(at instanceof Instant)) return undefined
  let winner: FeatureRow | undefined
  for (const row of view.rows) {
    const event = row[view.timestampColumn]
    if (!(event instanceof Instant) || event.compare(at) > 0) continue
    if (view.ttl !== null && event.compare(at.minus(view.ttl)) < 0) continue
    if (view.keys.some((key) => !sameKey(row[key.sourceColumn], entityRow[key.entityColumn]))) continue
    if (filterByCreated && view.createdColumn !== null) {
      const created = row[view.createdColumn]
      if (!(created instanceof Instant) || created.compare(at) > 0) continue
    }
    // Of rows that tie, the last one in the file wins.
    if (winner === undefined || compareRows(view, winner, row) <= 0) winner = row
  }
  return winner
}

const sameKey = (a: FeatureValue | undefined, b: FeatureValue | undefined): boolean =>
  a !== null && a !== undefined && b !== null && b !== undefined && String(a) === String(b)

function compareRows(view: OracleView, a: FeatureRow, b: FeatureRow): number {
  const byEvent = compareTimes(a[view.timestampColumn], b[view.timestampColumn])
  if (byEvent !== 0 || view.createdColumn === null) return byEvent
  return compareTimes(a[view.createdColumn], b[view.createdColumn])
}

/** Null is before every time. */
function compareTimes(a: FeatureValue | undefined, b: FeatureValue | undefined): number {
  if (a instanceof Instant && b instanceof Instant) return a.compare(b)
  return Number(a instanceof Instant) - Number(b instanceof Instant)
}
