import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import type { RequestGate } from './limits.ts'

/** What routes and methods of a server work with. HTTP and gRPC of one process share one. */
export interface ServingContext {
  /** Opened; the server does not close it. */
  readonly store: FeatureStore
  readonly gate: RequestGate
  readonly logger: Logger
  readonly clock: Clock
  /** Every answer says where its time went. */
  readonly explain: boolean
}

/** A server that runs. */
export interface RunningServer {
  /** Such as `127.0.0.1`. */
  readonly address: string
  readonly port: number
  /** Takes no new connections, finishes what is being worked on, and ends. */
  close(): Promise<void>
}
