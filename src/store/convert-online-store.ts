import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { LayoutConversion } from '../plugin/online-store.ts'
import { projectTables } from './online-tables.ts'
import { readSettings } from './read-settings.ts'
import type { StoreContext } from './store-context.ts'

export interface ConvertOnlineStoreRequest {
  readonly signal?: AbortSignal | undefined
}

/** What was converted. */
export interface OnlineStoreConversion extends LayoutConversion {
  readonly project: string
  /** Names of the views whose values were looked through. */
  readonly views: readonly string[]
}

/**
 * Brings the online values of the project to `online_store.layout`, in place. Each key changes at once; servers may go on
 * reading and writing. After a break the same call goes on.
 * @throws FTS5042 when the store has one layout only.
 */
export async function convertOnlineStore(
  context: StoreContext,
  { signal }: ConvertOnlineStoreRequest = {},
): Promise<OnlineStoreConversion> {
  const { project, config } = context
  const store = await context.onlineStore()
  if (store.convert === undefined) {
    throw new FeatureStoreError('FTS5042', {
      message: `The online store of type "${config.onlineStore?.type ?? 'none'}" keeps values in one layout only.`,
      field: 'online_store.layout',
    })
  }
  const { contents } = await context.registry.load()
  const tables = projectTables(contents, project, readSettings(config).versions).kept
  const done = await store.convert(tables, signal)
  return { project, views: [...new Set(tables.map((table) => table.view))], ...done }
}
