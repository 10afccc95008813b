import { AssertionError } from 'node:assert'
import { isDeepStrictEqual } from 'node:util'
import { Instant } from '../base/instant.ts'
import { suggestion } from '../base/suggest.ts'
import { definitionsUsedBy } from '../define/definition.ts'
import type { FeatureItem } from '../define/feature-service.ts'
import type { EntityRow, OnlineRow } from '../define/request.ts'
import type { Definition } from '../model/definitions.ts'
import { emptyRegistry } from '../model/registry-contents.ts'
import type { ViewJoin } from '../plugin/offline-store.ts'
import { resolveFeatures } from '../registry/resolve-features.ts'
import type { ResolvedFeatures, ResolvedView } from '../registry/resolved-features.ts'
import { toDefinitions } from '../store/definitions-input.ts'
import { renaming } from '../store/entity-columns.ts'
import { givenFeatures } from '../store/feature-selection.ts'
import { computeOnDemand } from '../store/on-demand.ts'
import { type TimeInput, toInstant } from '../store/time-input.ts'
import { viewJoins } from '../store/view-joins.ts'
import { coerceValue, naturalValue } from '../types/coerce.ts'
import { type DataType, invalid, unixTimestamp } from '../types/data-type.ts'
import { exactJsonText } from '../types/exact-json.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'
import { naiveHistorical } from './naive-oracle.ts'

/** A row of a source, by column. Times may be `Date` or ISO text, 64-bit integers safe numbers. */
export type SourceRow = Readonly<Record<string, unknown>>

/** The rows of all views, or those of each by its name. */
type GivenInput = readonly SourceRow[] | Readonly<Record<string, readonly SourceRow[]>>

/** Views, and selections of views, whose features a test can expect. */
type Testable = Exclude<FeatureItem, string>

/** What a test may write for a value of a feature. */
type Expected<T> = T extends bigint ? bigint | number : T extends Instant ? Instant | Date | string : T

type ExpectedValues<V extends Testable> = {
  readonly [C in keyof OnlineRow<readonly [V]>]?: Expected<OnlineRow<readonly [V]>[C]>
}

/**
 * Begins a test of features: the rows of the source, in file order. For features of several views, the rows of each by
 * the name of the view. Nothing is stored and no engine is loaded, so that a case takes about a millisecond.
 * @example given(rows).at('2026-01-02T10:00Z').expect(driverStats, { driver_id: 1001 }, { conv_rate: 0.5 })
 */
export function given(rows: GivenInput): GivenRows {
  return new GivenRows(rows)
}

class GivenRows {
  readonly #rows: GivenInput

  constructor(rows: GivenInput) {
    this.#rows = rows
  }

  /** The time as of which features are taken; without a zone it is UTC. */
  at(time: TimeInput): GivenRowsAt {
    return new GivenRowsAt(this.#rows, toInstant(time, 'at'))
  }
}

class GivenRowsAt {
  readonly #rows: GivenInput
  readonly #at: Instant

  constructor(rows: GivenInput, at: Instant) {
    this.#rows = rows
    this.#at = at
  }

