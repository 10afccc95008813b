import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Table } from 'apache-arrow'
import type { Clock } from '../../base/clock.ts'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { Logger } from '../../base/logger.ts'
import type { FeatureStore } from '../../store/feature-store.ts'
import type { RowsInput } from '../../store/offline-rows.ts'
import type { PushedHistory } from '../../store/pushed-history.ts'
import { loadArrow } from '../../types/arrow.ts'
import { ProcessLock } from '../state-files.ts'
import type { BatchingSettings } from './batching-settings.ts'
import { PushSpool, type SpoolBatch, type SpoolRecord } from './push-spool.ts'
import { writeRejectedRows } from './rejected-rows.ts'

export interface OfflinePushBatchingOptions {
  readonly store: Pick<FeatureStore, 'pushedHistories' | 'addToHistory'>
  readonly settings: BatchingSettings
  readonly logger: Logger
  readonly clock: Clock
}

/** Rows of a push that fit the batch sources they are for. */
export interface FittedPush {
  readonly pushSource: string
  readonly parts: readonly { readonly source: string; readonly table: Table }[]
}

interface Waiting {
  rows: number
  oldestMillis: number
}

/** How long what is known of the columns of a source is used. A source that changes later is noticed when it is written. */
const knownForMillis = 30_000
/** How many rows are written in one step when many wait. */
const mostRowsPerBatch = 100_000
/** How long until somebody else's lock, or a store that failed, is tried again. */
const retryMillis = { lock: 200, first: 1000, most: 60_000 }
/** How long a server that ends waits for another one that writes the same rows. */
const drainMillis = 20_000

/** Faults of the rows themselves: to repeat the write is of no use. */
const faultsOfRows: readonly string[] = ['FTS4013', 'FTS4508', 'FTS4510', 'FTS4515']

/**
 * Gathers rows that are pushed to the offline store, and writes them in batches: when there are many, when the oldest
 * has waited long enough, and when the server ends.
 *
 * Rows are on disk in a {@link PushSpool} before {@link accept} returns, and leave it after they are in the offline
 * store. Every accepted row gets there exactly once, whenever the process is killed: a batch keeps its number, and the
 * source keeps the numbers of the batches that it has. Rows that do not fit their source any more are kept in a file of
 * their own, and the log says where.
 */
export class OfflinePushBatching {
  readonly #options: OfflinePushBatchingOptions
  readonly #spool: PushSpool
  readonly #lock: ProcessLock
  readonly #waiting = new Map<string, Waiting>()
  readonly #failures = new Map<string, { readonly count: number; readonly untilMillis: number }>()
  readonly #known = new Map<string, { readonly untilMillis: number; readonly histories: readonly PushedHistory[] }>()
  #queue: { readonly records: readonly SpoolRecord[]; readonly settle: (error?: unknown) => void }[] = []
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined
  #closed = false

  /** Rows that an earlier process left behind are written soon. @throws FTS7010 */
  constructor(options: OfflinePushBatchingOptions) {
    this.#options = options
    const { folder } = options.settings
    this.#spool = new PushSpool(join(folder, 'pushed-rows.db'))
    this.#lock = new ProcessLock(join(folder, 'pushed-rows.lock'))
    this.#recount()
    this.#schedule()
  }

  /** Accepted rows that are not in the offline store yet, of all processes that share the spool. */
  backlogRows(): number {
    return this.#spool.backlog().reduce((sum, { rows }) => sum + rows, 0)
  }

  /** Checks rows against every batch source behind a push source. @throws FTS5020, FTS4510, FTS4508 */
  async fit(pushSource: string, rows: RowsInput): Promise<FittedPush> {
    const histories = await this.#histories(pushSource)
    const parts = histories.map(async (history) => ({ source: history.source, table: await history.fit(rows) }))
    return { pushSource, parts: await Promise.all(parts) }
  }

