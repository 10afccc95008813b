import type { OnlineTable, OnlineWrite } from '../../plugin/online-store.ts'

/** Encoded rows that wait to be written, as columns. */
export class RowBuffer {
  readonly #table: OnlineTable
  entityKeys: Uint8Array[] = []
  values: Uint8Array[][]
  eventMicros: bigint[] = []
  createdMicros: (bigint | null)[] = []

  constructor(table: OnlineTable) {
    this.#table = table
    this.values = table.features.map(() => [])
  }

  get length(): number {
    return this.entityKeys.length
  }

  /** The rows as one write; the buffer is empty afterwards. */
  take(): OnlineWrite {
    const { entityKeys, values, eventMicros, createdMicros } = this
    this.entityKeys = []
    this.values = this.#table.features.map(() => [])
    this.eventMicros = []
    this.createdMicros = []
    return { table: this.#table, entityKeys, values, eventMicros, createdMicros }
  }
}
