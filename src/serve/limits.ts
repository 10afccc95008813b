import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { ServingLimits } from './serving-settings.ts'

/** Requests that started at about the same time share one signal, so that a deadline costs a request next to nothing. */
interface DeadlineGroup {
  readonly signal: AbortSignal
  readonly openUntilMillis: number
  readonly waiting: Set<(reason: unknown) => void>
}

/** A group's requests end up to this part of the time-out later than they must. */
const groupsPerTimeout = 20

/** The work begun; what it throws at once is its failure too. */
function started<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return work(signal)
  } catch (error) {
    return Promise.reject(error)
  }
}

/**
 * What a process lets in: so many requests at a time, each for so long. A request that is over its time is answered
 * although its store has not answered yet; it keeps its place until the store does, so that a slow store is never asked
 * more and more.
 */
export class RequestGate {
  readonly limits: ServingLimits
  readonly #timeoutMillis: number
  readonly #widthMillis: number
  #group: DeadlineGroup | undefined
  #inFlight = 0

  constructor(limits: ServingLimits) {
    this.limits = limits
    this.#timeoutMillis = limits.requestTimeoutSeconds * 1000
    this.#widthMillis = this.#timeoutMillis / groupsPerTimeout
  }

  /** Requests that are being worked on. */
  get inFlight(): number {
    return this.#inFlight
  }

  /**
   * Does the work of one request.
   * @throws FTS7006 at once when too many are at work, FTS7007 when this one takes too long; the signal says so too.
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#inFlight >= this.limits.maxConcurrentRequests) return Promise.reject(this.#busy())
    this.#inFlight += 1
    const group = this.#currentGroup()
    return new Promise<T>((resolve, reject) => {
      group.waiting.add(reject)
      const leave = (): void => {
        this.#inFlight -= 1
        group.waiting.delete(reject)
      }
      started(work, group.signal).then(
        (result) => {
          leave()
          resolve(result)
        },
        (error: unknown) => {
          leave()
          reject(error)
        },
      )
    })
  }

  /** As {@link run}, for work that takes as long as it takes. @throws FTS7006 */
  async runLong<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inFlight >= this.limits.maxConcurrentRequests) throw this.#busy()
    this.#inFlight += 1
    try {
      return await work()
    } finally {
      this.#inFlight -= 1
    }
  }

  #currentGroup(): DeadlineGroup {
    const now = performance.now()
    const known = this.#group
    if (known !== undefined && now < known.openUntilMillis) return known
    const controller = new AbortController()
    const waiting: DeadlineGroup['waiting'] = new Set()
    const group = { signal: controller.signal, openUntilMillis: now + this.#widthMillis, waiting }
    this.#group = group
    setTimeout(() => {
      if (waiting.size === 0) return
      const reason = this.#late()
      controller.abort(reason)
      for (const reject of waiting) reject(reason)
    }, this.#widthMillis + this.#timeoutMillis).unref()
    return group
  }

  #busy(): FeatureStoreError {
    return new FeatureStoreError('FTS7006', {
      message: `The server works on ${this.#inFlight} requests, as many as it may.`,
      notes: ['try again in a second'],
    })
  }

  #late(): FeatureStoreError {
    return new FeatureStoreError('FTS7007', {
      message: `The request took more than ${this.limits.requestTimeoutSeconds} seconds.`,
    })
  }
}
