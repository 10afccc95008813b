import { unlessAborted } from '../../base/unless-aborted.ts'
import type { RedisAddress, RedisConfig } from './redis-config.ts'
import { RedisConnection } from './redis-driver.ts'
import { addressText, ConnectionLost, ServerRefusal } from './redis-errors.ts'
import { RedisNode } from './redis-node.ts'
import type { RedisTopology } from './redis-topology.ts'
import { RedisErrorReply } from './reply-reader.ts'

/**
 * One master that sentinels watch over. They are asked for it at the start, and again when its connection was lost or it
 * turned out to be a replica; what they name is asked whether it is a master before anything else is sent to it.
 * Source: https://redis.io/docs/latest/develop/reference/sentinel-clients/
 */
export class SentinelTopology implements RedisTopology {
  readonly isCluster = false
  isKnown = false
  readonly #config: RedisConfig
  #master: RedisNode | undefined
  #discovery: Promise<void> | undefined
  #isClosed = false
  /** The sentinel that answered last is asked first. */
  #sentinels: readonly RedisAddress[]

  constructor(config: RedisConfig) {
    this.#config = config
    this.#sentinels = config.addresses
  }

  async discover(signal?: AbortSignal): Promise<void> {
    if (this.isKnown) return
    this.#discovery ??= this.#ask().finally(() => {
      this.#discovery = undefined
    })
    await unlessAborted(this.#discovery, signal)
  }

  nodeOf(): RedisNode {
    if (this.#master === undefined)
      throw new ConnectionLost(this.#config.sentinelMaster, new Error('no master is known'))
    return this.#master
  }

  slotOf(): number {
    return 0
  }

  masters(): readonly RedisNode[] {
    return [this.nodeOf()]
  }

  redirected(_redirection: unknown, from: RedisNode): RedisNode {
    return from
  }

  forget(): void {
    this.isKnown = false
  }

  close(): void {
    this.#isClosed = true
    this.#master?.close()
  }

  async #ask(): Promise<void> {
    let failure: unknown
    for (const sentinel of this.#sentinels) {
      try {
        const address = await this.#masterBy(sentinel)
        await this.#use(address)
        this.#sentinels = [sentinel, ...this.#sentinels.filter((other) => other !== sentinel)]
        return
      } catch (error) {
        failure ??= error
      }
    }
    throw failure
  }

  /** A connection for one question: sentinels are asked seldom, and may come and go. */
  async #masterBy(sentinel: RedisAddress): Promise<RedisAddress> {
    const name = this.#config.sentinelMaster
    const connection = await RedisConnection.open(sentinel, this.#config.sentinelConnection)
    try {
      const reply = await connection.command(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
      const [host, port] = Array.isArray(reply) ? reply : []
      if (host === undefined || port === undefined) {
        const text = `ERR the sentinel knows no master named ${JSON.stringify(name)}`
        throw new ServerRefusal(addressText(sentinel), new RedisErrorReply(text))
      }
      return { host: String(host), port: Number(port) }
    } finally {
      connection.close()
    }
  }

  async #use(address: RedisAddress): Promise<void> {
    const isNew = this.#master?.name !== addressText(address)
    const node = isNew || this.#master === undefined ? new RedisNode(address, this.#config.connection) : this.#master
    const connection = node.connection ?? (await node.connect())
    if ((await roleOf(connection)) !== 'master') {
      if (isNew) node.close()
      const text = `READONLY ${addressText(address)} is not a master yet`
      throw new ServerRefusal(addressText(address), new RedisErrorReply(text))
    }
    if (isNew) this.#master?.close()
    this.#master = node
    if (this.#isClosed) node.close()
    this.isKnown = true
  }
}

async function roleOf(connection: RedisConnection): Promise<string> {
  const reply = await connection.command(['ROLE']).catch((error: unknown) => {
    // A user without this permission finds out with the first write.
    if (error instanceof ServerRefusal && error.kind === 'NOPERM') return ['master']
    throw error
  })
  return Array.isArray(reply) ? String(reply[0]) : ''
}
