import { randomUUID } from 'node:crypto'
import type { Logger } from '../../base/logger.ts'
import type { FeatureStore } from '../../store/feature-store.ts'
import type { MaterializeSummary } from '../../store/materialize.ts'
import type { Reservation, ReservedView } from '../../store/reserve-views.ts'
import { JobRecords } from './job-records.ts'

export interface MaterializationJobsOptions {
  readonly store: Pick<FeatureStore, 'reserveViews' | 'releaseViews'>
  /** Of this machine; where the processes that serve a project note what they are doing. */
  readonly folder: string
  readonly logger: Logger
}

/** What does the work for some views, with the signal that ends it early. */
export type MaterializationWork = (
  views: readonly string[] | undefined,
  signal: AbortSignal,
) => Promise<MaterializeSummary>

/**
 * Materializations that a server does for its clients. Views are marked in the registry before the work begins, so that
 * no second server begins it too, and are given back when it fails or is cut off. A process that is killed leaves a
 * record behind: the next server that starts here, or the next request for a view that is marked, gives its views back.
 */
export class MaterializationJobs {
  readonly #options: MaterializationJobsOptions
  readonly #ending = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  #records: JobRecords | undefined
  /** Jobs that nobody waits for run one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: MaterializationJobsOptions) {
    this.#options = options
  }

  /** Gives back views that processes of this machine were working on when they died. @throws FTS7010 */
  async recover(): Promise<void> {
    const { folder, store, logger } = this.#options
    if (this.#records === undefined && !JobRecords.existIn(folder)) return
    const records = this.#opened()
    const { jobs, views } = records.abandoned()
    if (views.length > 0) {
      await store.releaseViews(views)
      logger.warn('Gave back views that a server was materializing when it died.', {
        views: views.map(({ view }) => view),
      })
    }
    for (const job of jobs) records.end(job)
  }

  /** Materializes while the caller waits. Views that others are working on are done all the same, as in Feast. */
  async run(views: readonly string[] | undefined, work: MaterializationWork): Promise<MaterializeSummary> {
    const job = randomUUID()
    const reservation = await this.#reserve(job, { views })
    if (reservation.kind === 'taken') return this.#track(work(views, this.#ending.signal))
    return this.#track(this.#work(job, () => work(reservation.views, this.#ending.signal)))
  }

  /**
   * Begins a materialization that nobody waits for, and returns as soon as its views are marked: their names, or those
   * that somebody is working on already.
   */
  async begin(
    request: { readonly views?: readonly string[] | undefined; readonly force: boolean },
    work: MaterializationWork,
  ): Promise<{ readonly kind: 'begun' | 'taken'; readonly views: readonly string[] }> {
    const job = randomUUID()
    const { kind, views } = await this.#reserve(job, request)
    if (kind === 'taken') return { kind, views }
    this.#last = this.#track(
      this.#last.then(async () => {
        try {
          await this.#work(job, () => work(views, this.#ending.signal))
        } catch (error) {
          this.#options.logger.error('A materialization in the background failed.', {
            views,
            error: error instanceof Error ? error.message : String(error),
          })
        }
      }),
    )
    return { kind: 'begun', views }
  }

  /** Cuts off what runs, between two batches, and gives its views back. */
  async close(): Promise<void> {
    this.#ending.abort(new Error('the server ends'))
    await Promise.allSettled(this.#running)
    this.#records?.close()
    this.#records = undefined
  }

  async #reserve(
    job: string,
    request: { readonly views?: readonly string[] | undefined; readonly force?: boolean | undefined },
  ): Promise<Reservation> {
    const records = this.#opened()
    const { store } = this.#options
    const marking = { ...request, onMark: (views: readonly ReservedView[]) => records.note(job, views) }
    try {
      const reservation = await store.reserveViews(marking)
      if (reservation.kind === 'reserved') return reservation
      await this.recover()
      return await store.reserveViews(marking)
    } catch (error) {
      records.end(job)
      throw error
    }
  }

  async #work(job: string, work: () => Promise<MaterializeSummary>): Promise<MaterializeSummary> {
    const records = this.#opened()
    let ownMarks = false
    try {
      this.#ending.signal.throwIfAborted()
      const summary = await work()
      // Every view has its new window, and with it lost its mark; another one is somebody else's.
      ownMarks = true
      return summary
    } finally {
      await this.#options.store.releaseViews(records.viewsOf(job), { ownMarks })
      records.end(job)
    }
  }

  #opened(): JobRecords {
    this.#records ??= new JobRecords(this.#options.folder)
    return this.#records
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work)
    const forget = (): unknown => this.#running.delete(work)
    work.then(forget, forget)
    return work
  }
}
