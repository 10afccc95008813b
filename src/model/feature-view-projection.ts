import type { DataSource } from './data-source.ts'
import type { Field } from './field.ts'
import type { storedForm } from './registered.ts'

/** A view as somebody uses it: some of its features, perhaps under another name and with other key columns. */
export interface FeatureViewProjection {
  readonly viewName: string
  /** The alias, or the empty string. */
  readonly alias: string
  readonly features: readonly Field[]
  /** Join key of the view to column of the entity rows. */
  readonly joinKeyMap: Readonly<Record<string, string>>
  readonly timestampField: string
  readonly createdTimestampColumn: string
  readonly datePartitionColumn: string
  readonly batchSource: DataSource | null
  readonly streamSource: DataSource | null
  /** The version that a `view@vN` reference names; null for the current one. */
  readonly version: number | null
  /** Feast's word for the kind of view (`featureView` …); the empty string when not stored. */
  readonly viewType: string
  readonly [storedForm]?: unknown
}

/** The prefix of its features in results: the alias, else the view's own name. */
export function projectedName(projection: FeatureViewProjection): string {
  return projection.alias === '' ? projection.viewName : projection.alias
}
