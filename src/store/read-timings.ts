/**
 * Where the time of one request went, for those who ask. Whoever does a part of the work calls {@link ReadTimings.lap}
 * at its end; nobody pays for it when no timings are asked for.
 */
export class ReadTimings {
  readonly laps: { readonly phase: string; readonly millis: number }[] = []
  #last = performance.now()

  /** Ends a phase, which began where the one before ended. */
  lap(phase: string): void {
    const now = performance.now()
    this.laps.push({ phase, millis: now - this.#last })
    this.#last = now
  }

  /** The value of a `server-timing` header: `parse;dur=0.012, plan;dur=0.003`. */
  serverTiming(): string {
    return this.laps.map(({ phase, millis }) => `${phase};dur=${millis.toFixed(3)}`).join(', ')
  }
}
