import { compatibilityRules } from '../config/compatibility.ts'
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
  /** Writes what waits, cuts off what runs, and ends. */
  close(): Promise<void>
}

const known = new WeakMap<ServingContext, WriteServices>()

/**
 * The services of a server, made when they are first asked for: rows that an earlier process accepted are then written,
 * and views that one left marked when it died are given back.
 * @throws FTS7010 when pushes are to be gathered and there is no place to keep them.
 */
export function writeServices(context: ServingContext): WriteServices {
  const made = known.get(context) ?? openServices(context)
  known.set(context, made)
  return made
}

function openServices({ store, logger, clock }: ServingContext): WriteServices {
  const { config } = store
  const folder = stateFolder(config, store.repoPath)
  const settings = batchingSettings(config, folder)
  const batching = settings === null ? null : new OfflinePushBatching({ store, settings, logger, clock })
  const asked = config.featureServer?.offline_push_batching_enabled === true
  if (settings === null && asked && compatibilityRules(config).framesAreConverted) {
    logger.warn('Batching of offline pushes is off: it needs a batch size and an interval.')
  }
  const jobs = new MaterializationJobs({ store, folder, logger })
  const recovered = jobs.recover().catch((error: unknown) => {
    logger.error('Views that a server was materializing when it died could not be given back.', {
      error: error instanceof Error ? error.message : String(error),
    })
  })
  return {
    batching,
    jobs,
    async close() {
      await recovered
      await Promise.all([batching?.close(), jobs.close()])
    },
  }
}
