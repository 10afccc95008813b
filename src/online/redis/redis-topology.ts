import type { Redirection } from './redirection.ts'
import type { RedisConfig } from './redis-config.ts'
import { RedisNode } from './redis-node.ts'

/** Where keys are: which servers there are, and which of them keeps a key. */
export interface RedisTopology {
  /** True when keys of one command must lie in one slot. */
  readonly isCluster: boolean
  /** False when {@link discover} has to find the servers first. */
  readonly isKnown: boolean
  /**
   * @throws ConnectionLost when none of the configured addresses can be asked; the reason of the signal, and the search
   * goes on for others.
   */
  discover(signal?: AbortSignal): Promise<void>
  /** The server of a key. Only after {@link discover}. @throws ServerRefusal or ConnectionLost when there is none. */
  nodeOf(key: Uint8Array): RedisNode
  /** The slot of a key; 0 for all of them where there are no slots. */
  slotOf(key: Uint8Array): number
  /** All servers that keep keys and take writes, at least one. Only after {@link discover}. @throws as {@link nodeOf}. */
  masters(): readonly RedisNode[]
  /** The server that a redirection of `from` names. Remembered when the slot has moved for good. */
  redirected(redirection: Redirection, from: RedisNode): RedisNode
  /** Makes the next call of {@link discover} look again. */
  forget(): void
  close(): void
}

/** One server; Feast takes the first of several addresses too. */
export class SingleTopology implements RedisTopology {
  readonly isCluster = false
  readonly isKnown = true
  readonly #node: RedisNode

  constructor(config: RedisConfig) {
    const [address = { host: 'localhost', port: 6379 }] = config.addresses
    this.#node = new RedisNode(address, config.connection)
  }

  async discover(): Promise<void> {}

  nodeOf(): RedisNode {
    return this.#node
  }

  slotOf(): number {
    return 0
  }

  masters(): readonly RedisNode[] {
    return [this.#node]
  }

  redirected(_redirection: Redirection, from: RedisNode): RedisNode {
    return from
  }

  forget(): void {}

  close(): void {
    this.#node.close()
  }
}
