import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'
import type { CompatibilityRules } from '../config/compatibility.ts'
import type { ColumnUse } from '../store/written-columns.ts'
import { formatDataType } from '../types/data-type.ts'
import { type JsonValue, valueFromJson } from '../types/json.ts'
import { describeValue } from '../types/value-leaf.ts'

/** The columns of rows as a request has them in its field `df`: JSON, of equal length. */
export interface Frame {
  readonly columns: ReadonlyMap<string, readonly unknown[]>
  readonly rowCount: number
}

/** Which of Feast's ways with frames hold. */
export type FrameRules = Pick<CompatibilityRules, 'numbersAreNanoseconds' | 'framesAreConverted' | 'mixedTimesFail'>

/**
 * The frame of a request: an object of lists of equal length. As in pandas a single value stands for every row where
 * {@link FrameRules.framesAreConverted} holds.
 * @throws FTS7002 when it is something else, FTS5024 for lists of different lengths.
 */
export function frameOf(df: unknown, rules: FrameRules): Frame {
  if (typeof df !== 'object' || df === null || Array.isArray(df)) {
    const fault = df === undefined ? 'is missing' : 'must be an object of columns'
    throw new FeatureStoreError('FTS7002', {
      message: `"df" of the request ${fault}.`,
      field: 'df',
      notes: ['it looks like {"driver_id": [1001, 1002], "event_timestamp": ["2024-03-01T12:00:00Z", …]}'],
    })
  }
  const entries = Object.entries(df as Readonly<Record<string, unknown>>)
  const lists = entries.flatMap(([name, values]) => (Array.isArray(values) ? [{ name, length: values.length }] : []))
  const [first] = lists
  const broadcast = rules.framesAreConverted && first !== undefined
  const single = entries.find(([, values]) => !Array.isArray(values))
  if (single !== undefined && !broadcast) {
    throw new FeatureStoreError('FTS7002', {
      message: `The column "${single[0]}" must be a list with one value per row.`,
      field: `df.${single[0]}`,
    })
  }
  const rowCount = first?.length ?? 0
  const other = lists.find(({ length }) => length !== rowCount)
  if (first !== undefined && other !== undefined) throw ragged(first, other)
  const columns = entries.map(([name, values]): [string, readonly unknown[]] => [
    name,
    Array.isArray(values) ? values : Array.from({ length: rowCount }, () => values),
  ])
  return { columns: new Map(columns), rowCount }
}

/**
 * The rows of a frame, with values of the types that their columns have: times from ISO 8601 text, bytes from base64,
 * NaN and infinities from text. Columns of no known use are left as they are.
 * @throws FTS5022 for a value of another type.
 */
export function frameRows(
  frame: Frame,
  uses: ReadonlyMap<string, ColumnUse>,
  rules: FrameRules,
): readonly Readonly<Record<string, unknown>>[] {
  const rows: Record<string, unknown>[] = Array.from({ length: frame.rowCount }, () => ({}))
  for (const [name, values] of frame.columns) {
    const read = readerOf(name, values, uses.get(name), rules)
    for (const [index, row] of rows.entries()) {
      // As its own property whatever its name: `__proto__` is a column like another.
      Object.defineProperty(row, name, {
        value: read(values[index], index),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
  }
  return rows
}

/** An error about rows, in the words of the frame that they came in: `rows[3].rate` is `df.rate[3]` there. */
export function inFrameTerms(error: unknown): unknown {
  if (!(error instanceof FeatureStoreError) || error.field === undefined) return error
  const cell = /^rows\[(\d+)\]\.(.+)$/s.exec(error.field)
  const field = cell === null ? (error.field === 'rows' ? 'df' : undefined) : `df.${cell[2]}[${cell[1]}]`
  if (field === undefined) return error
  const { code, message, where, hint, notes, cause } = error
  return new FeatureStoreError(code, { message, where, hint, notes, cause, field })
}

type Reader = (value: unknown, row: number) => unknown

function readerOf(name: string, values: readonly unknown[], use: ColumnUse | undefined, rules: FrameRules): Reader {
  if (use === undefined) return (value) => value
  if (use.kind === 'value') return valueReader(name, use)
  const first = values.find((value) => typeof value === 'string')
  const format = rules.mixedTimesFail && typeof first === 'string' ? timeFormat(first) : null
  return (value, row) => {
    if (value === null) return null
    if (typeof value === 'number' || typeof value === 'bigint') {
      if (rules.numbersAreNanoseconds) return ofNanoseconds(value)
      throw misfit(name, row, `is the number ${value}, whose unit and epoch nobody says; give ISO 8601 text`)
    }
    const time = typeof value === 'string' ? Instant.parse(value) : undefined
    if (time === undefined) throw misfit(name, row, `must be a time as ISO 8601 text; ${describeValue(value)} is not`)
    if (format !== null && timeFormat(String(value)) !== format) {
      throw misfit(name, row, `is a time of another format than the first one of its column, "${first}"`)
    }
    return time
  }
}

function valueReader(name: string, use: Extract<ColumnUse, { kind: 'value' }>): Reader {
  return (value, row) => {
    try {
      return valueFromJson(value as JsonValue, use.type)
    } catch (cause) {
      throw misfit(name, row, `must be ${formatDataType(use.type)}; ${describeValue(value)} is not`, cause)
    }
  }
}

/** pandas keeps nanoseconds, stores keep microseconds: what is less is cut off. */
function ofNanoseconds(value: number | bigint): Instant {
  const nanoseconds = typeof value === 'bigint' ? value : BigInt(Math.floor(value))
  return Instant.fromEpochMicros(BigInt.asIntN(64, nanoseconds) / 1000n)
}

/** Digits and zones aside, what two texts must share for pandas to read them as one format. */
function timeFormat(text: string): string {
  return text
    .replace(/\.\d+/, '.f')
    .replace(/\d+/g, '0')
    .replace(/(?:Z|[+-]0(?::?0)?)$/, 'z')
}

function ragged(
  first: { readonly name: string; readonly length: number },
  other: { readonly name: string; readonly length: number },
): FeatureStoreError {
  return new FeatureStoreError('FTS5024', {
    message: `The column "${other.name}" has ${other.length} values, and "${first.name}" has ${first.length}.`,
    field: `df.${other.name}`,
  })
}

function misfit(name: string, row: number, fault: string, cause?: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5022', {
    message: `"${name}" of row ${row} ${fault}.`,
    field: `df.${name}[${row}]`,
    cause,
  })
}
