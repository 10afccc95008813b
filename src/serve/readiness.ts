import type { FeatureStore } from '../store/feature-store.ts'
import { codedError, withoutFolder } from './http/http-answer.ts'
import type { ServingContext } from './serving-context.ts'

/** How long the online store may take to say that it is there. */
const pingSeconds = 2

/** Whether requests for features can be answered, and why not. */
export interface Readiness {
  readonly ready: boolean
  readonly draining: boolean
  readonly checks: { readonly registry: Check; readonly online_store: Check }
}

export interface Check {
  readonly ok: boolean
  readonly error?: { readonly code: string; readonly message: string }
  readonly [detail: string]: unknown
}

/** Asks the registry and the online store whether they answer. */
export async function readiness(context: ServingContext): Promise<Readiness> {
  const [registry, onlineStore] = await Promise.all([registryCheck(context), onlineStoreCheck(context)])
  const { draining } = context
  return {
    ready: registry.ok && onlineStore.ok && !draining,
    draining,
    checks: { registry, online_store: onlineStore },
  }
}

const failed = (error: unknown, { repoPath }: FeatureStore): Check => {
  const { code, message } = codedError(error)
  return { ok: false, error: { code, message: withoutFolder(message, repoPath) } }
}

/** An old registry is good enough to serve from, and said to be one. */
async function registryCheck({ store, clock }: ServingContext): Promise<Check> {
  try {
    await store.contents()
  } catch (error) {
    return failed(error, store)
  }
  const { readAt, fault } = store.registryStatus()
  const ageSeconds = readAt === null ? null : Number(clock.now().epochMicros - readAt.epochMicros) / 1e6
  const stale = fault !== null
  return { ...(stale && failed(fault, store)), ok: true, stale, age_seconds: ageSeconds }
}

async function onlineStoreCheck({ store }: ServingContext): Promise<Check> {
  const type = store.config.onlineStore?.type ?? null
  const signal = AbortSignal.timeout(pingSeconds * 1000)
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer in ${pingSeconds} seconds`)), { once: true })
  })
  late.catch(() => {})
  try {
    await Promise.race([store.pingOnlineStore(signal), late])
    return { ok: true, type }
  } catch (error) {
    if (!signal.aborted) return { ...failed(error, store), type }
    return {
      ok: false,
      type,
      error: { code: 'FTS7007', message: `The online store gave no answer in ${pingSeconds} seconds.` },
    }
  }
}
