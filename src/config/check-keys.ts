import { didYouMean, suggestionHint } from '../base/suggest.ts'
import type { ConfigKey, Keys } from './config-key.ts'

/** One thing that is wrong with a configuration. */
export interface ConfigFault {
  readonly code: 'FTS1003' | 'FTS1004' | 'FTS1005' | 'FTS1006' | 'FTS1007'
  /** Path of the key. */
  readonly path: readonly string[]
  /** Whether the key itself is wrong, or its value. */
  readonly part: 'key' | 'value'
  readonly message: string
  readonly hint?: string | undefined
  readonly notes?: readonly string[]
}

export type Mapping = Readonly<Record<string, unknown>>

/** True for what YAML calls a mapping and JSON an object. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

/** Every fault of a block against its table of keys, in the order in which the keys are written. */
export function* checkKeys(
  written: Mapping,
  keys: Keys,
  options: {
    readonly path: readonly string[]
    readonly unknownKeys: 'kept' | 'refused'
    readonly inside: string
    /** The key that names the type of the block: its value was looked at before. */
    readonly selector?: string
  },
): Generator<ConfigFault> {
  const known = [...(options.selector === undefined ? [] : [options.selector]), ...Object.keys(keys)]
  for (const [name, value] of Object.entries(written)) {
    if (name === options.selector) continue
    const key = keyNamed(keys, name)
    const path = [...options.path, name]
    if (key === undefined) {
      if (options.unknownKeys === 'refused') yield unknownKey(path, known, options.inside)
    } else yield* checkValue(value, key, path)
  }
  for (const [name, key] of Object.entries(keys)) {
    if (!key.required || written[name] !== undefined) continue
    yield missingKey([...options.path, name], key, { written, known })
  }
}

function keyNamed(keys: Keys, name: string): ConfigKey | undefined {
  return Object.hasOwn(keys, name) ? keys[name] : undefined
}

/** @param block Where it is missing: a key in it that is not known may be it, mistyped. */
export function missingKey(
  path: readonly string[],
  key: Pick<ConfigKey, 'doc'>,
  block: { readonly written: Mapping; readonly known: readonly string[] },
): ConfigFault {
  const name = path.at(-1) ?? ''
  const mistyped = Object.keys(block.written).find(
    (each) => !block.known.includes(each) && didYouMean(each, block.known) === name,
  )
  return {
    code: 'FTS1004',
    path: mistyped === undefined ? path : [...path.slice(0, -1), mistyped],
    part: 'key',
    message: `The key ${path.join('.')} is missing.`,
    hint: mistyped === undefined ? undefined : `did you mean "${name}"?`,
    notes: [`${path.join('.')}: ${key.doc}`],
  }
}

/** Keys that have no effect though they look like a known one, where unknown keys are kept. */
export function* doubtfulKeysIn(written: Mapping, keys: Keys, path: readonly string[]): Generator<string> {
  for (const [name, value] of Object.entries(written)) {
    const key = keyNamed(keys, name)
    const near = key === undefined ? didYouMean(name, Object.keys(keys)) : undefined
    if (near !== undefined) yield `The key "${[...path, name].join('.')}" has no effect. Did you mean "${near}"?`
    if (key?.keys && isMapping(value)) yield* doubtfulKeysIn(value, key.keys, [...path, name])
  }
}

function unknownKey(path: readonly string[], known: readonly string[], inside: string): ConfigFault {
  const name = path.at(-1) ?? ''
  return {
    code: 'FTS1003',
    path,
    part: 'key',
    message: `Unknown key "${name}" in ${inside}.`,
    hint: suggestionHint(name, known) ?? 'no such key',
    notes: [`known keys: ${known.join(', ')}`],
  }
}

function* checkValue(value: unknown, key: ConfigKey, path: readonly string[]): Generator<ConfigFault> {
  if (value === undefined || (value === null && key.nullable)) return
  const problem = problemOf(value, key)
  if (problem !== undefined) {
    yield {
      code: 'FTS1005',
      path,
      part: 'value',
      message: `${path.join('.')} must be ${problem.expected}, not ${key.secret ? 'what is written' : shown(value)}.`,
      hint: key.secret ? 'wrong kind of value' : problem.hint,
      notes: [`${path.join('.')}: ${key.doc}`],
    }
    return
  }
  if (key.kind === 'block' && key.keys && isMapping(value)) {
    yield* checkKeys(value, key.keys, { path, unknownKeys: key.unknownKeys ?? 'refused', inside: path.join('.') })
  }
}

interface Problem {
  readonly expected: string
  readonly hint?: string
}

/** Values that YAML 1.1 and pydantic take for a boolean when they are written as text or number. */
const booleanWords = new Set(['true', 'false', 'yes', 'no', 'on', 'off', '1', '0', 't', 'f', 'y', 'n'])

const checks: Readonly<Record<ConfigKey['kind'], (value: unknown, key: ConfigKey) => Problem | undefined>> = {
  text: (value) => {
    if (typeof value === 'string') return undefined
    return typeof value === 'number' || typeof value === 'boolean'
      ? { expected: 'a text', hint: `write it in quotes: "${value}"` }
      : { expected: 'a text' }
  },
  integer: (value, key) => numberProblem(Number.isInteger(value), 'a whole number', value, key),
  number: (value, key) => numberProblem(typeof value === 'number', 'a number', value, key),
  flag: (value) =>
    typeof value === 'boolean' || (!isNested(value) && booleanWords.has(String(value).toLowerCase()))
      ? undefined
      : { expected: 'true or false' },
  list: (value) => (Array.isArray(value) ? undefined : { expected: 'a list' }),
  map: (value) => (isMapping(value) ? undefined : { expected: 'a mapping' }),
  block: (value) => (isMapping(value) ? undefined : { expected: 'a mapping' }),
  choice: (value, key) => {
    const choices = key.choices ?? []
    if (typeof value === 'string' && choices.includes(value)) return undefined
    const hint = typeof value === 'string' ? suggestionHint(value, choices) : undefined
    const expected = choices.length === 1 ? `"${choices[0]}"` : `one of ${choices.join(', ')}`
    return { expected, ...(hint !== undefined && { hint }) }
  },
  any: () => undefined,
}

const isNested = (value: unknown): boolean => Array.isArray(value) || isMapping(value)

function problemOf(value: unknown, key: ConfigKey): Problem | undefined {
  return checks[key.kind](value, key)
}

function numberProblem(right: boolean, expected: string, value: unknown, key: ConfigKey): Problem | undefined {
  if (!right) return { expected, ...(isNumeric(value) && { hint: 'write it without quotes' }) }
  if (key.minimum !== undefined && Number(value) < key.minimum) return { expected: `${expected} from ${key.minimum}` }
  return undefined
}

const isNumeric = (value: unknown): boolean => typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)

/** A written value as messages show it; of a list or a mapping nothing, for it may hold secrets. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isMapping(value)) return 'a mapping'
  return value === undefined ? 'missing' : JSON.stringify(value)
}
