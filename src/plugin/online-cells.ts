import { floorDivide } from '../base/instant.ts'

/**
 * What a store answers to one read: a block of cells, row by row, `cell = row * featureCount + feature`, where row i
 * belongs to entity key i of the read and feature f to its feature f. All values lie in one buffer, so that reading a
 * row makes no object per value.
 */
export interface OnlineCells {
  readonly featureCount: number
  readonly rowCount: number
  /** The serialised `feast.types.Value`s; those of cell c are `bytes.subarray(starts[c], ends[c])`. */
  readonly bytes: Uint8Array
  /** Where a cell begins; {@link nothingStored} when nothing is stored. A stored null is an empty range. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /**
   * Event time of each row: whole seconds of the epoch, rounded down; NaN when nothing is stored for the key. Not
   * microseconds in one number, as those of far years do not fit a double.
   */
  readonly eventSeconds: Float64Array
  /** Microseconds within the second, 0 to 999 999. */
  readonly eventMicros: Int32Array
}

/** The start of a cell for which nothing is stored. */
export const nothingStored = -1

/** A block that a store fills cell by cell; it begins with nothing stored. */
export class CellBlock implements OnlineCells {
  readonly featureCount: number
  readonly rowCount: number
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly eventSeconds: Float64Array
  readonly eventMicros: Int32Array
  #bytes: Uint8Array
  #length = 0

  constructor(rowCount: number, featureCount: number) {
    const cells = rowCount * featureCount
    this.featureCount = featureCount
    this.rowCount = rowCount
    this.starts = new Int32Array(cells).fill(nothingStored)
    this.ends = new Int32Array(cells).fill(nothingStored)
    this.eventSeconds = new Float64Array(rowCount).fill(Number.NaN)
    this.eventMicros = new Int32Array(rowCount)
    this.#bytes = new Uint8Array(Math.max(64, cells * 12))
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Copies a serialised value into the block; an empty one is a stored null. */
  set(row: number, feature: number, value: Uint8Array): void {
    const end = this.#length + value.length
    if (end > this.#bytes.length) this.#grow(end)
    this.#bytes.set(value, this.#length)
    const cell = row * this.featureCount + feature
    this.starts[cell] = this.#length
    this.ends[cell] = end
    this.#length = end
  }

  /** Copies bytes that hold several values into the block; where they begin in it, for {@link setRange}. */
  append(bytes: Uint8Array): number {
    const start = this.#length
    const end = start + bytes.length
    if (end > this.#bytes.length) this.#grow(end)
    this.#bytes.set(bytes, start)
    this.#length = end
    return start
  }

  /** Makes a part of what was appended the value of a cell. */
  setRange(row: number, feature: number, start: number, end: number): void {
    const cell = row * this.featureCount + feature
    this.starts[cell] = start
    this.ends[cell] = end
  }

  setEvent(row: number, seconds: number, micros: number): void {
    this.eventSeconds[row] = seconds
    this.eventMicros[row] = micros
  }

  /** {@link setEvent} with microseconds of the epoch. */
  setEventMicros(row: number, epochMicros: bigint): void {
    const seconds = floorDivide(epochMicros, 1_000_000n)
    this.setEvent(row, Number(seconds), Number(epochMicros - seconds * 1_000_000n))
  }

  #grow(least: number): void {
    const larger = new Uint8Array(Math.max(least, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

/** The serialised value of a cell: empty for a stored null, null when nothing is stored. */
export function cellBytes(cells: OnlineCells, row: number, feature: number): Uint8Array | null {
  const cell = row * cells.featureCount + feature
  const start = cells.starts[cell] ?? nothingStored
  return start === nothingStored ? null : cells.bytes.subarray(start, cells.ends[cell])
}

/** Event time of a row in microseconds of the epoch; null when nothing is stored. */
export function eventMicrosOf(cells: OnlineCells, row: number): bigint | null {
  const seconds = cells.eventSeconds[row] ?? Number.NaN
  return Number.isNaN(seconds) ? null : BigInt(seconds) * 1_000_000n + BigInt(cells.eventMicros[row] ?? 0)
}
