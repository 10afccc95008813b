import { readFileSync } from 'node:fs'
import type { JsonValue } from '../../src/types/json.ts'

export type JsonObject = { readonly [name: string]: GoldenValue }

/** JSON whose whole numbers beyond 2^53 are bigint. */
export type GoldenValue = null | boolean | number | bigint | string | readonly GoldenValue[] | JsonObject

/** A golden's JSON file. Whole numbers that a JavaScript number would round come as bigint. */
export function readGoldenJson(path: string): GoldenValue {
  return parseGoldenJson(readFileSync(path, 'utf8'))
}

/** JSON text. Whole numbers that a JavaScript number would round come as bigint. @throws SyntaxError */
export function parseGoldenJson(text: string): GoldenValue {
  return JSON.parse(text, exactIntegers) as GoldenValue
}

function exactIntegers(this: unknown, _name: string, value: unknown, context?: { readonly source?: string }): unknown {
  const digits = context?.source
  const rounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
  return rounded && digits !== undefined && /^-?\d+$/.test(digits) ? BigInt(digits) : value
}

export function objectOf(value: GoldenValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

export function listOf(value: GoldenValue | undefined): readonly GoldenValue[] {
  return Array.isArray(value) ? value : []
}

/** The same as plain JSON, for what reads no bigint. */
export function plainJson(value: GoldenValue): JsonValue {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(plainJson)
  if (typeof value !== 'object' || value === null) return value as JsonValue
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainJson(part)]))
}
