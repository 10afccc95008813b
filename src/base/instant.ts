/**
 * A point in time with microsecond precision, in UTC. Feast's times are microseconds; a JavaScript `Date` would lose
 * the last three digits and a bare number would not say its unit.
 */
export class Instant {
  /** Microseconds since 1970-01-01T00:00:00Z; negative before it. */
  readonly epochMicros: bigint

  private constructor(epochMicros: bigint) {
    this.epochMicros = epochMicros
  }

  static fromEpochMicros(micros: bigint): Instant {
    return new Instant(micros)
  }

  static fromEpochMillis(millis: number): Instant {
    return new Instant(BigInt(Math.round(millis)) * 1000n)
  }

  static fromEpochSeconds(seconds: number | bigint): Instant {
    return new Instant(typeof seconds === 'bigint' ? seconds * 1_000_000n : BigInt(Math.round(seconds * 1e6)))
  }

  static fromDate(date: Date): Instant {
    return Instant.fromEpochMillis(date.getTime())
  }

  /**
   * Reads ISO-8601: a date, or a date and time with `T` or a blank, up to nine fraction digits (cut to six), and `Z`,
   * an offset, or nothing. A time without a zone is UTC, as in Feast. Returns undefined when the text is not a time.
   */
  static parse(text: string): Instant | undefined {
    const match = isoPattern.exec(text.trim())
    if (match === null) return undefined
    const part = (index: number): number => Number(match[index] ?? 0)
    const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)]
    const date = new Date(0)
    date.setUTCFullYear(year, month - 1, day)
    date.setUTCHours(hour, minute, second)
    const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    if (!real || hour > 23 || minute > 59 || second > 59 || part(10) > 23 || part(11) > 59) return undefined
    const fraction = BigInt((match[7] ?? '').slice(0, 6).padEnd(6, '0'))
    const sign = match[9] === '-' ? -1n : 1n
    const offsetMinutes = sign * BigInt(part(10) * 60 + part(11))
    return new Instant(BigInt(date.getTime()) * 1000n + fraction - offsetMinutes * 60_000_000n)
  }

  /** The same instant rounded down to the millisecond. */
  toDate(): Date {
    return new Date(Number(floorDivide(this.epochMicros, 1000n)))
  }

  /** ISO-8601 in UTC with as many fraction digits as needed: none, three or six. */
  toString(): string {
    const seconds = floorDivide(this.epochMicros, 1_000_000n)
    const micros = Number(this.epochMicros - seconds * 1_000_000n)
    const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -5)
    if (micros === 0) return `${whole}Z`
    return micros % 1000 === 0
      ? `${whole}.${String(micros / 1000).padStart(3, '0')}Z`
      : `${whole}.${String(micros).padStart(6, '0')}Z`
  }

  toJSON(): string {
    return this.toString()
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Instant(${this.toString()})`
  }

  plus(duration: Duration): Instant {
    return new Instant(this.epochMicros + duration.micros)
  }

  minus(duration: Duration): Instant {
    return new Instant(this.epochMicros - duration.micros)
  }

  /** Negative when this is earlier than `other`, 0 when equal, positive when later. */
  compare(other: Instant): number {
    return this.epochMicros < other.epochMicros ? -1 : this.epochMicros > other.epochMicros ? 1 : 0
  }

  equals(other: Instant): boolean {
    return this.epochMicros === other.epochMicros
  }
}

/** A length of time with microsecond precision, as Python's `timedelta`. Made by {@link days}, {@link hours} … */
export class Duration {
  readonly micros: bigint

  private constructor(micros: bigint) {
    this.micros = micros
  }

  static fromMicros(micros: bigint): Duration {
    return new Duration(micros)
  }

  static fromSeconds(seconds: number): Duration {
    return new Duration(BigInt(Math.round(seconds * 1e6)))
  }

  get seconds(): number {
    return Number(this.micros) / 1e6
  }

  /** In Python's words, which Feast's own output uses: `1 day, 0:00:00`, `2:00:00.500000`. */
  toString(): string {
    const dayMicros = 86_400_000_000n
    const wholeDays = floorDivide(this.micros, dayMicros)
    const rest = Number(this.micros - wholeDays * dayMicros)
    const seconds = Math.floor(rest / 1e6)
    const two = (value: number): string => String(value).padStart(2, '0')
    const fraction = rest % 1e6 === 0 ? '' : `.${String(rest % 1e6).padStart(6, '0')}`
    const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`
    if (wholeDays === 0n) return clock
    return `${wholeDays} day${wholeDays === 1n || wholeDays === -1n ? '' : 's'}, ${clock}`
  }

  toJSON(): string {
    return this.toString()
  }

  equals(other: Duration): boolean {
    return this.micros === other.micros
  }
}

export const days = (count: number): Duration => Duration.fromSeconds(count * 86_400)
export const hours = (count: number): Duration => Duration.fromSeconds(count * 3600)
export const minutes = (count: number): Duration => Duration.fromSeconds(count * 60)
export const seconds = (count: number): Duration => Duration.fromSeconds(count)
export const milliseconds = (count: number): Duration => Duration.fromSeconds(count / 1000)

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|z|([+-])(\d\d):?(\d\d)?)?$/

/** The quotient rounded down, below zero too: of microseconds the whole seconds or milliseconds that they lie in. */
export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}
