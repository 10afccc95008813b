import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { batchSourceOf, type DataSource } from '../model/data-source.ts'
import type { StoredFeatureView } from '../model/feature-view.ts'

/** The source that holds a view's history, in the names that its columns have there. */
export interface PhysicalSource {
  readonly source: DataSource
  readonly timestampColumn: string
  /** Null when the source has none. */
  readonly createdColumn: string | null
  /** The column of the source behind a logical name: the field mapping, read backwards. */
  readonly column: (logicalName: string) => string
}

/** @throws FTS4501 when the view has no batch source, FTS4502 when its event time column is not known. */
export function physicalSourceOf(view: StoredFeatureView): PhysicalSource {
  const source = view.batchSource === null ? null : batchSourceOf(view.batchSource)
  if (source === null) {
    throw new FeatureStoreError('FTS4501', {
      message: `The feature view "${view.name}" has no batch source, so there is no history to read.`,
    })
  }
  return physicalSource(source, `feature view "${view.name}"`)
}

/** @throws FTS4502 when the event time column is not known. */
export function physicalSource(source: DataSource, user = `data source "${source.name}"`): PhysicalSource {
  if (source.timestampField === '') {
    throw new FeatureStoreError('FTS4502', {
      message: `The source "${source.name}" of the ${user} names no timestamp field.`,
      notes: ['apply infers it when the source has exactly one timestamp column'],
    })
  }
  const physical = new Map(Object.entries(source.fieldMapping).map(([column, logical]) => [logical, column]))
  const column = (name: string): string => physical.get(name) ?? name
  return {
    source,
    timestampColumn: column(source.timestampField),
    createdColumn: source.createdTimestampColumn === '' ? null : column(source.createdTimestampColumn),
    column,
  }
}
