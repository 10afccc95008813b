import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Logger } from '../base/logger.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import type { ServingMetrics } from './metrics/serving-metrics.ts'

export interface RegistryRefreshOptions {
  readonly store: FeatureStore
  readonly everySeconds: number
  readonly metrics: ServingMetrics
  readonly logger: Logger
}

/**
 * Reads the registry again from time to time, beside the requests. While it cannot be read the last contents stay in
 * use; what was wrong is logged, counted, and to be seen in the store's registry status.
 */
export class RegistryRefresh implements Disposable {
  readonly #options: RegistryRefreshOptions
  readonly #timer: NodeJS.Timeout
  #reading = false

  constructor(options: RegistryRefreshOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.refresh(), options.everySeconds * 1000)
    this.#timer.unref()
  }

  /** Reads it now, unless a read is under way. Never throws. */
  async refresh(): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    const { store, metrics, logger } = this.#options
    try {
      await store.refreshRegistry()
    } catch (error) {
      metrics.registryRefreshFailures += 1
      if (error instanceof FeatureStoreError) {
        const { code, message } = error
        logger.warn('The registry could not be read again; serving goes on with what was read last.', { code, message })
      } else {
        const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
        logger.error('The registry could not be read again, for a reason that the server does not expect.', { stack })
      }
    } finally {
      this.#reading = false
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
