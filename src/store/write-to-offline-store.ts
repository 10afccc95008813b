import type { Table } from 'apache-arrow'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { didYouMean } from '../base/suggest.ts'
import { batchSourceOf, type DataSource } from '../model/data-source.ts'
import type { SourceColumn } from '../plugin/offline-store.ts'
import { getFeatureView } from '../registry/lookup.ts'
import { invalid, sameDataType } from '../types/data-type.ts'
import { isTable } from './entity-rows.ts'
import { type Named, nameOf } from './named.ts'
import { columnNames, type RowsInput, renameColumns, requireRows, rowCountOf, tableOf } from './offline-rows.ts'
import type { StoreContext } from './store-context.ts'

export interface WriteToOfflineStoreRequest {
  /** The feature view whose batch source the rows are added to, or its name. */
  readonly view: Named
  /** Columns are those of the source, by logical name; its own names, before the field mapping, are taken as well. */
  readonly rows: RowsInput
  /** Take columns in any order. Default true; false refuses an order that differs from the source's. */
  readonly reorderColumns?: boolean | undefined
}

/**
 * Adds rows to the batch source of a view, all or none, and returns how many. The columns must be exactly the source's,
 * each by its logical name or by its own.
 * @throws FTS3104 for an unknown view, FTS4501 when it has no batch source, FTS4510 when columns differ, FTS4508 for a
 * value of another type, FTS4516 for what is no rows.
 */
export async function writeToOfflineStore(context: StoreContext, request: WriteToOfflineStoreRequest): Promise<number> {
  const view = getFeatureView(await context.contents(), context.project, nameOf(request.view))
  const source = view.batchSource === null ? null : batchSourceOf(view.batchSource)
  if (source === null) {
    throw new FeatureStoreError('FTS4501', {
      message: `The feature view "${view.name}" has no batch source that rows could be added to.`,
      field: 'view',
    })
  }
  const append = await prepareAppend(context, source, requireRows(request.rows), {
    reorder: request.reorderColumns ?? true,
  })
  return append()
}

/**
 * Checks rows for a source and gives what adds them and returns how many. Columns are named as in
 * {@link writeToOfflineStore}. @throws FTS4510, FTS4508
 */
export async function prepareAppend(
  context: Pick<StoreContext, 'offlineStore'>,
  source: DataSource,
  input: RowsInput,
  options: { readonly reorder: boolean },
): Promise<() => Promise<number>> {
  const count = rowCountOf(input)
  if (count === 0) return async () => 0
  const offlineStore = await context.offlineStore()
  const columns = await offlineStore.columns(source)
  const table = await tableForSource(source, columns, input, options)
  return async () => {
    await offlineStore.append(source, table, options)
    return count
  }
}

/**
 * Rows as a table with the columns of a source, which are given; the columns of the rows are named as in
 * {@link writeToOfflineStore}. @throws FTS4510, FTS4508
 */
export async function tableForSource(
  source: DataSource,
  columns: readonly SourceColumn[],
  input: RowsInput,
  options: { readonly reorder: boolean },
): Promise<Table> {
  const expected = columns.map((column) => column.name)
  const rows = await renameColumns(input, sourceNames(source, columnNames(input), expected))
  const given = columnNames(rows)
  refuseOtherColumns(source, given, expected)
  const inOrder = given.every((name, index) => name === expected[index])
  if (!options.reorder && !inOrder) {
    throw new FeatureStoreError('FTS4510', {
      message: `The columns of the rows are in another order than those of the source "${source.name}".`,
      notes: [`rows: ${given.join(', ')}`, `source: ${expected.join(', ')}`],
      field: 'rows',
    })
  }
  const unknown = columns.find((column) => sameDataType(column.type, invalid))
  if (unknown !== undefined && !isTable(rows)) {
    throw new FeatureStoreError('FTS4510', {
      message: `The column "${unknown.name}" of the source "${source.name}" has a type that objects cannot be written to.`,
      notes: ['give the rows as an Arrow table with that type'],
      field: 'rows',
    })
  }
  return tableOf(rows, columns)
}

/** Logical name to column of the source, of those that are given by logical name and are no column themselves. */
function sourceNames(
  source: DataSource,
  given: readonly string[],
  expected: readonly string[],
): ReadonlyMap<string, string> {
  const logical = Object.entries(source.fieldMapping).filter(
    ([column, name]) => given.includes(name) && !expected.includes(name) && !given.includes(column),
  )
  return new Map(logical.map(([column, name]) => [name, column]))
}

function refuseOtherColumns(source: DataSource, given: readonly string[], expected: readonly string[]): void {
  const missing = expected.filter((name) => !given.includes(name))
  const extra = given.filter((name) => !expected.includes(name))
  if (missing.length === 0 && extra.length === 0) return
  const hints = extra.flatMap((name) => {
    const column = didYouMean(name, missing)
    return column === undefined ? [] : [`"${name}" is called "${column}" in the source`]
  })
  const parts = [
    ...(missing.length > 0 ? [`lack ${missing.join(', ')}`] : []),
    ...(extra.length > 0 ? [`have ${extra.join(', ')} besides`] : []),
  ]
  throw new FeatureStoreError('FTS4510', {
    message: `The columns of the rows are not those of the source "${source.name}": they ${parts.join(' and ')}.`,
    notes: [...hints, `columns of the source: ${expected.join(', ')}`],
    field: 'rows',
  })
}
