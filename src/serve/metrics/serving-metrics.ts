import { nothingStored } from '../../plugin/online-cells.ts'
import { cellStatus } from '../../store/feature-status.ts'
import {
  OnlineResponse,
  type ResponseColumn,
  type ResponseLayout,
  type StoredColumn,
} from '../../store/online-response.ts'
import type { ReadTimings } from '../../store/read-timings.ts'
import { ageBounds, Histogram, jobBounds, latencyBounds, rowBounds } from './histogram.ts'

/** Requests of one route or method. */
export class EndpointMetrics {
  readonly latency = new Histogram(latencyBounds)
  /** By HTTP status, or the number of a gRPC status. */
  readonly statuses = new Map<number, number>()

  observe(status: number, seconds: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    this.latency.observe(seconds)
  }
}

/** What was served of one view. */
export class ViewMetrics {
  /** Feature values asked for. */
  requested = 0
  notFound = 0
  /** Values by `feast.serving.FieldStatus`; counted when Feast's own metrics are wanted. */
  readonly statuses = new Float64Array(5)
  /** Age of the events whose values were served, one observation per row. */
  readonly staleness = new Histogram(ageBounds)
  /** Age of the newest event of the last answer, in seconds; null before there was one. */
  newestAge: number | null = null
}

/** Requests for one range of numbers of features and one number of views, as Feast labels them. */
export interface ShapeMetrics {
  readonly endpoint: string
  /** Such as `1-10`. */
  readonly featureCount: string
  readonly viewCount: number
  readonly latency: Histogram
}

export interface JobMetrics {
  readonly seconds: Histogram
  succeeded: number
  failed: number
}

/** Where the columns of a kind of response come from, found once. */
interface CountedViews {
  readonly views: readonly { readonly metrics: ViewMetrics; readonly columns: readonly number[] }[]
  readonly featureCount: ShapeMetrics['featureCount']
}

/**
 * All that one process counts. Requests only add to numbers in arrays; names, labels and text are made when the metrics
 * are asked for.
 */
export class ServingMetrics {
  readonly endpoints = new Map<string, EndpointMetrics>()
  readonly views = new Map<string, ViewMetrics>()
  readonly shapes = new Map<string, ShapeMetrics>()
  readonly materializations = new Map<string, JobMetrics>()
  /** By source and mode, a blank line between them. */
  readonly pushes = new Map<string, number>()
  readonly rows = new Histogram(rowBounds)
  readonly storeReads = new Histogram(latencyBounds)
  /** Whether the metrics of Feast's own server are counted too. */
  readonly likeFeast: boolean
  registryRefreshFailures = 0
  readonly #counted = new WeakMap<ResponseLayout, CountedViews>()

  constructor(options: { readonly likeFeast: boolean } = { likeFeast: false }) {
    this.likeFeast = options.likeFeast
  }

  /** The counts of a route or method, to be looked up once and kept by whoever answers its requests. */
  endpoint(name: string): EndpointMetrics {
    return found(this.endpoints, name, () => new EndpointMetrics())
  }

  /** Counts the features of an answer; `nowSeconds` is the time that ages are counted from. */
  served<Row>(response: OnlineResponse<Row>, nowSeconds: number): void {
    const layout = OnlineResponse.layoutOf(response)
    const columns = OnlineResponse.columnsOf(response)
    const { views } = this.#viewsOf(layout)
    for (const view of views) {
      const first = columns[view.columns[0] ?? -1]
      if (first?.kind !== 'stored') continue
      view.metrics.requested += first.slots.length * view.columns.length
      observeAges(view.metrics, first, nowSeconds)
      for (const number of view.columns) {
        const column = columns[number]
        if (column?.kind !== 'stored') continue
        view.metrics.notFound += missingIn(column)
        if (this.likeFeast) countStatuses(view.metrics, column)
      }
    }
    if (this.likeFeast) this.rows.observe(response.rowCount)
  }

  /** Counts the time of a request in the way of Feast's server, by the number of its features and views. */
  timed<Row>(endpoint: string, response: OnlineResponse<Row>, timings: ReadTimings): void {
    if (!this.likeFeast) return
    let millis = 0
    for (const lap of timings.laps) {
      millis += lap.millis
      if (lap.phase === 'store') this.storeReads.observe(lap.millis / 1000)
    }
    const layout = OnlineResponse.layoutOf(response)
    const { featureCount } = this.#viewsOf(layout)
    const viewCount = layout.views.length
    const shape = found(this.shapes, `${endpoint} ${featureCount} ${viewCount}`, () => {
      return { endpoint, featureCount, viewCount, latency: new Histogram(latencyBounds) }
    })
    shape.latency.observe(millis / 1000)
  }

  materialized(view: string, seconds: number, succeeded: boolean): void {
    const job = found(this.materializations, view, () => {
      return { seconds: new Histogram(jobBounds), succeeded: 0, failed: 0 }
    })
    job.seconds.observe(seconds)
    if (succeeded) job.succeeded += 1
    else job.failed += 1
  }

  pushed(source: string, mode: string): void {
    const key = `${source}\n${mode}`
    this.pushes.set(key, (this.pushes.get(key) ?? 0) + 1)
  }

  #viewsOf(layout: ResponseLayout): CountedViews {
    const known = this.#counted.get(layout)
    if (known !== undefined) return known
    const byView = Map.groupBy(layout.storedFor.keys(), (column) => layout.storedFor[column] ?? null)
    const views = [...byView].flatMap(([name, columns]) =>
      name === null ? [] : [{ metrics: found(this.views, name, () => new ViewMetrics()), columns }],
    )
    const featureCount = countLabel(views.reduce((count, { columns }) => count + columns.length, 0))
    const made = { views, featureCount }
    this.#counted.set(layout, made)
    return made
  }
}

/** Feast's label of the number of features: the default bounds of `feature_count_bins`. */
function countLabel(count: number): string {
  const bounds = [10, 50, 200]
  const at = bounds.findIndex((bound) => count <= bound)
  if (at === -1) return `>${bounds.at(-1)}`
  return `${(bounds[at - 1] ?? 0) + 1}-${bounds[at]}`
}

function found<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

function observeAges(metrics: ViewMetrics, { cells, slots }: StoredColumn, nowSeconds: number): void {
  let newest = Number.POSITIVE_INFINITY
  for (let row = 0; row < slots.length; row++) {
    const age = Math.max(0, nowSeconds - (cells.eventSeconds[slots[row] ?? 0] ?? Number.NaN))
    if (Number.isNaN(age)) continue
    metrics.staleness.observe(age)
    if (age < newest) newest = age
  }
  if (newest !== Number.POSITIVE_INFINITY) metrics.newestAge = newest
}

function missingIn({ cells, feature, slots }: StoredColumn): number {
  let missing = 0
  for (let row = 0; row < slots.length; row++) {
    const cell = (slots[row] ?? 0) * cells.featureCount + feature
    if ((cells.starts[cell] ?? nothingStored) === nothingStored) missing++
  }
  return missing
}

function countStatuses(metrics: ViewMetrics, column: ResponseColumn & { readonly kind: 'stored' }): void {
  const { statuses } = metrics
  for (let row = 0; row < column.slots.length; row++) {
    const status = cellStatus(column, column.slots[row] ?? 0)
    statuses[status] = (statuses[status] ?? 0) + 1
  }
}
