import type { StoredFeatureView } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { joinKeyFields } from '../registry/join-keys.ts'
import type { DataType } from '../types/data-type.ts'
import { physicalSourceOf } from './physical-source.ts'

/** What a column of rows that are written stands for: a time of the row, or a value of a type. */
export type ColumnUse = { readonly kind: 'rowTime' } | { readonly kind: 'value'; readonly type: DataType }

/**
 * What the columns of rows for some views stand for, under every name that the rows may use: logical, and of the source
 * before its field mapping. Where views differ in the type of a column the first view counts; each checks its own.
 */
export function writtenColumns(
  contents: RegistryContents,
  project: string,
  views: readonly StoredFeatureView[],
): ReadonlyMap<string, ColumnUse> {
  const columns = new Map<string, ColumnUse>()
  for (const view of views) {
    const { source, column } = physicalSourceOf(view)
    const add = (name: string, use: ColumnUse): void => {
      for (const each of [name, column(name)]) if (!columns.has(each)) columns.set(each, use)
    }
    add(source.timestampField, { kind: 'rowTime' })
    if (source.createdTimestampColumn !== '') add(source.createdTimestampColumn, { kind: 'rowTime' })
    const fields = [...joinKeyFields(contents, project, view), ...view.features]
    for (const { name, type } of fields) add(name, { kind: 'value', type })
  }
  return columns
}
