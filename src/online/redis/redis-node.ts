import { unlessAborted } from '../../base/unless-aborted.ts'
import { storeClosed } from '../online-common/server-errors.ts'
import type { RedisAddress, RedisConnectionOptions } from './redis-config.ts'
import { RedisConnection } from './redis-driver.ts'
import { addressText } from './redis-errors.ts'

const [firstPauseMs, longestPauseMs] = [20, 1000]

/** One server, and the connection to it: made when first needed, and anew when it was lost. */
export class RedisNode {
  readonly address: RedisAddress
  readonly name: string
  /** Null when there is none right now; then {@link connect} makes one. */
  connection: RedisConnection | null = null
  readonly #options: RedisConnectionOptions
  #attempt: Promise<RedisConnection> | undefined
  #failures = 0
  #nextAttempt = 0
  #lastError: unknown
  #isClosed = false

  constructor(address: RedisAddress, options: RedisConnectionOptions) {
    this.address = address
    this.name = addressText(address)
    this.#options = options
  }

  /**
   * Everybody shares one attempt. After a failed one, pauses grow up to a second; who asks within a pause is refused at
   * once, as waiting callers would pile up behind a server that is down.
   * @throws ConnectionLost; FTS5026 after {@link close}; the reason of the signal, and the attempt goes on.
   */
  async connect(signal?: AbortSignal): Promise<RedisConnection> {
    if (this.connection !== null) return this.connection
    if (this.#attempt === undefined) {
      if (this.#isClosed) throw storeClosed({ name: 'Redis', address: this.name })
      if (performance.now() < this.#nextAttempt) throw this.#lastError
      this.#attempt = this.#open().finally(() => {
        this.#attempt = undefined
      })
    }
    return unlessAborted(this.#attempt, signal)
  }

  close(): void {
    this.#isClosed = true
    this.connection?.close()
  }

  async #open(): Promise<RedisConnection> {
    try {
      const connection = await RedisConnection.open(this.address, this.#options)
      this.#failures = 0
      this.connection = connection
      connection.onClose = () => {
        if (this.connection === connection) this.connection = null
      }
      if (this.#isClosed) connection.close()
      return connection
    } catch (error) {
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures++)
      this.#nextAttempt = performance.now() + pause * (0.5 + Math.random() / 2)
      this.#lastError = error
      throw error
    }
  }
}
