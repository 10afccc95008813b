import type { PushTarget } from '../store/push.ts'
import type { ServingContext } from './serving-context.ts'
import { writeServices } from './write-services.ts'

/** Rows of a push source, of the types of their columns. */
export interface PushedRows {
  readonly source: string
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly to: PushTarget
  readonly signal: AbortSignal | undefined
}

/**
 * Writes pushed rows where they belong, as every server does. Returns whether those for the offline store are on disk
 * and wait for the next batch.
 */
export async function pushRows(context: ServingContext, { source, rows, to, signal }: PushedRows): Promise<boolean> {
  const { batching } = writeServices(context)
  if (batching === null || to === 'online') {
    await context.store.push({ source, rows, to, signal })
    return false
  }
  // Rows that do not fit are refused before any is served; and none is promised before the others are served.
  const fitted = await batching.fit(source, rows)
  if (to === 'onlineAndOffline') await context.store.push({ source, rows, to: 'online', signal })
  await batching.accept(fitted)
  return true
}
