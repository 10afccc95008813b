import { join } from 'node:path'
import { Instant } from '../../src/base/instant.ts'
import { rowsFromBatch } from '../../src/types/arrow.ts'
import type { StepRequest } from './case-file.ts'
import { readFrame } from './case-frames.ts'
import { asOf, readView } from './case-oracle.ts'
import type { RunningCase } from './case-steps.ts'
import { compareTables } from './compare-tables.ts'
import type { GoldenTable } from './golden-table.ts'
import { historicalByRule, refusedByRule } from './historical-oracle.ts'
import { type Actual, type Judged, judgeOnline, type Mismatch } from './judge-step.ts'
import { canonical, shown } from './outcome.ts'
import { readParquet } from './read-parquet.ts'
import type { RuleState } from './rule-state.ts'

/** Compares a result of ours with what the rule says, computed from the data of the case. */
export async function judgeByRule(
  running: RunningCase,
  state: RuleState,
  judged: Judged,
  attempt: { readonly value?: Actual; readonly error?: unknown },
): Promise<Mismatch | undefined> {
  const { request } = judged.step
  const refusal = request.op === 'historical' ? refusedByRule(running.goldenCase, request) : undefined
  if (refusal !== undefined)
    return attempt.error === undefined ? [`an error: ${refusal}`, 'it was accepted'] : undefined
  const actual = attempt.value
  if (actual === undefined) return ['no error', shown(attempt.error)]
  if (actual.kind === 'online') {
    const { online } = await state.replay(running.folder)
    return judgeOnline(judged, online.dump(running.goldenCase.definitions), actual.rows)
  }
  if (actual.kind === 'intervals') {
    const { intervals } = await state.replay(running.folder)
    const [wanted, given] = [canonical(intervals), canonical(actual.intervals)]
    return wanted === given ? undefined : [wanted, given]
  }
  if (actual.kind !== 'table') return ['a table', actual.kind]
  const expected = await tableByRule(running, state, request)
  if (expected === undefined) return [`what ${request.op} gives by rule`, 'the runner cannot compute it']
  return compareTables(untyped(expected), untyped(actual.table), {
    rowsOrdered: request.op === 'historical' && typeof request.entity_df === 'string',
    columnsOrdered: false,
    ignored: new Set(judged.goldenCase.tolerance.ignore_columns ?? []),
    optional: () => false,
    store: 'rule',
  })
}

async function tableByRule(
  running: RunningCase,
  state: RuleState,
  request: StepRequest,
): Promise<GoldenTable | undefined> {
  switch (request.op) {
    case 'historical':
      return historicalOf(running, request)
    case 'read_parquet':
      return state.savedRequest === undefined
        ? sourceByRule(running, state, request)
        : historicalOf(running, state.savedRequest)
    case 'read_logs':
      return loggedByRule(running, state, request)
    case 'read_dataset':
      return state.savedRequest === undefined
        ? undefined
        : withoutLabels(running, await historicalOf(running, state.savedRequest))
    case 'pull_all':
    case 'pull_latest':
      return pulled(running, request)
    default:
      return undefined
  }
}

async function historicalOf({ goldenCase, folder, repo }: RunningCase, request: StepRequest): Promise<GoldenTable> {
  const { entity_df } = request
  const entities = typeof entity_df === 'string' ? await readFrame(folder, goldenCase, entity_df) : null
  return historicalByRule(repo, goldenCase, request, entities)
}

/** Reading a data set back gives keys, times and features, not the other columns of the entity rows. */
function withoutLabels(running: RunningCase, table: GoldenTable): GoldenTable {
  const { definitions } = running.goldenCase
  const known = new Set([
    ...definitions.entities.flatMap((entity) => entity.join_keys),
    ...definitions.views.flatMap((view) => (view.schema ?? []).map((field) => field.name)),
  ])
  const kept = table.columns.map(({ name }, index) => ({
    name,
    index,
    keep: known.has(name) || table.rows.some((row) => typeof row[index] === 'object' && row[index] !== null),
  }))
  const columns = kept.filter(({ keep }) => keep)
  return {
    columns: columns.map(({ name }) => ({ name, type: 'any' })),
    rows: table.rows.map((row) => columns.map(({ index }) => row[index])),
  }
}

/** A source file with the rows that were appended to it, in its own column names. */
async function sourceByRule(running: RunningCase, state: RuleState, request: StepRequest): Promise<GoldenTable> {
  const original = await readParquet(join(running.folder, request.path ?? ''))
  const names = original.columns.map((column) => column.name)
  const added = await Promise.all(
    state.accepted('write_offline').map(async ({ df = '' }) => readFrame(running.folder, running.goldenCase, df)),
  )
  const rows = added.flatMap(rowsFromBatch).map((row) => names.map((name) => row[name] ?? null))
  return { columns: original.columns, rows: [...rows, ...original.rows] }
}

/** The logged rows of a window (inclusive) by `__log_timestamp`. */
async function loggedByRule(running: RunningCase, state: RuleState, request: StepRequest): Promise<GoldenTable> {
  const frames = await Promise.all(
    state.accepted('log').map(async ({ df = '' }) => readFrame(running.folder, running.goldenCase, df)),
  )
  const [start, end] = [request.start, request.end].map((text) => Instant.parse(text ?? '')?.epochMicros ?? 0n)
  const rows = frames.flatMap(rowsFromBatch).filter(({ __log_timestamp: time }) => {
    const micros = time instanceof Instant ? time.epochMicros : null
    return micros !== null && micros >= (start ?? 0n) && micros <= (end ?? 0n)
  })
  const names = frames[0]?.schema.fields.map((field) => field.name) ?? []
  return {
    columns: names.map((name) => ({ name, type: 'any' })),
    rows: rows.map((row) => names.map((name) => dayOf(name, row[name] ?? null))),
  }
}

/** The date column may be written as a date or as text. */
function dayOf(name: string, value: unknown): unknown {
  return name === '__log_date' && typeof value === 'string' ? (Instant.parse(value) ?? value) : value
}

/** All rows of a source in a window, or the latest of them per key. */
async function pulled({ goldenCase, repo }: RunningCase, request: StepRequest): Promise<GoldenTable> {
  const source = await readView(repo, goldenCase.definitions, request.view ?? '')
  const keys = request.join_keys ?? []
  const [start, end] = [request.start, request.end].map((text) => (text == null ? undefined : Instant.parse(text)))
  const within = source.rows.filter((row) => {
    const time = row[source.timestamp]
    if (!(time instanceof Instant)) return false
    return (start === undefined || time.compare(start) >= 0) && (end === undefined || time.compare(end) <= 0)
  })
  const view = { ...source, keys, rows: within, view: { ...source.view, ttl_seconds: 0 } }
  const latest = new Map(within.map((row) => [canonical(keys.map((key) => row[key])), asOf(view, row, 1n << 80n)]))
  const rows = request.op === 'pull_all' ? within : [...latest.values()]
  const features = (request.features ?? []) as readonly string[]
  const names = [...keys, ...features, source.timestamp, ...(source.created === null ? [] : [source.created])]
  return {
    columns: names.map((name) => ({ name, type: 'any' })),
    rows: rows.map((row) => names.map((name) => row?.[name] ?? null)),
  }
}

function untyped(table: GoldenTable): GoldenTable {
  return { ...table, columns: table.columns.map(({ name }) => ({ name, type: 'any' })) }
}
