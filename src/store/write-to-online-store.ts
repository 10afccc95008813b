import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { type AnyFeatureView, isStoredView, type StoredFeatureView } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import type { OnlineWriteSummary } from '../plugin/online-store.ts'
import { joinKeyFields } from '../registry/join-keys.ts'
import { getAnyFeatureView } from '../registry/lookup.ts'
import { type EncodingTarget, encodeRows, type InputRow } from './encode-rows.ts'
import { type Named, nameOf } from './named.ts'
import { objectsOf, type RowsInput, requireRows } from './offline-rows.ts'
import { onlineTable } from './online-tables.ts'
import { physicalSourceOf } from './physical-source.ts'
import { readSettings } from './read-settings.ts'
import type { StoreContext } from './store-context.ts'

export interface WriteToOnlineStoreRequest {
  /** The feature view or its name. */
  readonly view: Named
  /** Join keys, event time and features, and the creation time if the source has one, by logical or source name. */
  readonly rows: RowsInput
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes rows to the online store. Of several rows of a key the newest stays, also if it is there already. When no row
 * has a single feature value nothing is written, as in Feast, with a warning.
 * @throws FTS3104 for an unknown view, FTS5023 for one that keeps no values, FTS5021, FTS5022 and FTS4516 for the rows.
 */
export async function writeToOnlineStore(
  context: StoreContext,
  request: WriteToOnlineStoreRequest,
): Promise<OnlineWriteSummary> {
  const contents = await context.contents()
  const view = storedView(getAnyFeatureView(contents, context.project, nameOf(request.view)))
  return prepareOnline(context, contents, view, objectsOf(requireRows(request.rows)))(request.signal)
}

/** Checks rows for a view and gives what writes them. @throws FTS5021, FTS5022 */
export function prepareOnline(
  context: StoreContext,
  contents: RegistryContents,
  view: StoredFeatureView,
  rows: readonly InputRow[],
): (signal?: AbortSignal) => Promise<OnlineWriteSummary> {
  const nothing = async (): Promise<OnlineWriteSummary> => ({ written: 0, stale: 0 })
  if (rows.length === 0) return nothing
  const batch = encodeRows(targetOf(context, contents, view), rows)
  if (batch.values.every((column) => column.every((value) => value.length === 0))) {
    context.logger.warn('All features of the rows are null; nothing was written.', { view: view.name })
    return nothing
  }
  return async (signal) => (await context.onlineStore()).write(batch, signal)
}

function storedView(view: AnyFeatureView): StoredFeatureView {
  if (isStoredView(view)) return view
  throw new FeatureStoreError('FTS5023', {
    message:
      view.kind === 'labelView'
        ? `"${view.name}" is a label view, which this version does not write.`
        : `"${view.name}" is an on-demand view; rows are written to the views that it reads from.`,
    field: 'view',
  })
}

function targetOf(context: StoreContext, contents: RegistryContents, view: StoredFeatureView): EncodingTarget {
  const { source, column } = physicalSourceOf(view)
  return {
    description: `feature view "${view.name}"`,
    table: onlineTable(view, context.project, readSettings(context.config).versions),
    keys: joinKeyFields(contents, context.project, view),
    keyVersion: context.config.entityKeySerializationVersion,
    timestampField: source.timestampField,
    createdField: source.createdTimestampColumn === '' ? null : source.createdTimestampColumn,
    otherName: column,
  }
}
