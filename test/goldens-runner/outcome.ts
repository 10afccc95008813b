/** A step or case that did not come out as recorded. */
export interface Failure {
  readonly step: string
  readonly expected: string
  readonly actual: string
}

/** What running one golden file or case folder gave. */
export interface Outcome {
  /** The path below the folder that was asked for. */
  readonly name: string
  readonly passed: number
  readonly failures: readonly Failure[]
  /** Why it was not run: a server that it needs is not installed here. */
  readonly skipped?: string
}

/** A server that a golden needs is not installed here. */
export class NotInstalled extends Error {}

/** Collects checks of one golden. */
export class Checks {
  #passed = 0
  readonly #failures: Failure[] = []

  pass(count = 1): void {
    this.#passed += count
  }

  fail(step: string, expected: unknown, actual: unknown): void {
    this.#failures.push({ step, expected: shown(expected), actual: shown(actual) })
  }

  /** Passes when the two are the same by {@link canonical}. */
  equal(step: string, actual: unknown, expected: unknown): void {
    if (canonical(actual) === canonical(expected)) this.pass()
    else this.fail(step, expected, actual)
  }

  /** Runs one check; whatever it throws is a failure. */
  async attempt(step: string, expected: string, check: () => unknown): Promise<void> {
    try {
      await check()
    } catch (error) {
      this.fail(step, expected, error)
    }
  }

  outcome(name: string): Outcome {
    return { name, passed: this.#passed, failures: this.#failures }
  }
}

/**
 * A text that is equal for equal data: objects without regard to the order of their names, numbers by value (1 and 1.0
 * and 1n are one number, and NaN is null as the README of the goldens says), bytes by content.
 */
export function canonical(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number') return canonicalNumber(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value instanceof Map) return `map:[${[...value].map(canonical).sort().join(',')}]`
  if ('epochMicros' in value) return `time:${String(value.epochMicros)}`
  const entries = Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}:${canonical(part)}`)
  return `{${entries.sort().join(',')}}`
}

function canonicalNumber(value: number): string {
  if (Number.isNaN(value)) return 'null'
  return Number.isInteger(value) ? BigInt(value).toString() : String(value)
}

const longest = 600

export function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? value
      : value instanceof Error
        ? `${'code' in value ? `${String(value.code)} ` : ''}${value.message}`
        : JSON.stringify(value, (_, part: unknown) => {
            if (part instanceof Map) return Object.fromEntries(part)
            return typeof part === 'bigint' ? Number(part) : part
          })
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
