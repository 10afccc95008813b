import type { InfrastructureObject } from '../../model/registry-contents.ts'
import type { OnlineCells } from '../../plugin/online-cells.ts'
import type {
  LayoutConversion,
  OnlineRead,
  OnlineStore,
  OnlineStoreCapabilities,
  OnlineTable,
  OnlineWrite,
  OnlineWriteSummary,
  TableChange,
} from '../../plugin/online-store.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'
import { openTopology } from './open-topology.ts'
import { type RedisConfig, redisConfig } from './redis-config.ts'
import { convertTables } from './redis-convert.ts'
import { deleteTables } from './redis-delete.ts'
import { redisError } from './redis-errors.ts'
import { readCells } from './redis-read.ts'
import type { RedisTopology } from './redis-topology.ts'
import { RedisWriter } from './redis-write.ts'

export async function openRedisOnlineStore(options: StoreOptions): Promise<OnlineStore> {
  return new RedisOnlineStore(redisConfig(options), options)
}

export const redisCapabilities: OnlineStoreCapabilities = {
  keyTtl: true,
  transactionalBatches: false,
  versionedViews: true,
  vectorSearch: false,
  eventPrecisionMicros: 1n,
  createdTimestamps: false,
  oneRoundTrip: true,
  missingInFeast: 'PRESENT',
}

class RedisOnlineStore implements OnlineStore {
  readonly capabilities: OnlineStoreCapabilities
  readonly #config: RedisConfig
  /** Reads have connections of their own, so that none waits behind a load. */
  readonly #reading: RedisTopology
  readonly #writing: RedisTopology
  readonly #writer: RedisWriter

  constructor(config: RedisConfig, { logger }: StoreOptions) {
    this.#config = config
    // Of rows that are not packed yet this promises too much.
    this.capabilities =
      config.layout === 'packed' ? { ...redisCapabilities, createdTimestamps: true } : redisCapabilities
    this.#reading = openTopology(config)
    this.#writing = openTopology(config)
    this.#writer = new RedisWriter(this.#writing, config, logger)
  }

  read(reads: readonly OnlineRead[], signal?: AbortSignal): Promise<readonly OnlineCells[]> {
    return readCells(this.#reading, this.#config.layout, reads, signal).catch(rethrow)
  }

  write(batch: OnlineWrite, signal?: AbortSignal): Promise<OnlineWriteSummary> {
    return this.#writer.write(batch, signal).catch(rethrow)
  }

  convert(tables: readonly OnlineTable[], signal?: AbortSignal): Promise<LayoutConversion> {
    return convertTables(this.#writing, this.#config, tables, signal).catch(rethrow)
  }

  /** Feast records none for Redis. */
  infrastructure(): readonly InfrastructureObject[] {
    return []
  }

  /** Hashes come into being with their first row, so only dropping does anything. */
  async update(change: TableChange): Promise<void> {
    if (change.drop.length === 0 || !this.#config.scansForDeletion) return
    await deleteTables(this.#writing, this.#config, change.drop, change.keep).catch(rethrow)
  }

  async teardown(tables: readonly OnlineTable[]): Promise<void> {
    if (tables.length > 0) await deleteTables(this.#writing, this.#config, tables, []).catch(rethrow)
  }

  async ping(signal?: AbortSignal): Promise<void> {
    await this.#ping(signal).catch(rethrow)
  }

  async close(): Promise<void> {
    this.#writer.close()
    this.#reading.close()
    this.#writing.close()
  }

  async #ping(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (!this.#reading.isKnown) await this.#reading.discover(signal)
    const ping = async (node: ReturnType<RedisTopology['nodeOf']>): Promise<unknown> =>
      (node.connection ?? (await node.connect(signal))).command(['PING'], signal)
    await Promise.all(this.#reading.masters().map(ping))
  }
}

function rethrow(error: unknown): never {
  throw redisError(error)
}
