import { MaterializationJobs } from './materializations/materialization-jobs.ts'
import { batchingSettings } from './push-batching/batching-settings.ts'
import { OfflinePushBatching } from './push-batching/offline-push-batching.ts'
import type { ServingContext } from './serving-context.ts'
import { stateFolder } from './state-files.ts'

/** What a server goes on doing after the answer to a write. */
export interface WriteServices {
  /** Null when pushes to the offline store are written at once. */
  readonly batching: OfflinePushBatching | null
  readonly jobs: MaterializationJobs
}

interface HeldServices extends WriteServices {
  /** Servers that use them. */
  holders: number
  close(): Promise<void>
}

const known = new WeakMap<ServingContext, HeldServices>()

/**
 * Keeps the services for a server until it closes what this gives. The first makes them: rows that an earlier process
 * accepted are then written, and views that one left marked when it died are given back. When the last closes, what
 * waits is written and what runs is cut off.
 * @throws FTS7010 when pushes are to be gathered and there is no place to keep them.
 */
export function holdWriteServices(context: ServingContext): { close(): Promise<void> } {
  const services = servicesOf(context)
  services.holders += 1
  let held = true
  return {
    async close() {
      if (!held) return
      held = false
      services.holders -= 1
      if (services.holders === 0) await services.close()
    },
  }
}

/** The services, for those who answer requests while a server holds them. */
export function writeServices(context: ServingContext): WriteServices {
  return servicesOf(context)
}

function servicesOf(context: ServingContext): HeldServices {
  const made = known.get(context) ?? openServices(context)
  known.set(context, made)
  return made
}

function openServices({ store, logger, clock }: ServingContext): HeldServices {
  const { config } = store
  const folder = stateFolder(config, store.repoPath)
  const settings = batchingSettings(config, folder)
  const batching = settings === null ? null : new OfflinePushBatching({ store, settings, logger, clock })
  const asked = config.featureServer?.offline_push_batching_enabled === true
  if (settings === null && asked) {
    logger.warn('Batching of offline pushes is off: it needs a batch size and an interval.')
  }
  const jobs = new MaterializationJobs({ store, folder, logger })
  const recovered = jobs.recover().catch((error: unknown) => {
    logger.error('Views that a server was materializing when it died could not be given back.', {
      error: error instanceof Error ? error.message : String(error),
    })
  })
  return {
    holders: 0,
    batching,
    jobs,
    async close() {
      await recovered
      await Promise.all([batching?.close(), jobs.close()])
    },
  }
}
