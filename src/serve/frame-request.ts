import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { Instant } from '../base/instant.ts'
import type { ColumnUse } from '../store/written-columns.ts'
import { formatDataType } from '../types/data-type.ts'
import { type JsonValue, valueFromJson } from '../types/json.ts'
import { describeValue } from '../types/value-leaf.ts'

/** The columns of rows as a request has them in its field `df`: JSON, of equal length. */
export interface Frame {
  readonly columns: ReadonlyMap<string, readonly unknown[]>
  readonly rowCount: number
}

/**
 * The frame of a request: an object of lists of equal length.
 * @throws FTS7002 when it is something else, FTS5024 for lists of different lengths.
 */
export function frameOf(df: unknown): Frame {
  if (typeof df !== 'object' || df === null || Array.isArray(df)) {
    const fault = df === undefined ? 'is missing' : 'must be an object of columns'
    throw new FeatureStoreError('FTS7002', {
      message: `"df" of the request ${fault}.`,
      field: 'df',
      notes: ['it looks like {"driver_id": [1001, 1002], "event_timestamp": ["2024-03-01T12:00:00Z", …]}'],
    })
  }
  const columns = Object.entries(df).map(([name, values]): [string, readonly unknown[]] => {
    if (Array.isArray(values)) return [name, values]
    throw new FeatureStoreError('FTS7002', {
      message: `The column "${name}" must be a list with one value per row.`,
      field: `df.${name}`,
    })
  })
  const rowCount = columns[0]?.[1].length ?? 0
  const other = columns.find(([, values]) => values.length !== rowCount)
  if (other !== undefined) {
    throw new FeatureStoreError('FTS5024', {
      message: `The column "${other[0]}" has ${other[1].length} values, and "${columns[0]?.[0]}" has ${rowCount}.`,
      field: `df.${other[0]}`,
    })
  }
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
): readonly Readonly<Record<string, unknown>>[] {
  const rows: Record<string, unknown>[] = Array.from({ length: frame.rowCount }, () => ({}))
  for (const [name, values] of frame.columns) {
    const read = readerOf(name, uses.get(name))
    for (const [index, row] of rows.entries()) put(row, name, read(values[index], index))
  }
  return rows
}

const requestFields: Readonly<Record<string, string>> = {
  rows: 'df',
  source: 'push_source_name',
  view: 'feature_view_name',
}

/** An error about rows, in the words of the frame that they came in: `rows[3].rate` is `df.rate[3]` there. */
export function inFrameTerms(error: unknown): unknown {
  if (!(error instanceof FeatureStoreError) || error.field === undefined) return error
  const cell = /^rows\[(\d+)\]\.(.+)$/s.exec(error.field)
  const field = cell === null ? requestFields[error.field] : `df.${cell[2]}[${cell[1]}]`
  return field === undefined ? error : error.withField(field)
}

/** As a property of its own whatever its name: `__proto__` is a column like another. */
function put(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') row[name] = value
  else Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true })
}

type Reader = (value: unknown, row: number) => unknown

function readerOf(name: string, use: ColumnUse | undefined): Reader {
  if (use === undefined) return (value) => value
  if (use.kind === 'value') return valueReader(name, use)
  return (value, row) => {
    if (value === null) return null
    // Feast takes nanoseconds; who sends seconds means another thing, and rows of 1970 are the end of it.
    if (typeof value === 'number' || typeof value === 'bigint') {
      throw misfit(name, row, `is the number ${value}, whose unit nobody says; give a time as ISO 8601 text`)
    }
    const time = typeof value === 'string' ? Instant.parse(value) : undefined
    return time ?? thrown(misfit(name, row, `must be a time as ISO 8601 text; ${describeValue(value)} is not`))
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

function thrown(error: Error): never {
  throw error
}

function misfit(name: string, row: number, fault: string, cause?: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS5022', {
    message: `"${name}" of row ${row} ${fault}.`,
    field: `df.${name}[${row}]`,
    cause,
  })
}
