import { Instant } from './instant.ts'

/** Where "now" comes from; passed in, so that tests can stop it. */
export interface Clock {
  now(): Instant
}

export const systemClock: Clock = { now: () => Instant.fromEpochMillis(Date.now()) }

/** A clock that always says `at`. */
export const frozenClock = (at: Instant): Clock => ({ now: () => at })
