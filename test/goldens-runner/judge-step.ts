import { join } from 'node:path'
import { Instant } from '../../src/base/instant.ts'
import type { GoldenCase, GoldenStep, IntervalBound, OnlineRow, StepResult } from './case-file.ts'
import { compareTables } from './compare-tables.ts'
import { differenceOf } from './differences.ts'
import { type GoldenTable, looseType, readGoldenTable } from './golden-table.ts'
import { onlineRowText } from './online-dump.ts'
import { canonical } from './outcome.ts'
import { isImplicitColumn, requestBehind } from './requested-columns.ts'

export type Intervals = Readonly<Record<string, readonly (readonly [Instant, Instant])[]>>

/** What a step of ours gave. */
export type Actual =
  | { readonly kind: 'done' }
  | { readonly kind: 'table'; readonly table: GoldenTable }
  | { readonly kind: 'online'; readonly rows: readonly OnlineRow[] }
  | { readonly kind: 'intervals'; readonly intervals: Intervals }
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, unknown>> }

/** What is wrong, as `[expected, actual]`. */
export type Mismatch = readonly [string, string]

/** Where the judge finds what it needs. */
export interface Judged {
  readonly goldenCase: GoldenCase
  readonly folder: string
  readonly step: GoldenStep
  readonly store: string
  /** From when to when the steps ran, for what is recorded relative to now. */
  readonly from: Instant
  readonly until: Instant
}

/** Compares a result of ours with the recorded one. */
export function judge(judged: Judged, expected: StepResult, actual: Actual): Mismatch | undefined {
  switch (actual.kind) {
    case 'done':
      return undefined
    case 'table':
      return judgeTable(judged, expected, actual.table)
    case 'online':
      return judgeOnline(judged, recordedRows(judged, expected), actual.rows)
    case 'intervals':
      return judgeIntervals(judged, expected.intervals ?? {}, actual.intervals)
    case 'fields':
      return judgeFields(judged, expected, actual.fields)
  }
}

function judgeTable(judged: Judged, expected: StepResult, actual: GoldenTable): Mismatch | undefined {
  if (expected.json === undefined) return ['a table', 'case.json has no expected table']
  const table = readGoldenTable(join(judged.folder, expected.json))
  return countedRows(expected, table) ?? compareTables(table, actual, tableRules(judged))
}

/** The number of rows is recorded twice. */
export function countedRows({ rows }: StepResult, table: GoldenTable): Mismatch | undefined {
  if (rows === undefined || rows === table.rows.length) return undefined
  return [`${rows} rows`, `the expected table has ${table.rows.length} rows`]
}

/** Operations whose columns were sorted by name when they were recorded. */
const sortedColumns = new Set(['pull_all', 'pull_latest', 'read_dataset'])

export function tableRules(judged: Judged): Parameters<typeof compareTables>[2] {
  const { goldenCase, step, store } = judged
  const { tolerance } = goldenCase
  const implicit = tolerance.implicit_dependency_columns !== undefined
  const request = requestBehind(goldenCase, step)
  const absent = new Set(differenceOf(goldenCase.rule).columnsOfFeast ?? [])
  const free = implicit || sortedColumns.has(step.request.op) || step.agreement.column_order_same === false
  return {
    rowsOrdered: tolerance.row_order !== 'any',
    columnsOrdered: !free && store !== 'file',
    ignored: new Set(tolerance.ignore_columns ?? []),
    optional: (column) =>
      column === '__index_level_0__' ||
      absent.has(column) ||
      (implicit && isImplicitColumn(goldenCase, request, column)),
    store,
  }
}

function recordedRows({ goldenCase, step }: Judged, expected: StepResult): readonly OnlineRow[] {
  const rows = expected.online_rows ?? []
  const other = 'same_as' in rows ? (step.result[rows.same_as]?.online_rows ?? []) : rows
  if ('same_as' in other) return []
  const keysAsFeatures = differenceOf(goldenCase.rule).keysAsFeatures === true
  return keysAsFeatures ? other.filter((row) => !(row.feature in row.entity_key)) : other
}

