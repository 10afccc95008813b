import type { RecordBatch } from 'apache-arrow'
import type { ComputeEngine, LoadRequest, LoadSummary } from '../../plugin/compute-engine.ts'
import type { OfflineStore } from '../../plugin/offline-store.ts'
import type { OnlineStore, OnlineWrite } from '../../plugin/online-store.ts'
import { batchEncoder } from './encode-batch.ts'
import { RowBuffer } from './row-buffer.ts'

/**
 * Loads in this process: the offline store reduces the source to the latest row per key, its batches are encoded column
 * by column and written in transactions of bounded size. While one is written the next one is encoded, and no more.
 */
export const localComputeEngine: ComputeEngine = {
  async load(request, stores, options = {}) {
    const load = new Load(request, stores.online, options)
    return load.run(stores.offline)
  },
}

/**
 * A write of so many rows and values keeps a transaction short, and nearly all of its objects die young, in the part of
 * the heap that is cheap to clear: six times as many took a third more memory and more processor time.
 */
const rowsPerWrite = 2500
const cellsPerWrite = 60_000

type LoadOptions = NonNullable<Parameters<ComputeEngine['load']>[2]>

class Load {
  readonly #request: LoadRequest
  readonly #online: OnlineStore
  readonly #options: LoadOptions
  readonly #batchSize: number
  readonly #buffer: RowBuffer
  #written = 0
  #stale = 0
  #nullKeys = 0
  /** The write on its way: there is never more than one, so that progress is told in order. */
  #writing: Promise<void> = Promise.resolve()

  constructor(request: LoadRequest, online: OnlineStore, options: LoadOptions) {
    this.#request = request
    this.#online = online
    this.#options = options
    const fitting = Math.max(1000, Math.min(rowsPerWrite, Math.floor(cellsPerWrite / (request.features.length + 1))))
    this.#batchSize = request.writeBatchSize ?? fitting
    this.#buffer = new RowBuffer(request.table)
  }

  async run(offline: OfflineStore): Promise<LoadSummary> {
    const { signal } = this.#options
    const encode = batchEncoder(this.#request)
    const batches = offline.pullLatest(this.#request.pull, {
      order: 'entityKey',
      onNullKeys: (rows) => {
        this.#nullKeys += rows
      },
      ...(signal === undefined ? {} : { signal }),
    })
    try {
      for await (const batch of batches) await this.#take(batch, encode)
      await this.#write()
    } finally {
      // When the source fails nothing is written any more once this has thrown.
      await this.#writing
    }
    return { written: this.#written, stale: this.#stale, nullKeys: this.#nullKeys }
  }

  async #take(batch: RecordBatch, encode: ReturnType<typeof batchEncoder>): Promise<void> {
    const append = encode(batch)
    for (let row = 0; row < batch.numRows; ) {
      const end = Math.min(batch.numRows, row + this.#batchSize - this.#buffer.length)
      append(this.#buffer, row, end)
      row = end
      if (this.#buffer.length >= this.#batchSize) await this.#write()
    }
  }

  /** Begins to write what is in the buffer, when the write before it is done. */
  async #write(): Promise<void> {
    await this.#writing
    if (this.#buffer.length === 0) return
    this.#writing = this.#writeRows(this.#buffer.take())
    // Whoever waits for it next gets the error; until then nobody does.
    this.#writing.catch(() => {})
  }

  async #writeRows(batch: OnlineWrite): Promise<void> {
    const { signal, onRows } = this.#options
    const { written, stale } = await this.#online.write(batch, signal)
    this.#written += written
    this.#stale += stale
    onRows?.(this.#written + this.#stale)
  }
}
