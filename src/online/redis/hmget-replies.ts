import { nothingStored, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineRead } from '../../plugin/online-store.ts'
import { isPackedRow } from '../online-common/packed-row.ts'
import { readEventTime } from './event-time.ts'
import type { CommandPlan } from './read-plan.ts'
import type { ReplySink } from './redis-driver.ts'
import { ServerRefusal, unreadableEventTime } from './redis-errors.ts'
import { incomplete, ProtocolError, RedisErrorReply, ReplyReader, readBulks } from './reply-reader.ts'

/** The cells of one read, which replies are read into. Positions count from the start of {@link bytes}. */
export class ReplyCells implements OnlineCells {
  readonly view: string
  readonly featureCount: number
  readonly rowCount: number
  bytes: Uint8Array = noBytes
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly eventSeconds: Float64Array
  readonly eventMicros: Int32Array

  private constructor(read: OnlineRead, buffer: ArrayBuffer, seconds: number, positions: number) {
    this.view = read.table.view
    this.featureCount = read.features.length
    this.rowCount = read.entityKeys.length
    const cells = this.rowCount * this.featureCount
    this.eventSeconds = new Float64Array(buffer, seconds, this.rowCount)
    this.starts = new Int32Array(buffer, positions, cells)
    this.ends = new Int32Array(buffer, positions + 4 * cells, cells)
    this.eventMicros = new Int32Array(buffer, positions + 8 * cells, this.rowCount)
  }

  /**
   * Cells for the reads of a request, all in one buffer: memory outside of the heap costs the more the more pieces it
   * has. Replies fill each cell before anybody looks.
   */
  static forReads(reads: readonly OnlineRead[]): readonly ReplyCells[] {
    let rows = 0
    let cells = 0
    for (const { entityKeys, features } of reads) {
      rows += entityKeys.length
      cells += entityKeys.length * features.length
    }
    const buffer = new ArrayBuffer(12 * rows + 8 * cells)
    // Seconds of all reads come first, as they need places that eight divides.
    let seconds = 0
    let positions = 8 * rows
    return reads.map((read) => {
      const made = new ReplyCells(read, buffer, seconds, positions)
      seconds += 8 * made.rowCount
      positions += 4 * made.rowCount + 8 * made.starts.length
      return made
    })
  }
}

const noBytes = new Uint8Array(0)

/** Reads of the same entity keys: one command for each key, one block of cells for each view. */
export interface KeyGroup {
  readonly plan: CommandPlan
  readonly entityKeys: readonly Uint8Array[]
  readonly cells: readonly ReplyCells[]
}

/** Some rows of a group that one server is asked for. */
export interface GroupRows {
  readonly group: KeyGroup
  /** Null for all rows of the group. */
  readonly rows: readonly number[] | null
}

export interface GroupRow {
  readonly group: KeyGroup
  readonly row: number
}

/** A row that a server refused to answer. */
export interface RefusedRow extends GroupRow {
  readonly error: ServerRefusal
}

/**
 * Reads the replies of `HMGET`s straight into cells: positions instead of objects. The bytes of replies are copied once,
 * all in one piece if they came in one.
 */