export function judgeOnline(
  judged: Judged,
  expected: readonly OnlineRow[],
  actual: readonly OnlineRow[],
): Mismatch | undefined {
  const ignored = new Set(judged.goldenCase.tolerance.ignore_event_ts_of_views ?? [])
  const texts = (rows: readonly OnlineRow[]): string[] =>
    rows.map((row) => onlineRowText(row, ignored.has(row.view))).sort()
  const [wanted, given] = [texts(expected), texts(actual)]
  if (canonical(wanted) === canonical(given)) return undefined
  const missing = wanted.filter((row) => !given.includes(row))
  const extra = given.filter((row) => !wanted.includes(row))
  return [
    `${wanted.length} values, of which are missing: ${missing.slice(0, 2).join(' ') || 'none'}`,
    `${given.length} values, of which are too many: ${extra.slice(0, 2).join(' ') || 'none'}`,
  ]
}

function judgeIntervals(
  judged: Judged,
  expected: NonNullable<StepResult['intervals']>,
  actual: Intervals,
): Mismatch | undefined {
  const wrong = (): Mismatch => [canonical(expected), canonical(actual)]
  if (canonical(Object.keys(expected).sort()) !== canonical(Object.keys(actual).sort())) return wrong()
  for (const [view, intervals] of Object.entries(expected)) {
    const ours = actual[view] ?? []
    const same =
      ours.length === intervals.length &&
      intervals.every(([start, end], index) => {
        const interval = ours[index]
        return interval !== undefined && sameTime(judged, start, interval[0]) && sameTime(judged, end, interval[1])
      })
    if (!same) return wrong()
  }
  return undefined
}

const week = 7n * 86_400_000_000n

/** Recorded times relative to now lie within the run. */
function sameTime(judged: Judged, expected: IntervalBound, actual: Instant): boolean {
  if (typeof expected === 'string') return Instant.parse(expected)?.equals(actual) === true
  const ttl = /^now-ttl\(([\d.]+)s\)$/.exec(expected.relative)
  const back =
    ttl !== null ? BigInt(Math.round(Number(ttl[1]) * 1e6)) : expected.relative === 'now-52w' ? 52n * week : 0n
  const time = actual.epochMicros + back
  return time >= judged.from.epochMicros && time <= judged.until.epochMicros
}

/** Compares what an apply inferred, what a data set registered, and what a log wrote. */
function judgeFields(
  judged: Judged,
  expected: StepResult,
  actual: Readonly<Record<string, unknown>>,
): Mismatch | undefined {
  for (const [name, ours] of Object.entries(actual)) {
    const wanted = withoutImplicit(judged, name, (expected as unknown as Readonly<Record<string, unknown>>)[name], ours)
    if (looseType(canonicalTimes(wanted)) !== looseType(canonicalTimes(ours)))
      return [`${name} ${canonical(wanted)}`, `${name} ${canonical(ours)}`]
  }
  return undefined
}

/** The features of a data set, without those that only an on-demand view needed. */
function withoutImplicit(judged: Judged, name: string, expected: unknown, actual: unknown): unknown {
  const implicit = judged.goldenCase.tolerance.implicit_dependency_columns !== undefined
  if (name !== 'dataset' || !implicit || typeof expected !== 'object' || expected === null) return expected
  const { features } = expected as { readonly features: readonly string[] }
  const ours = (actual as { readonly features?: readonly string[] }).features ?? []
  return { ...expected, features: features.filter((feature) => ours.includes(feature)) }
}

/** Times in texts count by the instant: an offset may be written or not. */
function canonicalTimes(value: unknown): string {
  return canonical(JSON.parse(JSON.stringify(value ?? null), (_, part: unknown) => normalTime(part)))
}

function normalTime(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d[T ]/.test(value)) return value
  return Instant.parse(value)?.toString() ?? value
}
