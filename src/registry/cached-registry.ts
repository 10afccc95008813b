import type { Clock } from '../base/clock.ts'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Instant } from '../base/instant.ts'
import type { Logger } from '../base/logger.ts'
import { emptyRegistry, isVacant, type RegistryContents } from '../model/registry-contents.ts'
import type { RegistryStore } from '../plugin/registry-store.ts'

export interface CacheOptions {
  readonly store: RegistryStore
  /** How old the contents may be; 0 means that they never expire. */
  readonly ttlSeconds: number
  /** `sync` reads again while a caller waits; `thread` answers with what is there and reads again beside. */
  readonly mode: 'sync' | 'thread'
  readonly clock: Clock
  readonly logger: Logger
}

/** How long to leave a registry alone that could not be read, when there are earlier contents to go on with. */
const retryMicros = 1_000_000n

/** What is known of the freshness of a registry's contents. */
export interface RegistryStatus {
  /** When the contents in use were read or written; null when nothing was read yet. */
  readonly readAt: Instant | null
  /** Why the last try to read it again failed; null when it did not. */
  readonly fault: unknown
}

/** The contents of a registry, kept for a while. When it can't be read again, the last good contents stay in use. */
export class CachedRegistry {
  readonly #options: CacheOptions
  #contents: RegistryContents | undefined
  #freshUntil: bigint | null = 0n
  #reading: Promise<RegistryContents> | undefined
  #epoch = 0
  #status: RegistryStatus = { readAt: null, fault: null }

  constructor(options: CacheOptions) {
    this.#options = options
  }

  /** At most the time to live old. Callers at once share one read. @throws what the store throws on the first read. */
  async contents(): Promise<RegistryContents> {
    const known = this.#contents
    if (known === undefined) return this.refresh()
    if (this.#freshUntil === null || this.#now().epochMicros < this.#freshUntil) return known
    const reading = this.refresh().catch((error: unknown) => {
      this.#freshUntil = this.#now().epochMicros + retryMicros
      this.#options.logger.warn('The registry could not be read again; going on with its last known contents.', {
        registry: this.#options.store.location,
        error: error instanceof Error ? error.message : String(error),
      })
      return known
    })
    return this.#options.mode === 'thread' ? known : reading
  }

  get status(): RegistryStatus {
    return this.#status
  }

  /** Reads the registry now. */
  refresh(): Promise<RegistryContents> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  /** Puts what a commit returned into the cache; a read that began before it is not allowed to bring the past back. */
  remember(contents: RegistryContents): void {
    this.#epoch += 1
    this.#keep(contents)
  }

  async #read(): Promise<RegistryContents> {
    const epoch = this.#epoch
    const contents = await this.#load().catch((error: unknown) => {
      this.#status = { ...this.#status, fault: error }
      throw error
    })
    if (epoch !== this.#epoch && this.#contents !== undefined) return this.#contents
    // The same revision keeps its identity, and with it every index and read plan that was made for it.
    const same =
      this.#contents !== undefined && contents.versionId !== '' && this.#contents.versionId === contents.versionId
    return this.#keep(same && this.#contents !== undefined ? this.#contents : contents)
  }

  /** @throws FTS3001 when there is no registry where there was one: a disk that is gone, a file that is being moved. */
  async #load(): Promise<RegistryContents> {
    const { store } = this.#options
    const { contents } = await store.load()
    if (contents !== emptyRegistry || this.#contents === undefined || isVacant(this.#contents)) return contents
    throw new FeatureStoreError('FTS3001', { message: `The registry ${store.location} is not there any more.` })
  }

  #keep(contents: RegistryContents): RegistryContents {
    const { ttlSeconds } = this.#options
    this.#contents = contents
    this.#status = { readAt: this.#now(), fault: null }
    this.#freshUntil = ttlSeconds === 0 ? null : this.#now().epochMicros + BigInt(Math.round(ttlSeconds * 1e6))
    return contents
  }

  #now(): Instant {
    return this.#options.clock.now()
  }
}
