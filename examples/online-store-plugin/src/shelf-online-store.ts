import { access, mkdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { FeatureStoreError } from 'feast-ts'
import type {
  InfrastructureObject,
  OnlineCells,
  OnlineRead,
  OnlineStore,
  OnlineStoreCapabilities,
  OnlineTable,
  OnlineWrite,
  OnlineWriteSummary,
  StoreOptions,
} from 'feast-ts/plugin'
import { CellBlock } from 'feast-ts/plugin'
import { fileName, folderName, parseRow, type Row, rowOf } from './shelf-layout.ts'
import { hasCode, replaceFile } from './shelf-lock.ts'

export const shelfCapabilities: OnlineStoreCapabilities = {
  keyTtl: false,
  // Each key has a file of its own, so that a batch appears row by row.
  transactionalBatches: false,
  versionedViews: true,
  vectorSearch: false,
  eventPrecisionMicros: 1n,
  createdTimestamps: true,
  oneRoundTrip: true,
  missingInFeast: 'NOT_FOUND',
}

export async function openShelf(options: StoreOptions): Promise<OnlineStore> {
  return new ShelfOnlineStore(resolve(options.repoPath, String(options.config.options.folder)))
}

/** The latest values of each entity key in a JSON file, in a folder per view. */
class ShelfOnlineStore implements OnlineStore {
  readonly capabilities = shelfCapabilities
  readonly #folder: string
  #isClosed = false

  constructor(folder: string) {
    this.#folder = folder
  }

  async read(reads: readonly OnlineRead[], signal?: AbortSignal): Promise<readonly OnlineCells[]> {
    this.#check(signal)
    return Promise.all(
      reads.map(async ({ table, features, entityKeys }) => {
        const cells = new CellBlock(entityKeys.length, features.length)
        const rows = await Promise.all(entityKeys.map((key) => this.#row(table, key)))
        for (const [index, row] of rows.entries()) {
          if (row === undefined) continue
          cells.setEventMicros(index, row.eventMicros)
          for (const [feature, name] of features.entries()) {
            const value = row.values.get(name)
            if (value !== undefined) cells.set(index, feature, value)
          }
        }
        return cells
      }),
    )
  }

  async write(batch: OnlineWrite, signal?: AbortSignal): Promise<OnlineWriteSummary> {
    this.#check(signal)
    const folder = this.#tableFolder(batch.table)
    await access(folder).catch((cause: unknown) => {
      const message = `The shelf has no folder ${folder} for the view "${batch.table.view}".`
      throw new FeatureStoreError('FTS5010', { message, hint: 'run `feast apply`', cause })
    })
    const keys = new Map<string, boolean>()
    for (const [index, key] of batch.entityKeys.entries()) {
      signal?.throwIfAborted()
      const path = this.#path(batch.table, key)
      const wasWritten = await replaceFile(path, (text) => {
        const stored = text === undefined ? undefined : parseRow(text)
        const next = rowOf(batch, index, stored)
        return batch.feastOrder === true || stored === undefined || !isOlder(next, stored) ? next.text() : undefined
      })
      keys.set(path, wasWritten || keys.get(path) === true)
    }
    const written = [...keys.values()].filter(Boolean).length
    return { written, stale: keys.size - written }
  }

  infrastructure(_tables: readonly OnlineTable[]): readonly InfrastructureObject[] {
    return []
  }

  async update(change: {
    readonly keep: readonly OnlineTable[]
    readonly drop: readonly OnlineTable[]
  }): Promise<void> {
    // What is kept is not dropped, whatever else a caller says of it.
    const kept = new Set(change.keep.map((table) => this.#tableFolder(table)))
    await this.teardown(change.drop.filter((table) => !kept.has(this.#tableFolder(table))))
    for (const table of change.keep) await mkdir(this.#tableFolder(table), { recursive: true })
  }

  async teardown(tables: readonly OnlineTable[]): Promise<void> {
    for (const table of tables) await rm(this.#tableFolder(table), { recursive: true, force: true })
  }

  async ping(signal?: AbortSignal): Promise<void> {
    this.#check(signal)
    await access(this.#folder)
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (!this.#isClosed) return
    throw new FeatureStoreError('FTS5026', { message: `The shelf ${this.#folder} was closed before it was used.` })
  }

  #tableFolder(table: OnlineTable): string {
    return join(this.#folder, folderName(table))
  }

  #path(table: OnlineTable, key: Uint8Array): string {
    return join(this.#tableFolder(table), fileName(key))
  }

  async #row(table: OnlineTable, key: Uint8Array): Promise<Row | undefined> {
    try {
      return parseRow(await readFile(this.#path(table, key), 'utf8'))
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined
      throw error
    }
  }
}

/** True when `next` must not replace `stored`: an earlier event, or the same event known to be created earlier. */
function isOlder(next: Row, stored: Row): boolean {
  if (next.eventMicros !== stored.eventMicros) return next.eventMicros < stored.eventMicros
  if (stored.createdMicros === null) return false
  return next.createdMicros === null || next.createdMicros < stored.createdMicros
}
