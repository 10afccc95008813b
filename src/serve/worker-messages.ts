import { Socket } from 'node:net'
import type { ServedAddresses } from './announcement.ts'
import type { PublishedMetric } from './metrics/published-metric.ts'
import type { MetricsCollector } from './serving-context.ts'

/** Metrics as Prometheus reads them. */
export type MetricsText = Awaited<ReturnType<MetricsCollector>>

/** What a worker tells its primary. */
export type FromWorker =
  | { readonly kind: 'ready'; readonly addresses: ServedAddresses }
  /** Somebody asked this worker for the metrics of all. */
  | { readonly kind: 'wantsMetrics'; readonly id: number }
  | { readonly kind: 'ownMetrics'; readonly id: number; readonly metrics: readonly PublishedMetric[] }

/** What a primary tells a worker. */
export type FromPrimary =
  | { readonly kind: 'allMetrics'; readonly id: number; readonly text: MetricsText | null }
  | { readonly kind: 'giveMetrics'; readonly id: number }
  /** Comes with a connection. */
  | { readonly kind: 'connection' }
  /** Comes after the last connection. */
  | { readonly kind: 'end' }

/** How long a worker waits for the metrics of the others. */
const metricsSeconds = 5

/** Tells the primary something; nothing happens in a process that has none. */
export function tellPrimary(message: FromWorker): void {
  // A primary that is gone takes its workers with it; there is nobody left to tell.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

/** Gives the primary the metrics of this process when it asks. */
export function answerPrimary(own: () => Promise<readonly PublishedMetric[]>): void {
  process.on('message', (message: FromPrimary) => {
    if (message.kind !== 'giveMetrics') return
    own().then(
      (metrics) => tellPrimary({ kind: 'ownMetrics', id: message.id, metrics }),
      () => tellPrimary({ kind: 'ownMetrics', id: message.id, metrics: [] }),
    )
  })
}

/** Takes the connections that the primary hands to this process, and its word that there will be no more. */
export function takeConnections(accept: (socket: Socket) => void): void {
  process.on('message', (message: FromPrimary, handle: unknown) => {
    // A client may have left meanwhile; then there is no connection.
    if (message.kind === 'connection' && handle instanceof Socket) accept(handle)
  })
}

/** Settles when the primary wants this process to end; never in a process that has none. */
export function endWanted(): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', (message: FromPrimary) => {
      if (message.kind === 'end') resolve()
    })
  })
}

let asked = 0

/** The metrics of all workers, put together by the primary. */
export function askPrimaryForMetrics(): Promise<MetricsText> {
  asked += 1
  const id = asked
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      process.off('message', listen)
    }
    const timer = setTimeout(() => {
      stop()
      reject(new Error('the primary process gave no metrics'))
    }, metricsSeconds * 1000)
    const listen = (message: FromPrimary): void => {
      if (message.kind !== 'allMetrics' || message.id !== id) return
      stop()
      if (message.text === null) reject(new Error('the metrics of the workers could not be put together'))
      else resolve(message.text)
    }
    process.on('message', listen)
    tellPrimary({ kind: 'wantsMetrics', id })
  })
}
