import { create, type DescEnum } from '@bufbuild/protobuf'
import type { GenEnum } from '@bufbuild/protobuf/codegenv2'
import {
  type Duration as DurationMessage,
  DurationSchema,
  type Timestamp,
  TimestampSchema,
} from '@bufbuild/protobuf/wkt'
import { Duration, Instant } from '../base/instant.ts'

const microsPerSecond = 1_000_000n

export function timestampOf(instant: Instant): Timestamp {
  const rest = ((instant.epochMicros % microsPerSecond) + microsPerSecond) % microsPerSecond
  const seconds = (instant.epochMicros - rest) / microsPerSecond
  return create(TimestampSchema, { seconds, nanos: Number(rest) * 1000 })
}

/** Nanoseconds are cut to microseconds. */
export function instantOf(timestamp: Timestamp): Instant {
  return Instant.fromEpochMicros(timestamp.seconds * microsPerSecond + BigInt(Math.floor(timestamp.nanos / 1000)))
}

export function durationOf(message: DurationMessage): Duration {
  return Duration.fromMicros(message.seconds * microsPerSecond + BigInt(Math.trunc(message.nanos / 1000)))
}

export function durationMessage(duration: Duration): DurationMessage {
  const nanos = Number(duration.micros % microsPerSecond) * 1000
  return create(DurationSchema, { seconds: duration.micros / microsPerSecond, nanos })
}

/** A length of time that Feast keeps absent when there is none. */
export const optionalDuration = {
  toModel: (message: DurationMessage | undefined): Duration | null =>
    message === undefined ? null : durationOf(message),
  toMessage: (duration: Duration | null): DurationMessage | undefined =>
    duration === null ? undefined : durationMessage(duration),
}

/** The time to live of a view: Feast writes zero where there is none. */
export const timeToLive = {
  toModel: (message: DurationMessage | undefined): Duration | null => {
    const duration = message === undefined ? Duration.fromMicros(0n) : durationOf(message)
    return duration.micros === 0n ? null : duration
  },
  toMessage: (duration: Duration | null): DurationMessage => durationMessage(duration ?? Duration.fromMicros(0n)),
}

interface Times {
  readonly createdAt?: Instant | undefined
  readonly updatedAt?: Instant | undefined
}

interface TimesMessage {
  createdTimestamp?: Timestamp | undefined
  lastUpdatedTimestamp?: Timestamp | undefined
}

/** The two times that almost every object has. */
export const times = {
  toModel: (meta: TimesMessage | undefined): Times => ({
    ...(meta?.createdTimestamp && { createdAt: instantOf(meta.createdTimestamp) }),
    ...(meta?.lastUpdatedTimestamp && { updatedAt: instantOf(meta.lastUpdatedTimestamp) }),
  }),
  toMessage: ({ createdAt, updatedAt }: Times): { createdTimestamp?: Timestamp; lastUpdatedTimestamp?: Timestamp } => ({
    ...(createdAt && { createdTimestamp: timestampOf(createdAt) }),
    ...(updatedAt && { lastUpdatedTimestamp: timestampOf(updatedAt) }),
  }),
}

interface Described {
  readonly name: string
  readonly project: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly owner: string
}

/** What almost every object says of itself. */
export const described = {
  toModel: (spec: Described | undefined): Described => ({
    name: spec?.name ?? '',
    project: spec?.project ?? '',
    description: spec?.description ?? '',
    tags: spec?.tags ?? {},
    owner: spec?.owner ?? '',
  }),
  toMessage: ({
    name,
    project,
    description,
    tags,
    owner,
  }: Described): Described & { tags: Record<string, string> } => ({
    name,
    project,
    description,
    tags: { ...tags },
    owner,
  }),
}

/** The name of an enum value; the text of its number when it has no name. */
export function enumName(schema: DescEnum, value: number): string {
  return schema.value[value]?.name ?? String(value)
}

/** The number of an enum value by name, or by the text of its number. */
export function enumNumber<Value extends number>(schema: GenEnum<Value>, name: string): Value {
  const value = schema.values.find((each) => each.name === name)
  return openEnum<Value>(value === undefined ? Number(name) || 0 : value.number)
}

/** Any number as a value of an enum: enums of proto3 are open. */
export function openEnum<Value extends number>(value: number): Value {
  return value as Value
}

/** The decimal number with the fewest digits that is nearest to a number of single precision: 0.1, not 0.10000000149. */
export function shortestSingle(single: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(single.toPrecision(digits))
    if (Math.fround(short) === Math.fround(single)) return short
  }
  return single
}
