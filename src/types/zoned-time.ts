import { Instant } from '../base/instant.ts'
import type { ZonedTimestamp } from './feature-value.ts'

/** True for a time with its zone, which shares its JavaScript shape with maps. */
export function isZoned(value: unknown): value is ZonedTimestamp {
  return (
    typeof value === 'object' &&
    value !== null &&
    'zone' in value &&
    'instant' in value &&
    value.instant instanceof Instant
  )
}

/** ISO-8601 with the offset that the zone has at that time; a zone that is not known counts as UTC. */
export function zonedText({ instant, zone }: ZonedTimestamp): string {
  const offset = offsetMinutes(instant, zone)
  const local = Instant.fromEpochMicros(instant.epochMicros + BigInt(offset) * 60_000_000n)
    .toString()
    .slice(0, -1)
  const two = (value: number): string => String(value).padStart(2, '0')
  const size = Math.abs(offset)
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

function offsetMinutes(instant: Instant, zone: string): number {
  const fixed = /^(?:UTC|GMT)?(?:([+-])(\d\d):?(\d\d))?$/.exec(zone.trim())
  if (fixed !== null) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2] ?? 0) * 60 + Number(fixed[3] ?? 0))
  try {
    const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(
      instant.toDate(),
    )
    const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
    const found = /([+-])(\d\d):(\d\d)/.exec(name)
    return found === null ? 0 : (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]))
  } catch {
    return 0
  }
}

/** A text of {@link zonedText}; one that is no time is given back. */
export function zonedFromText(text: string): unknown {
  const instant = Instant.parse(text)
  const offset = /([+-]\d\d:\d\d)$/.exec(text.trim())
  return instant === undefined ? text : { instant, zone: offset === null ? '' : `UTC${offset[1]}` }
}
