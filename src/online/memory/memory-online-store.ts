import type { InfrastructureObject } from '../../model/registry-contents.ts'
import { CellBlock, type OnlineCells } from '../../plugin/online-cells.ts'
import type {
  OnlineRead,
  OnlineStore,
  OnlineStoreCapabilities,
  OnlineTable,
  OnlineWrite,
  OnlineWriteSummary,
  TableChange,
} from '../../plugin/online-store.ts'
import { droppedNames } from '../online-common/dropped-names.ts'
import { storeClosed } from '../online-common/server-errors.ts'

/** Rows by serialised key, by table. */
type MemoryTables = Map<string, Map<string, StoredKey>>

/**
 * The latest values in this process, gone when it ends: for tests, and the shortest full account of what an online
 * store does. Times keep their microseconds.
 *
 * @param tables what several stores share, as connections share a server.
 */
export function openMemoryOnlineStore(tables: MemoryTables = new Map()): OnlineStore {
  return new MemoryOnlineStore(tables)
}

interface StoredKey {
  readonly eventMicros: bigint
  readonly createdMicros: bigint | null
  readonly values: ReadonlyMap<string, Uint8Array>
}

const capabilities: OnlineStoreCapabilities = {
  keyTtl: false,
  transactionalBatches: true,
  versionedViews: true,
  vectorSearch: false,
  eventPrecisionMicros: 1n,
  createdTimestamps: true,
  oneRoundTrip: true,
  missingInFeast: 'NOT_FOUND',
}

class MemoryOnlineStore implements OnlineStore {
  readonly capabilities = capabilities
  readonly #tables: MemoryTables
  #closed = false

  constructor(tables: MemoryTables) {
    this.#tables = tables
  }

  async read(reads: readonly OnlineRead[], signal?: AbortSignal): Promise<readonly OnlineCells[]> {
    this.#check(signal)
    return reads.map((read) => {
      const table = this.#table(read.table)
      const cells = new CellBlock(read.entityKeys.length, read.features.length)
      for (const [row, key] of read.entityKeys.entries()) {
        const stored = table.get(textOf(key))
        if (stored === undefined) continue
        cells.setEventMicros(row, stored.eventMicros)
        for (const [index, feature] of read.features.entries()) {
          const value = stored.values.get(feature)
          if (value !== undefined) cells.set(row, index, value)
        }
      }
      return cells
    })
  }

  async write(batch: OnlineWrite, signal?: AbortSignal): Promise<OnlineWriteSummary> {
    this.#check(signal)
    const table = this.#table(batch.table)
    const touched = new Map<string, boolean>()
    for (const [row, key] of batch.entityKeys.entries()) {
      const next = rowOf(batch, row)
      const stored = table.get(textOf(key))
      const replaces = batch.feastOrder === true || stored === undefined || !isOlder(next, stored)
      touched.set(textOf(key), replaces || touched.get(textOf(key)) === true)
      if (!replaces) continue
      table.set(textOf(key), { ...next, values: new Map([...(stored?.values ?? []), ...next.values]) })
    }
    const written = [...touched.values()].filter((replaced) => replaced).length
    return { written, stale: touched.size - written }
  }

  infrastructure(_tables: readonly OnlineTable[]): readonly InfrastructureObject[] {
    return []
  }

  async update(change: TableChange): Promise<void> {
    for (const name of droppedNames(change, nameOf)) this.#tables.delete(name)
    for (const table of change.keep) this.#table(table)
  }

  async teardown(tables: readonly OnlineTable[]): Promise<void> {
    await this.update({ keep: [], drop: tables })
  }

  async ping(signal?: AbortSignal): Promise<void> {
    this.#check(signal)
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closed) throw storeClosed({ name: 'in-memory', address: 'this process' })
  }

  #table(table: OnlineTable): Map<string, StoredKey> {
    const known = this.#tables.get(nameOf(table))
    if (known !== undefined) return known
    const made = new Map<string, StoredKey>()
    this.#tables.set(nameOf(table), made)
    return made
  }
}

const nameOf = (table: OnlineTable): string => JSON.stringify([table.project, table.view, table.version ?? 0])

const textOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1')

function rowOf(batch: OnlineWrite, row: number): StoredKey {
  const values = batch.table.features.map((feature, index): [string, Uint8Array] => [
    feature.name,
    batch.values[index]?.[row] ?? new Uint8Array(0),
  ])
  return {
    eventMicros: batch.eventMicros[row] ?? 0n,
    createdMicros: batch.createdMicros[row] ?? null,
    values: new Map(values),
  }
}

/** True when `next` must not replace `stored`: an earlier event, or the same event known to be created earlier. */
function isOlder(next: StoredKey, stored: StoredKey): boolean {
  if (next.eventMicros !== stored.eventMicros) return next.eventMicros < stored.eventMicros
  if (stored.createdMicros === null) return false
  return next.createdMicros === null || next.createdMicros < stored.createdMicros
}
