import type { ErrorCode } from '../base/errors/catalogue.ts'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestion } from '../base/suggest.ts'
import type { Field } from '../model/field.ts'
import type { FeatureColumns, OnDemandFunction } from '../model/transformation.ts'
import { coerceValue } from '../types/coerce.ts'
import { type DataType, formatDataType } from '../types/data-type.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'

/** One run of one on-demand view over a batch. */
export interface OnDemandRun {
  /** The view's name, for messages. */
  readonly name: string
  readonly function: OnDemandFunction
  readonly rowCount: number
  /** By the source's name in the definition: its columns, each of `rowCount` values, null where there is none. */
  readonly inputs: Readonly<Record<string, readonly OnDemandInput[]>>
  /** The outputs that are wanted, with their declared types. */
  readonly outputs: readonly Field[]
}

export interface OnDemandInput {
  readonly field: Field
  readonly values: readonly unknown[]
}

/**
 * Calls the user's function and returns the wanted outputs.
 *
 * Shape: every column has `rowCount` values; value i belongs to row i. Inputs reach the function as values of their
 * declared types, nulls as null; outputs are values of theirs.
 * @throws FTS2303 when the function throws, FTS2304 for a promise, FTS2305 to FTS2307 for what it returns, FTS2308 for
 * an input that is not of its declared type.
 */
export function runOnDemand(run: OnDemandRun): FeatureColumns {
  const inputs = inputColumns(run)
  return run.function.over === 'rows'
    ? overRows(run, run.function.run, inputs)
    : overColumns(run, run.function.run, inputs)
}

type Columns = Record<string, readonly FeatureValue[]>

function overRows(
  run: OnDemandRun,
  call: Extract<OnDemandFunction, { over: 'rows' }>['run'],
  inputs: Readonly<Record<string, Columns>>,
): FeatureColumns {
  const sources = Object.entries(inputs).map(([name, columns]) => ({ name, columns: Object.entries(columns) }))
  const columns: Record<string, FeatureValue[]> = Object.fromEntries(run.outputs.map((field) => [field.name, []]))
  for (let row = 0; row < run.rowCount; row++) {
    const input: Record<string, FeatureRow> = {}
    for (const source of sources) {
      const values: Record<string, FeatureValue> = {}
      for (const [name, column] of source.columns) values[name] = column[row] ?? null
      input[source.name] = values
    }
    const result = called(run, row, () => call(input))
    for (const field of run.outputs) {
      const value = declaredOutput(run, result, field, row)
      columns[field.name]?.push(typedOutput(run, value, field, row))
    }
  }
  return columns
}

function overColumns(
  run: OnDemandRun,
  call: Extract<OnDemandFunction, { over: 'columns' }>['run'],
  inputs: Readonly<Record<string, Columns>>,
): FeatureColumns {
  const result = called(run, null, () => call(inputs))
  const columns: Columns = {}
  for (const field of run.outputs) {
    const column = declaredOutput(run, result, field, null)
    if (!Array.isArray(column) && !isTypedArray(column)) {
      const message = `The function of the on-demand view "${run.name}" returned no array for the output "${field.name}".`
      throw new FeatureStoreError('FTS2306', {
        message,
        notes: ['a function over columns returns one array per output'],
      })
    }
    if (column.length !== run.rowCount) {
      throw new FeatureStoreError('FTS2307', {
        message: `The output "${field.name}" of the on-demand view "${run.name}" has ${column.length} values for ${run.rowCount} rows.`,
      })
    }
    columns[field.name] = Array.from(column as ArrayLike<unknown>, (value, row) => typedOutput(run, value, field, row))
  }
  return columns
}

/** Calls the function, and makes sure that it returned an object. */
function called(run: OnDemandRun, row: number | null, call: () => unknown): object {
  let result: unknown
  try {
    result = call()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw fault('FTS2303', run, row, `failed: ${reason}`, { cause })
  }
  if (typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function') {
    // A promise that nobody waits for would end the process if it failed.
    void Promise.resolve(result).catch(() => {})
    throw fault('FTS2304', run, null, 'is asynchronous: it returned a promise')
  }
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    const names = run.outputs.map((field) => field.name).join(', ')
    throw fault('FTS2305', run, row, `returned ${described(result)}, not an object with ${names}`)
  }
  return result
}

function declaredOutput(run: OnDemandRun, result: object, field: Field, row: number | null): unknown {
  const value: unknown = Object.hasOwn(result, field.name) ? Reflect.get(result, field.name) : undefined
  if (value !== undefined) return value
  const returned = Object.keys(result)
  throw fault(
    'FTS2305',
    run,
    row,
    `returned no output "${field.name}", which its schema declares.${suggestion(field.name, returned)}`,
    { notes: [`it returned: ${returned.join(', ') || 'nothing'}`] },
  )
}

function typedOutput(run: OnDemandRun, value: unknown, field: Field, row: number): FeatureValue {
  if (value === null || hasDeclaredType(value, field.type)) return value as FeatureValue
  if (value === undefined) {
    throw fault('FTS2305', run, row, `returned no value for the output "${field.name}"; null means none`)
  }
  try {
    return coerceValue(value, field.type)
  } catch (cause) {
    const type = formatDataType(field.type)
    throw fault('FTS2306', run, row, `returned ${described(value)} for the output "${field.name}", which is ${type}`, {
      cause,
    })
  }
}

function inputColumns(run: OnDemandRun): Readonly<Record<string, Columns>> {
  return Object.fromEntries(
    Object.entries(run.inputs).map(([source, columns]) => [
      source,
      Object.fromEntries(columns.map(({ field, values }) => [field.name, typedInput(run, source, field, values)])),
    ]),
  )
}

function typedInput(run: OnDemandRun, source: string, field: Field, values: readonly unknown[]): FeatureValue[] {
  return values.map((value, row) => {
    if (value === null || value === undefined) return null
    if (hasDeclaredType(value, field.type)) return value
    try {
      return coerceValue(value, field.type)
    } catch (cause) {
      const type = formatDataType(field.type)
      throw new FeatureStoreError('FTS2308', {
        message: `The on-demand view "${run.name}" computes with "${field.name}" of "${source}", which is ${type}, and row ${row} has ${described(value)}.`,
        cause,
      })
    }
  })
}

/** The scalar types whose values need no look inside, with what `typeof` says of them. */
const plainTypes: Readonly<Record<string, string>> = {
  string: 'string',
  int64: 'bigint',
  float64: 'number',
  bool: 'boolean',
}

/** True when the value surely is of the type; false means that it has to be looked at closely. */
function hasDeclaredType(value: unknown, type: DataType): value is FeatureValue {
  return type.kind === 'scalar' && plainTypes[type.name] === typeof value
}

function isTypedArray(value: unknown): value is Float64Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
}

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? `an object (${value.constructor?.name ?? 'no class'})` : `a ${typeof value}`
}

function fault(
  code: ErrorCode,
  run: OnDemandRun,
  row: number | null,
  what: string,
  more: { readonly notes?: readonly string[]; readonly cause?: unknown } = {},
): FeatureStoreError {
  const where = row === null ? '' : ` (row ${row} of the batch)`
  const stop = /[.?!]$/.test(what) ? '' : '.'
  return new FeatureStoreError(code, {
    message: `The function of the on-demand view "${run.name}"${where} ${what}${stop}`,
    ...more,
  })
}
