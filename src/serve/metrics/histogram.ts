/** Bounds in seconds of what a request may take. */
export const latencyBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** Bounds in seconds of what a materialization may take. */
export const jobBounds = [1, 5, 15, 30, 60, 300, 900, 3600, 4 * 3600] as const

/** Bounds in seconds of the age of a feature: a second to a month. */
export const ageBounds = [1, 10, 60, 300, 900, 3600, 6 * 3600, 86_400, 7 * 86_400, 30 * 86_400] as const

/** Bounds of the number of rows of a request. */
export const rowBounds = [1, 5, 10, 25, 50, 100, 250, 500, 1000] as const

/** Counts by bucket in one array: an observation makes no object, and labels are put on when somebody looks. */
export class Histogram {
  readonly bounds: readonly number[]
  /** Observations of each bucket alone; the last one is of those above every bound. */
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number, times = 1): void {
    const { bounds, counts } = this
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++
    counts[bucket] = (counts[bucket] ?? 0) + times
    this.sum += value * times
  }

  get count(): number {
    return this.counts.reduce((all, each) => all + each, 0)
  }
}