  /**
   * Checks features of a key, with the values of the request where an on-demand view needs them. Features that
   * `values` leaves out may be anything. Floats may differ by a millionth of their size, in lists and structs too.
   * @throws AssertionError, which every test runner shows as a difference.
   */
  expect<const V extends Testable>(view: V, key: EntityRow<readonly [V]>, values: ExpectedValues<V>): this {
    const actual = this.#evaluate(view, key)
    const types = actual.types
    const wanted = Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        const type = types.get(name)
        if (type === undefined) throw unknownFeature(name, [...types.keys()])
        return [name, coerceValue(value, type)]
      }),
    )
    const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, actual.row[name] ?? null]))
    const equal = Object.keys(wanted).every((name) => sameValue(found[name] ?? null, wanted[name] ?? null))
    if (!equal) {
      throw new AssertionError({
        message: `features of ${text(key)} at ${this.#at}: expected ${text(wanted)}, got ${text(found)}`,
        actual: found,
        expected: wanted,
        operator: 'deepStrictEqual',
        stackStartFn: GivenRowsAt.prototype.expect,
      })
    }
    return this
  }

  #evaluate(
    view: Testable,
    key: SourceRow,
  ): { readonly row: FeatureRow; readonly types: ReadonlyMap<string, DataType> } {
    const { selection, functions } = givenFeatures([view])
    const definitions = toDefinitions(everything(view), { partial: true })
    const resolved = resolveFeatures({ ...emptyRegistry, ...definitions }, '', selection, { fullFeatureNames: false })
    const { joins, column } = viewJoins(resolved)
    const entityRow: FeatureRow = { ...entityValues(resolved, key), [atColumn]: this.#at }
    const views = joins.map((join, index) => {
      const rows = rowsOf(this.#rows, join.name)
      requireColumns(rows, join)
      return { ...join, rows: rows.map((row) => typedRow(row, join, resolved.views[index])) }
    })
    const [joined = {}] = naiveHistorical([entityRow], atColumn, views, false)
    const computed = computeOnDemand(resolved, functions, {
      rowCount: 1,
      feature: (from, field) => [joined[column(from, field.name)] ?? null],
      request: (field) => [entityRow[field.name] ?? null],
    })
    const stored = resolved.views.flatMap((each) => each.features)
    const types = new Map(stored.flatMap(({ field, output }) => (output === null ? [] : [[output, field.type]])))
    for (const { name, field } of computed) types.set(name, field.type)
    return {
      row: { ...joined, ...Object.fromEntries(computed.map(({ name, values }) => [name, values[0] ?? null])) },
      types,
    }
  }
}

/** Not the name of any column. */
const atColumn = '\u0000at'

/** A view or selection with all definitions that it was made from. */
function everything(view: Testable): ReadonlySet<Definition> {
  const found = new Set<Definition>()
  const add = (definition: Definition): void => {
    if (found.has(definition)) return
    found.add(definition)
    for (const used of definitionsUsedBy(definition)) add(used)
  }
  if ('kind' in view) add(view)
  for (const used of definitionsUsedBy(view)) add(used)
  return found
}

function rowsOf(given: GivenInput, view: string): readonly SourceRow[] {
  if (isRows(given)) return given
  const rows = given[view]
  if (rows !== undefined) return rows
  throw new AssertionError({
    message: `no rows are given for the view "${view}"; given: ${Object.keys(given).join(', ')}`,
  })
}

/** A misspelt column would find nothing, and a test that expects null would pass. */
function requireColumns(rows: readonly SourceRow[], join: ViewJoin): void {
  const needed = [join.timestampColumn, ...join.keys.map((key) => key.sourceColumn)]
  const missing = needed.find((column) => rows.length > 0 && !rows.some((row) => Object.hasOwn(row, column)))
  if (missing === undefined) return
  const columns = new Set(rows.flatMap((row) => Object.keys(row)))
  throw new AssertionError({
    message:
      `no row has the column "${missing}", which the source of "${join.name}" needs.${suggestion(missing, columns)}` +
      ` Rows of several views are given by the name of the view: given({ ${join.name}: [] })`,
  })
}

const isRows = (rows: GivenInput): rows is readonly SourceRow[] => Array.isArray(rows)

function entityValues(resolved: ResolvedFeatures, key: SourceRow): FeatureRow {
  const keys = resolved.views.flatMap((view) => view.joinKeys.map(({ column, field }) => [column, field.type] as const))
  const inputs = resolved.requestFields.map((field) => [field.name, field.type] as const)
  const needed = [...keys, ...inputs]
  const [missing] = needed.find(([name]) => !Object.hasOwn(key, name)) ?? []
  if (missing !== undefined) {
    throw new AssertionError({
      message: `"${missing}" is missing in ${text(key)}.${renaming(missing, Object.keys(key))}`,
    })
  }
  return Object.fromEntries(needed.map(([name, type]) => [name, typed(key[name], type)]))
}

/** The row with the values that the join looks at in their types. */
function typedRow(row: SourceRow, join: ViewJoin, view: ResolvedView | undefined): FeatureRow {
  const types = new Map<string, DataType>([
    ...join.features.map(
      ({ sourceColumn }, index) => [sourceColumn, view?.features[index]?.field.type ?? invalid] as const,
    ),
    ...join.keys.map(
      ({ sourceColumn }, index) => [sourceColumn, view?.joinKeys[index]?.field.type ?? invalid] as const,
    ),
    [join.timestampColumn, unixTimestamp],
    ...(join.createdColumn === null ? [] : [[join.createdColumn, unixTimestamp] as const]),
  ])
  return Object.fromEntries([...types].map(([name, type]) => [name, typed(row[name], type)]))
}

const typed = (value: unknown, type: DataType): FeatureValue =>
  type.kind === 'scalar' && type.name === 'invalid' ? naturalValue(value) : coerceValue(value, type)

function sameValue(a: FeatureValue, b: FeatureValue): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return Object.is(a, b) || Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b))
  }
  if (a instanceof Instant && b instanceof Instant) return a.equals(b)
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, index) => sameValue(each, b[index]))
  }
  if (isRecord(a) && isRecord(b)) {
    const names = Object.keys(a)
    const hasNames = names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name))
    return hasNames && names.every((name) => sameValue(a[name] ?? null, b[name] ?? null))
  }
  return isDeepStrictEqual(a, b)
}

const isRecord = (value: FeatureValue): value is FeatureRow =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function unknownFeature(name: string, known: readonly string[]): AssertionError {
  return new AssertionError({
    message: `"${name}" is none of the features: ${known.join(', ')}.${suggestion(name, known)}`,
  })
}

const text = (row: SourceRow): string =>
  `{ ${Object.entries(row)
    .map(([name, value]) => `${name}: ${value instanceof Instant ? value : exactJsonText(value)}`)
    .join(', ')} }`
