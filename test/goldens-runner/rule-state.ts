import { Instant } from '../../src/base/instant.ts'
import { rowsFromBatch } from '../../src/types/arrow.ts'
import type { FeatureRow } from '../../src/types/feature-value.ts'
import type { CaseView, GoldenCase, StepRequest } from './case-file.ts'
import { readFrame } from './case-frames.ts'
import { computeRow } from './case-functions.ts'
import { asOf, OnlineOracle, readView, type SourceView } from './case-oracle.ts'
import { canonical } from './outcome.ts'

interface Span {
  readonly from: Instant
  readonly until: Instant
}

interface Event {
  readonly request: StepRequest
  readonly accepted: boolean
}

/** What has happened in a case so far, and what follows from it by the rules as we state them. */
export class RuleState {
  readonly #repo: string
  readonly #case: GoldenCase
  readonly #events: Event[] = []
  /** From the first to the last step. */
  span: Span = { from: Instant.fromDate(new Date()), until: Instant.fromDate(new Date()) }

  constructor(repo: string, goldenCase: GoldenCase) {
    this.#repo = repo
    this.#case = goldenCase
  }

  track(request: StepRequest, accepted: boolean, span: Span): void {
    this.#events.push({ request, accepted })
    this.span = { from: this.span.from, until: span.until }
  }

  /** The requests of an operation that were accepted. */
  accepted(op: string): StepRequest[] {
    return this.#events.filter(({ request, accepted }) => request.op === op && accepted).map(({ request }) => request)
  }

  /** The historical request that the data set saved last was made from. */
  get savedRequest(): StepRequest | undefined {
    const at = this.#events.findLastIndex(({ request, accepted }) => request.op === 'save_dataset' && accepted)
    return this.#events.slice(0, at).findLast(({ request }) => request.op === 'historical')?.request
  }

  /** The online store and the recorded windows that follow from what was accepted. */
  async replay(folder: string): Promise<{ online: OnlineOracle; intervals: Record<string, [Instant, Instant][]> }> {
    const online = new OnlineOracle()
    const intervals: Record<string, [Instant, Instant][]> = Object.fromEntries(
      this.#case.definitions.views.filter((view) => view.source !== undefined).map((view) => [view.name, []]),
    )
    for (const { request } of this.#events.filter((event) => event.accepted)) {
      if (request.op === 'push' && request.to !== 'OFFLINE') await this.#push(folder, request, online)
      if (!request.op.startsWith('materialize')) continue
      for (const view of this.#materialized(request)) {
        const source = await readView(this.#repo, this.#case.definitions, view.name)
        const recorded = intervals[view.name] ?? []
        intervals[view.name] = recorded
        const window = windowOf(request, source, recorded)
        online.write(source, source.rows, { start: window[0].epochMicros, end: window[1].epochMicros })
        recorded.push(window)
        await this.#computeFrom(view, source, window, online)
      }
    }
    return { online, intervals }
  }

  async #push(folder: string, request: StepRequest, online: OnlineOracle): Promise<void> {
    const rows = rowsFromBatch(await readFrame(folder, this.#case, request.df ?? ''))
    for (const view of this.#case.definitions.views.filter((each) => each.source === request.push_source)) {
      online.write(await readView(this.#repo, this.#case.definitions, view.name), rows)
    }
  }

  /** Writes the outputs of the on-demand views that are stored and read from a view, for its latest row per key. */
  async #computeFrom(
    view: CaseView,
    source: SourceView,
    window: [Instant, Instant],
    online: OnlineOracle,
  ): Promise<void> {
    const [start, end] = [window[0].epochMicros, window[1].epochMicros]
    for (const computed of this.#case.definitions.views) {
      if (computed.write_to_online_store !== true || !computed.sources?.includes(view.name)) continue
      const outputs = computed.outputs ?? []
      const rows = latestPerKey(source, start, end).map((row) => ({
        ...row,
        ...computeRow(outputs, row as FeatureRow),
        [runTime]: window[1],
        [sourceTime]: row[source.timestamp],
      }))
      const features = outputs.map((output) => output.name)
      online.write({ ...source, view: computed, features, timestamp: runTime, created: sourceTime }, rows)
    }
  }

  /** The stored views that a materialization is for. */
  #materialized(request: StepRequest): CaseView[] {
    return this.#case.definitions.views.filter((view) => {
      if (view.source === undefined) return false
      return request.views === undefined
        ? view.enabled !== false && view.online !== false
        : request.views.includes(view.name)
    })
  }
}

/** Columns that no source has: when the run was, and when the source's event was. */
const runTime = ' run'
const sourceTime = ' source event'

function latestPerKey(source: SourceView, start: bigint, end: bigint): Readonly<Record<string, unknown>>[] {
  const within = source.rows.filter((row) => {
    const time = row[source.timestamp]
    return time instanceof Instant && time.epochMicros >= start && time.epochMicros <= end
  })
  const view = { ...source, rows: within, view: { ...source.view, ttl_seconds: 0 } }
  const keys = new Map(within.map((row) => [canonical(source.keys.map((key) => row[key])), row]))
  return [...keys.values()].map((row) => asOf(view, row, end)).filter((row) => row !== null)
}

function windowOf(
  request: StepRequest,
  source: SourceView,
  recorded: readonly (readonly [Instant, Instant])[],
): [Instant, Instant] {
  const end = parsed(request.end)
  if (request.op === 'materialize') return [parsed(request.start), end]
  const [last] = recorded.map(([, until]) => until).sort((a, b) => b.compare(a))
  if (last !== undefined) return [last, end]
  const ttl = BigInt(Math.round((source.view.ttl_seconds ?? 0) * 1e6))
  return [ttl > 0n ? Instant.fromEpochMicros(end.epochMicros - ttl) : oldest(source, end), end]
}

function oldest(source: SourceView, end: Instant): Instant {
  const times = source.rows.map((row) => row[source.timestamp]).filter((time) => time instanceof Instant)
  const [first = end] = times.sort((a, b) => a.compare(b))
  return first.compare(end) > 0 ? end : first
}

function parsed(text: string | undefined): Instant {
  const time = text === undefined ? undefined : Instant.parse(text)
  if (time === undefined) throw new Error(`case.json has no time "${text}"`)
  return time
}
