import { Instant } from '../../base/instant.ts'
import type { OnlineCells } from '../../plugin/online-cells.ts'
import type { JsonWriter } from '../../types/json-writer.ts'

/** What Feast answers for rows without an event. */
export const epochText = '1970-01-01T00:00:00Z'

/**
 * Writes the event times of rows as members of a JSON array, without its brackets: RFC 3339 in UTC, with no, three or six
 * digits of a second as needed, and the epoch for rows without an event.
 */
export function writeEventTimes(writer: JsonWriter, cells: OnlineCells, slots: Uint32Array): void {
  const { eventSeconds, eventMicros } = cells
  for (let row = 0; row < slots.length; row++) {
    const slot = slots[row] ?? 0
    let at = 0
    if (row > 0) scratch[at++] = comma
    scratch[at++] = quote
    at = writeTime(at, eventSeconds[slot] ?? Number.NaN, eventMicros[slot] ?? 0)
    scratch[at++] = quote
    writer.copy(scratch, 0, at)
  }
}

/** The longest time is `,"+275760-09-13T00:00:00.000000Z"`. */
const scratch = Buffer.alloc(40)
const [comma, quote, zero, dot, zulu] = [0x2c, 0x22, 0x30, 0x2e, 0x5a]

const secondsPerDay = 86_400
const [firstSecond, lastSecond] = [-62_167_219_200, 253_402_300_799]

/** Dates of days that were asked for: `2024-03-01T`. */
const dates = new Map<number, Buffer>()
const keptDates = 4096

function writeTime(at: number, seconds: number, micros: number): number {
  if (Number.isNaN(seconds)) return writeText(at, epochText)
  if (seconds < firstSecond || seconds > lastSecond) return writeText(at, instantText(seconds, micros))
  const day = Math.floor(seconds / secondsPerDay)
  const date = dates.get(day) ?? keepDate(day)
  for (let i = 0; i < 11; i++) scratch[at + i] = date[i] ?? zero
  const second = seconds - day * secondsPerDay
  const hour = (second / 3600) | 0
  const minute = ((second - hour * 3600) / 60) | 0
  writeTwo(at + 11, hour)
  scratch[at + 13] = 0x3a
  writeTwo(at + 14, minute)
  scratch[at + 16] = 0x3a
  writeTwo(at + 17, second - hour * 3600 - minute * 60)
  return writeFraction(at + 19, micros)
}

function writeFraction(start: number, micros: number): number {
  let at = start
  if (micros !== 0) {
    scratch[at++] = dot
    const digits = micros % 1000 === 0 ? 3 : 6
    let rest = digits === 3 ? micros / 1000 : micros
    for (let i = digits - 1; i >= 0; i--) {
      const tenth = (rest / 10) | 0
      scratch[at + i] = zero + rest - tenth * 10
      rest = tenth
    }
    at += digits
  }
  scratch[at] = zulu
  return at + 1
}

function writeTwo(at: number, value: number): void {
  const tens = (value / 10) | 0
  scratch[at] = zero + tens
  scratch[at + 1] = zero + value - tens * 10
}

function writeText(at: number, text: string): number {
  return at + scratch.write(text, at, 'latin1')
}

function keepDate(day: number): Buffer {
  if (dates.size >= keptDates) dates.clear()
  const text = Buffer.from(new Date(day * secondsPerDay * 1000).toISOString().slice(0, 11), 'latin1')
  dates.set(day, text)
  return text
}

/** Years that do not have four digits. */
function instantText(seconds: number, micros: number): string {
  return Instant.fromEpochMicros(BigInt(seconds) * 1_000_000n + BigInt(micros)).toString()
}