export class HmgetReplies implements ReplySink {
  readonly signal: AbortSignal | undefined
  isFinished = false
  /** The bytes that positions refer to, from 0. */
  bytes: Buffer = noReplies
  readonly refused: RefusedRow[] = []
  /** Rows that were asked for as packed ones and are not, or not in all views: they have to be read feature by feature. */
  readonly unpacked: GroupRow[] = []
  readonly done: Promise<void>
  readonly parts: readonly GroupRows[]
  readonly #address: string
  #length = 0
  #part = 0
  #index = 0
  /** What is stored and cannot be read. Others on the connection have nothing to do with it. */
  #unreadable: unknown
  #resolve: () => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(address: string, parts: readonly GroupRows[], signal: AbortSignal | undefined) {
    this.#address = address
    this.parts = parts
    this.signal = signal
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  accept(bytes: Buffer, start: number, end: number): number {
    let at = start
    const shift = this.#length - start
    while (at < end) {
      const part = this.parts[this.#part]
      if (part === undefined) break
      const next = this.#readRow(part.group, part.rows?.[this.#index] ?? this.#index, bytes, at, end, shift)
      if (next === incomplete) break
      at = next
      if (++this.#index === (part.rows ?? part.group.entityKeys).length) {
        this.#index = 0
        this.#part++
      }
    }
    this.#keep(bytes, start, at)
    if (this.#part === this.parts.length) {
      this.isFinished = true
      if (this.#unreadable === undefined) this.#resolve()
      else this.#reject(this.#unreadable)
    }
    return at
  }

  fail(error: unknown): void {
    this.#reject(error)
  }

  #readRow(group: KeyGroup, row: number, bytes: Buffer, start: number, end: number, shift: number): number {
    const { replyHead } = group.plan
    if (bytes[start] === errorSign) return this.#readRefusal(group, row, bytes, start, end)
    if (start + replyHead.length > end) return incomplete
    for (let i = 0; i < replyHead.length; i++) {
      if (bytes[start + i] !== replyHead[i]) throw new ProtocolError('an answer is not that of the command sent')
    }
    let at = start + replyHead.length
    const isPacked = group.plan.layout === 'packed'
    let isWhole = true
    for (let view = 0; view < group.cells.length; view++) {
      const cells = group.cells[view] as ReplyCells
      if (!isPacked) at = this.#readFeatures(cells, row, bytes, at, end, shift)
      if (at !== incomplete) at = readBulks(bytes, at, end, 1, event, 0, 0)
      if (at === incomplete) return incomplete
      if (!this.#readEvent(group, view, row, bytes, shift)) isWhole = false
    }
    if (!isWhole) this.unpacked.push({ group, row })
    return at
  }

  #readFeatures(cells: ReplyCells, row: number, bytes: Buffer, at: number, end: number, shift: number): number {
    return readBulks(bytes, at, end, cells.featureCount, cells, row * cells.featureCount, shift)
  }

  /**
   * What the field of the event time holds, for one view and row: a time, behind which lie the values, or a packed row.
   * @returns false when the values have to be asked for.
   */
  #readEvent({ plan, cells: blocks }: KeyGroup, view: number, row: number, bytes: Buffer, shift: number): boolean {
    const cells = blocks[view] as ReplyCells
    const start = event.starts[0] as number
    const end = event.ends[0] as number
    if (start !== nothingStored && isPackedRow(bytes, start) && start < end) {
      try {
        plan.views[view]?.placePacked(cells, row, bytes, start, end, shift)
      } catch (error) {
        this.#unreadable ??= error
      }
      return true
    }
    const first = row * cells.featureCount
    if (plan.layout === 'packed') {
      cells.starts.fill(nothingStored, first, first + cells.featureCount)
      cells.ends.fill(nothingStored, first, first + cells.featureCount)
      cells.eventSeconds[row] = Number.NaN
      return start === nothingStored
    }
    if (start !== nothingStored) {
      if (!readEventTime(bytes, start, end, cells, row)) this.#unreadable ??= unreadableEventTime(cells.view)
    } else {
      // Values without an event time are those of the epoch, as an event time of 0 is an empty value to begin with.
      cells.eventSeconds[row] = hasValue(cells, first) ? 0 : Number.NaN
      cells.eventMicros[row] = 0
    }
    return true
  }

  #readRefusal(group: KeyGroup, row: number, bytes: Buffer, start: number, end: number): number {
    const next = reader.read(bytes, start, end)
    if (next === incomplete) return incomplete
    if (reader.value instanceof RedisErrorReply) {
      this.refused.push({ group, row, error: new ServerRefusal(this.#address, reader.value) })
    }
    return next
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const length = this.#length + end - start
    if (length > this.bytes.length) {
      // Replies that come in one piece, as nearly all do, get exactly the room they need.
      const larger = Buffer.allocUnsafe(this.#length === 0 ? length : Math.max(length, this.bytes.length * 2))
      this.bytes.copy(larger, 0, 0, this.#length)
      this.bytes = larger
    }
    bytes.copy(this.bytes, this.#length, start, end)
    this.#length = length
  }
}

const noReplies = Buffer.alloc(0)
const errorSign = 45
const reader = new ReplyReader()
const event = { starts: new Int32Array(1), ends: new Int32Array(1) }

function hasValue(cells: ReplyCells, first: number): boolean {
  for (let cell = first; cell < first + cells.featureCount; cell++)
    if (cells.starts[cell] !== nothingStored) return true
  return false
}
