import type { StoredFeatureView } from '../model/feature-view.ts'
import type { ViewJoin } from '../plugin/offline-store.ts'
import type { ResolvedFeatures, ResolvedView } from '../registry/resolved-features.ts'
import { physicalSourceOf } from './physical-source.ts'

/** The stored views of a request as the offline store joins them. */
export interface ViewJoins {
  readonly joins: readonly ViewJoin[]
  /** The column of the join's result that holds a feature: its output, or a name of ours when it has none. */
  readonly column: (view: ResolvedView, feature: string) => string
}

/**
 * Translates logical names into those of the sources. A feature that only an on-demand view needs is delivered under a
 * name that no feature or entity column has, and taken out of the result later.
 * @throws FTS4501, FTS4502
 */
export function viewJoins(resolved: ResolvedFeatures): ViewJoins {
  const columns = new Map(
    resolved.views.map((view, index) => [
      view,
      new Map(view.features.map(({ field, output }) => [field.name, output ?? `__needed_${index}__${field.name}`])),
    ]),
  )
  const column = (view: ResolvedView, feature: string): string => columns.get(view)?.get(feature) ?? feature
  const joins = resolved.views.map((view): ViewJoin => {
    const { source, timestampColumn, createdColumn, column: physical } = physicalSourceOf(view.view)
    return {
      name: view.name,
      source,
      keys: view.joinKeys.map((key) => ({ sourceColumn: physical(key.key), entityColumn: key.column })),
      timestampColumn,
      createdColumn,
      features: view.features.map(({ field }) => ({
        sourceColumn: physical(field.name),
        output: column(view, field.name),
      })),
      ttl: ageLimit(view.view),
    }
  })
  return { joins, column }
}

/** A ttl of zero means any age, as none does. */
export function ageLimit(view: StoredFeatureView): StoredFeatureView['ttl'] {
  return view.ttl === null || view.ttl.micros <= 0n ? null : view.ttl
}
