import type { OnlineStore, OnlineStoreCapabilities } from '../../plugin/online-store.ts'
import type { Bench } from './bench.ts'

/** The two functions of a test framework that the suite needs: those of vitest, node:test, mocha and jest all do. */
export interface TestFramework {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}

export interface OnlineStoreHarness {
  readonly name: string
  /**
   * A connection to the store under test. Every call reaches the same data; tests use tables of their own, so nothing
   * needs to be emptied between them. The suite closes what it opens.
   */
  open(): Promise<OnlineStore>
  /** {@link open} with rows that are dropped so many seconds after they were written; for stores that can do it. */
  openWithKeyTtl?(seconds: number): Promise<OnlineStore>
  /** When given, the precision that the capabilities of the store must state. */
  readonly eventPrecisionMicros?: bigint
  /**
   * What the names of views may hold. Default `any`; `plain` when the server allows letters, digits, dots, dashes and
   * underscores only, and then the suite sees other names refused.
   */
  readonly viewNames?: 'any' | 'plain'
  /** Length of the longest value that fits, in bytes with the few of its type and length; one more is refused. */
  readonly largestValueBytes?: number
  /** Rows of the large batch. Default 5000; fewer for stores that take a millisecond for each. */
  readonly batchRows?: number
  /** The event times that fit, in microseconds of the epoch; times beyond are refused. Default: years 1 to 9999. */
  readonly eventRange?: { readonly from: bigint; readonly to: bigint }
  /**
   * What `feastOrder` brings back: the row written last stays (the default), or newer rows stay and of equal events the
   * first.
   */
  readonly feastOrder?: 'lastWritten' | 'firstOfEqual'
}

/** A capability that the suite can see from outside: one that a rule proves. */
export type ProvedCapability = Extract<
  keyof OnlineStoreCapabilities,
  'keyTtl' | 'transactionalBatches' | 'versionedViews' | 'createdTimestamps'
>

export type Check = (bench: Bench) => Promise<void>

/** Rules by their sentence. One that only stores with a capability keep names it. */
export type Rules = Readonly<Record<string, Check | { readonly needs: ProvedCapability; readonly check: Check }>>