  /** Takes rows over: they are on disk when it returns. Pushes at the same time share one write. @throws FTS7010 */
  async accept({ pushSource, parts }: FittedPush): Promise<void> {
    const { tableToIPC } = await loadArrow()
    const records = parts
      .filter(({ table }) => table.numRows > 0)
      .map(({ source, table }) => ({
        source,
        pushSource,
        shape: table.schema.fields.map(({ name, type }) => `${JSON.stringify(name)}: ${type}`).join(', '),
        rowCount: table.numRows,
        rows: tableToIPC(table, 'stream'),
      }))
    if (records.length === 0) return
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ records, settle: (error) => (error === undefined ? resolve() : reject(error)) })
      if (this.#queue.length === 1) setImmediate(() => this.#commit())
    })
  }

  /** Writes what waits and ends. Rows that cannot be written now stay on disk for the next process. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#commit()
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#flushing
    const until = Date.now() + drainMillis
    this.#recount()
    while (this.#waiting.size > 0 && Date.now() < until) {
      await this.#flush(true)
      this.#recount()
      if (this.#waiting.size === 0 || [...this.#waiting.keys()].every((source) => this.#failures.has(source))) break
      await sleep(retryMillis.lock)
    }
    const left = this.backlogRows()
    if (left > 0) {
      this.#options.logger.warn('Pushed rows stay on disk and are written when a server starts again.', {
        rows: left,
        file: this.#spool.path,
      })
    }
    this.#spool.close()
    this.#lock.close()
  }

  async #histories(pushSource: string): Promise<readonly PushedHistory[]> {
    const known = this.#known.get(pushSource)
    if (known !== undefined && known.untilMillis > this.#now()) return known.histories
    const histories = await this.#options.store.pushedHistories(pushSource)
    this.#known.set(pushSource, { histories, untilMillis: this.#now() + knownForMillis })
    return histories
  }

  #commit(): void {
    const queue = this.#queue
    if (queue.length === 0) return
    this.#queue = []
    const now = this.#now()
    try {
      const records = queue.flatMap((each) => each.records)
      this.#spool.add(records, now)
      for (const { source, rowCount } of records) {
        const waiting = this.#waiting.get(source)
        if (waiting === undefined) this.#waiting.set(source, { rows: rowCount, oldestMillis: now })
        else waiting.rows += rowCount
      }
    } catch (error) {
      for (const { settle } of queue) settle(error)
      return
    }
    for (const { settle } of queue) settle()
    this.#schedule()
  }

  #recount(): void {
    this.#waiting.clear()
    for (const { source, rows, oldestMillis } of this.#spool.backlog()) {
      this.#waiting.set(source, { rows, oldestMillis })
    }
  }

  /** When a source must be written: now, when it has a batch, else when its oldest row has waited long enough. */
  #dueMillis(source: string, { rows, oldestMillis }: Waiting): number {
    const { batchRows, intervalSeconds } = this.#options.settings
    const due = rows >= batchRows ? 0 : oldestMillis + intervalSeconds * 1000
    return Math.max(due, this.#failures.get(source)?.untilMillis ?? 0)
  }

  #schedule(atLeastMillis = 0): void {
    if (this.#closed || this.#flushing !== undefined) return
    clearTimeout(this.#timer)
    const due = [...this.#waiting].map(([source, waiting]) => this.#dueMillis(source, waiting))
    if (due.length === 0) return
    const wait = Math.min(Math.max(atLeastMillis, Math.min(...due) - this.#now()), 2 ** 31 - 1)
    this.#timer = setTimeout(() => {
      this.#flushing = this.#flush(false).then((gotLock) => {
        this.#flushing = undefined
        this.#schedule(gotLock ? 0 : retryMillis.lock)
      })
    }, wait)
    this.#timer.unref()
  }

  /** Writes what is due, or everything; false when another process is at it. */
  async #flush(everything: boolean): Promise<boolean> {
    let locked = false
    try {
      locked = this.#lock.take()
      if (!locked) return false
      this.#recount()
      for (const [source, waiting] of [...this.#waiting]) {
        if (everything || this.#dueMillis(source, waiting) <= this.#now()) await this.#flushSource(source)
      }
      this.#recount()
    } catch (error) {
      this.#options.logger.error('The file of pushed rows cannot be read; it is tried again.', { error: textOf(error) })
      return false
    } finally {
      if (locked) this.#lock.release()
    }
    return true
  }

  async #flushSource(source: string): Promise<void> {
    for (;;) {
      const batch = this.#spool.nextBatch(source, mostRowsPerBatch)
      if (batch === null) return
      try {
        await this.#write(batch)
        this.#spool.done(batch)
        this.#failures.delete(source)
      } catch (error) {
        if (!(error instanceof FeatureStoreError && faultsOfRows.includes(error.code))) {
          this.#putOff(source, error)
          return
        }
        if (batch.records.length > 1) this.#spool.split(batch)
        else await this.#reject(batch, error)
      }
    }
  }

  async #write({ source, sequence, records }: SpoolBatch): Promise<void> {
    const rows = await tableOfRecords(records)
    await this.#options.store.addToHistory({ source, rows, once: { sender: this.#spool.id, sequence } })
    this.#options.logger.debug('Wrote pushed rows to the offline store.', { source, rows: rows.numRows })
  }

  #putOff(source: string, error: unknown): void {
    const count = (this.#failures.get(source)?.count ?? 0) + 1
    const wait = Math.min(retryMillis.first * 2 ** (count - 1), retryMillis.most)
    this.#failures.set(source, { count, untilMillis: this.#now() + wait })
    this.#options.logger.error(
      'Pushed rows could not be written to the offline store; they are kept and tried again.',
      {
        source,
        failures: count,
        secondsUntilNext: wait / 1000,
        error: textOf(error),
      },
    )
  }

  async #reject(batch: SpoolBatch, error: FeatureStoreError): Promise<void> {
    const { source, sequence, records } = batch
    const folder = join(this.#options.settings.folder, 'rejected')
    const pushSource = records[0]?.pushSource ?? ''
    const name = `${encodeURIComponent(source)}-${sequence}.json`
    const file = await writeRejectedRows(join(folder, name), pushSource, await tableOfRecords(records))
    this.#spool.done(batch)
    this.#options.logger.error('Pushed rows do not fit their source any more; they are kept in a file to push again.', {
      source,
      file,
      error: error.message,
    })
  }

  #now(): number {
    return Number(this.#options.clock.now().epochMicros / 1000n)
  }
}

async function tableOfRecords(records: readonly SpoolRecord[]): Promise<Table> {
  const { Table, tableFromIPC } = await loadArrow()
  const tables = records.map(({ rows }) => tableFromIPC(rows))
  const [first] = tables
  return tables.length === 1 && first !== undefined ? first : new Table(tables.flatMap(({ batches }) => batches))
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
