import type { Worker } from 'node:cluster'
import { addedUp, metricsText } from './metrics/publish.ts'
import type { PublishedMetric } from './metrics/published-metric.ts'
import type { FromPrimary, FromWorker, MetricsText } from './worker-messages.ts'

/** How long one worker may take to give its metrics; one that hangs is left out. */
const answerMillis = 1000

/** The metrics of all workers, in the primary. What a worker that died had counted is not lost. */
export class WorkerMetrics {
  readonly #workers: () => readonly Worker[]
  readonly #last = new Map<Worker, readonly PublishedMetric[]>()
  /** One sum of all that died, as workers may die again and again. */
  #departed: Promise<readonly PublishedMetric[]> = Promise.resolve([])
  readonly #waiting = new Map<number, (metrics: readonly PublishedMetric[]) => void>()
  #asked = 0

  constructor(workers: () => readonly Worker[]) {
    this.#workers = workers
  }

  async collect(): Promise<MetricsText> {
    const living = await Promise.all(this.#workers().map((worker) => this.#ask(worker)))
    // In two steps: only counts of the dead are added, while the living are also averaged and compared.
    return metricsText([...living, await this.#departed])
  }

  /** Takes what a worker sent, when it is about metrics. */
  receive(worker: Worker, message: FromWorker): void {
    if (message.kind === 'ownMetrics') {
      this.#last.set(worker, message.metrics)
      this.#waiting.get(message.id)?.(message.metrics)
    } else if (message.kind === 'wantsMetrics') {
      const { id } = message
      this.collect().then(
        (text) => send(worker, { kind: 'allMetrics', id, text }),
        () => send(worker, { kind: 'allMetrics', id, text: null }),
      )
    }
  }

  /** Keeps the counts of a worker that died. */
  departed(worker: Worker): void {
    const counts = (this.#last.get(worker) ?? []).filter(({ type }) => String(type) !== 'gauge')
    this.#last.delete(worker)
    if (counts.length > 0) this.#departed = this.#departed.then((sum) => addedUp([sum, counts]))
  }

  #ask(worker: Worker): Promise<readonly PublishedMetric[]> {
    this.#asked += 1
    const id = this.#asked
    return new Promise((resolve) => {
      const answer = (metrics: readonly PublishedMetric[]): void => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        resolve(metrics)
      }
      const timer = setTimeout(() => answer(this.#last.get(worker) ?? []), answerMillis)
      this.#waiting.set(id, answer)
      send(worker, { kind: 'giveMetrics', id })
    })
  }
}

function send(worker: Worker, message: FromPrimary): void {
  // One that ended meanwhile needs no answer.
  if (worker.isConnected()) worker.send(message, () => {})
}
