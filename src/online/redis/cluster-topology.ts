import { unlessAborted } from '../../base/unless-aborted.ts'
import { keySlot, slotCount } from './key-slot.ts'
import type { Redirection } from './redirection.ts'
import type { RedisAddress, RedisConfig } from './redis-config.ts'
import { addressText, ServerRefusal } from './redis-errors.ts'
import { RedisNode } from './redis-node.ts'
import type { RedisTopology } from './redis-topology.ts'
import { RedisErrorReply, type RedisReply } from './reply-reader.ts'

/**
 * A Redis cluster. Which server keeps which slots is asked of the first server that answers, and asked again when a
 * connection was lost or a key turned out to be elsewhere.
 */
export class ClusterTopology implements RedisTopology {
  readonly isCluster = true
  isKnown = false
  readonly #config: RedisConfig
  readonly #nodes = new Map<string, RedisNode>()
  /** The master of every slot. */
  #bySlot: readonly (RedisNode | undefined)[] = []
  #discovery: Promise<void> | undefined
  #isClosed = false

  constructor(config: RedisConfig) {
    this.#config = config
  }

  async discover(signal?: AbortSignal): Promise<void> {
    if (this.isKnown) return
    this.#discovery ??= this.#ask().finally(() => {
      this.#discovery = undefined
    })
    await unlessAborted(this.#discovery, signal)
  }

  nodeOf(key: Uint8Array): RedisNode {
    const slot = keySlot(key)
    const node = this.#bySlot[slot]
    if (node === undefined) throw this.#down(`slot ${slot}`)
    return node
  }

  slotOf(key: Uint8Array): number {
    return keySlot(key)
  }

  masters(): readonly RedisNode[] {
    const nodes = [...new Set(this.#bySlot)].filter((node) => node !== undefined)
    if (nodes.length === 0) throw this.#down('any slot')
    return nodes
  }

  redirected({ kind, slot, address }: Redirection, from: RedisNode): RedisNode {
    const node = this.#nodeAt(address.host === '' ? { ...address, host: from.address.host } : address)
    if (kind === 'MOVED') {
      // The slots beside it have probably moved too.
      this.#bySlot = this.#bySlot.with(slot, node)
      this.isKnown = false
    }
    return node
  }

  forget(): void {
    this.isKnown = false
  }

  close(): void {
    this.#isClosed = true
    for (const node of this.#nodes.values()) node.close()
  }

  /** As servers of a cluster say it themselves. */
  #down(what: string): ServerRefusal {
    const [first] = this.#config.addresses
    const reply = new RedisErrorReply(`CLUSTERDOWN no server of the cluster keeps ${what}`)
    return new ServerRefusal(first === undefined ? 'cluster' : addressText(first), reply)
  }

  async #ask(): Promise<void> {
    let failure: unknown
    for (const node of this.#candidates()) {
      try {
        const connection = node.connection ?? (await node.connect())
        this.#learn(await connection.command(['CLUSTER', 'SLOTS']), node.address)
        return
      } catch (error) {
        // The fault to report is that of an address which the user gave.
        failure ??= error
        if (error instanceof ServerRefusal && error.kind !== 'LOADING') throw error
      }
    }
    throw failure
  }

  /** Those with a connection first, then those that were known, then those that the configuration names. */
  #candidates(): readonly RedisNode[] {
    const known = [...this.#nodes.values()]
    const configured = this.#config.addresses.map((address) => this.#nodeAt(address))
    return [...new Set([...known.filter((node) => node.connection !== null), ...configured, ...known])]
  }

  #learn(reply: RedisReply, asked: RedisAddress): void {
    const bySlot: (RedisNode | undefined)[] = new Array(slotCount).fill(undefined)
    const named = new Set<RedisNode>()
    for (const range of Array.isArray(reply) ? reply : []) {
      const [first, last, master] = Array.isArray(range) ? range : []
      const [host, port] = Array.isArray(master) ? master : []
      if (typeof first !== 'number' || typeof last !== 'number' || typeof port !== 'number') continue
      // Without a host it is the one that was asked.
      const name = host === null || host === undefined ? '' : String(host)
      const node = this.#nodeAt({ host: name === '' || name === '?' ? asked.host : name, port })
      named.add(node)
      bySlot.fill(node, first, last + 1)
    }
    this.#bySlot = bySlot
    this.isKnown = true
    this.#dropOthers(named)
  }

  /** Servers that left the cluster; those that the configuration names stay, to be asked. */
  #dropOthers(named: ReadonlySet<RedisNode>): void {
    const configured = new Set(this.#config.addresses.map(addressText))
    for (const [name, node] of this.#nodes) {
      if (named.has(node) || configured.has(name)) continue
      this.#nodes.delete(name)
      node.close()
    }
  }

  #nodeAt(address: RedisAddress): RedisNode {
    const name = addressText(address)
    const known = this.#nodes.get(name)
    if (known !== undefined) return known
    const node = new RedisNode(address, this.#config.connection)
    if (this.#isClosed) node.close()
    this.#nodes.set(name, node)
    return node
  }
}
