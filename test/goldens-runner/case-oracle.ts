import { join } from 'node:path'
import { Instant } from '../../src/base/instant.ts'
import type { FeatureValue } from '../../src/types/feature-value.ts'
import { encodeValue, valueKind } from '../../src/types/value-codec.ts'
import type { CaseDefinitions, CaseView, OnlineRow } from './case-file.ts'
import type { GoldenTable } from './golden-table.ts'
import { canonical } from './outcome.ts'
import { parseType } from './parse-type.ts'
import { readParquet } from './read-parquet.ts'

type Row = Readonly<Record<string, unknown>>

/** A stored view with its history, columns under their logical names. */
export interface SourceView {
  readonly view: CaseView
  readonly keys: readonly string[]
  readonly features: readonly string[]
  readonly timestamp: string
  readonly created: string | null
  readonly rows: readonly Row[]
}

/** Reads the history of a view: of its source, or of the batch source behind a push source. */
export async function readView(folder: string, definitions: CaseDefinitions, name: string): Promise<SourceView> {
  const view = definitions.views.find((each) => each.name === name)
  let source = definitions.sources.find((each) => each.name === view?.source)
  if (source?.batch_source !== undefined) {
    const behind = source.batch_source
    source = definitions.sources.find((each) => each.name === behind)
  }
  if (view === undefined || source?.path === undefined) throw new Error(`no source of rows for ${name}`)
  const keys = definitions.entities
    .filter(({ name: each }) => view.entities?.includes(each))
    .flatMap((each) => each.join_keys)
  const mapping = source.field_mapping ?? {}
  const table = await readParquet(join(folder, source.path))
  return {
    view,
    keys,
    features: (view.schema ?? []).map((field) => field.name).filter((field) => !keys.includes(field)),
    timestamp: source.timestamp_field ?? 'event_timestamp',
    created: source.created_timestamp_column || null,
    rows: recordsOf(table).map((row) =>
      Object.fromEntries(Object.entries(row).map(([column, value]) => [mapping[column] ?? column, value])),
    ),
  }
}

export function recordsOf({ columns, rows }: GoldenTable): Row[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])))
}

const micros = (value: unknown): bigint | null => (value instanceof Instant ? value.epochMicros : null)

/** Whether `b` beats `a`: later event, then later created (null is earliest), then later in the file. */
function beats(view: SourceView, a: Row, b: Row): boolean {
  const [eventA, eventB] = [micros(a[view.timestamp]) ?? 0n, micros(b[view.timestamp]) ?? 0n]
  if (eventA !== eventB) return eventB > eventA
  if (view.created === null) return true
  const lowest = -(1n << 70n)
  return (micros(b[view.created]) ?? lowest) >= (micros(a[view.created]) ?? lowest)
}

const keyText = (row: Row, keys: readonly string[]): string => canonical(keys.map((key) => row[key]))

/**
 * The row of a view as of a time, by nested loops over its history: equal keys, event time in [time − ttl, time], the
 * best by the order above; null keys and null times match nothing. With `createdBy`, rows that were created later, or at
 * an unknown time, are not seen.
 */
export function asOf(view: SourceView, keys: Row, time: bigint, createdBy: bigint | null = null): Row | null {
  const ttl = BigInt(Math.round((view.view.ttl_seconds ?? 0) * 1e6))
  let best: Row | null = null
  for (const row of view.rows) {
    const event = micros(row[view.timestamp])
    const known = view.keys.every((key) => row[key] !== null && row[key] !== undefined)
    if (event === null || !known || event > time || (ttl > 0n && event < time - ttl)) continue
    if (keyText(row, view.keys) !== keyText(keys, view.keys)) continue
    const created = view.created === null ? null : micros(row[view.created])
    if (createdBy !== null && view.created !== null && (created === null || created > createdBy)) continue
    if (best === null || beats(view, best, row)) best = row
  }
  return best
}

/** All rows that tie with the one of {@link asOf}: of equal keys, event time and created time. */
export function tiedAsOf(view: SourceView, keys: Row, time: bigint, createdBy: bigint | null = null): Row[] {
  const best = asOf(view, keys, time, createdBy)
  if (best === null) return []
  const columns = [...view.keys, view.timestamp, ...(view.created === null ? [] : [view.created])]
  return view.rows.filter((row) => keyText(row, columns) === keyText(best, columns))
}

/** The online store by rule: per key the best of all rows ever written, whatever the order of writing. */
export class OnlineOracle {
  readonly #rows = new Map<string, Map<string, { readonly view: SourceView; readonly row: Row }>>()

  /** Writes the rows of a window, or all rows that were pushed. Rows with a null key are left out. */
  write(view: SourceView, rows: readonly Row[], window?: { readonly start: bigint; readonly end: bigint }): void {
    const table = this.#rows.get(view.view.name) ?? new Map()
    this.#rows.set(view.view.name, table)
    for (const row of rows) {
      const event = micros(row[view.timestamp])
      const outside = window !== undefined && event !== null && (event < window.start || event > window.end)
      if (event === null || outside || view.keys.some((key) => row[key] === null || row[key] === undefined)) continue
      const key = keyText(row, view.keys)
      const before = table.get(key)
      if (before === undefined || beats(view, before.row, row)) table.set(key, { view, row })
    }
  }

  dump(definitions: CaseDefinitions): OnlineRow[] {
    return [...this.#rows.values()].flatMap((table) =>
      [...table.values()].flatMap(({ view, row }) => onlineRows(definitions, view, row)),
    )
  }
}

function onlineRows(
  definitions: CaseDefinitions,
  { view, keys, features, timestamp, created }: SourceView,
  row: Row,
): OnlineRow[] {
  const typeOf = (name: string): string =>
    view.schema?.find((field) => field.name === name)?.dtype ??
    definitions.entities.find((each) => each.join_keys.includes(name))?.value_type ??
    'String'
  const cell = (name: string): { readonly value: FeatureValue; readonly type: string | null } => {
    const type = parseType(typeOf(name))
    const value = (row[name] ?? null) as FeatureValue
    return { value, type: valueKind(encodeValue(value, type)) }
  }
  const entityKey = keys.length === 0 ? { __dummy_id: { type: 'string_val', value: '' } } : {}
  return features.map((feature) => {
    const { value, type } = cell(feature)
    const parts = keys.map((key) => [key, { type: cell(key).type ?? '', value: cell(key).value }] as const)
    return {
      view: view.name,
      entity_key: { ...entityKey, ...Object.fromEntries(parts) },
      feature,
      value_type: type,
      value,
      event_ts: wholeSeconds(row[timestamp]),
      created_ts: created === null ? null : wholeSeconds(row[created]),
    }
  })
}

function wholeSeconds(value: unknown): string | null {
  const time = micros(value)
  return time === null ? null : Instant.fromEpochSeconds(time / 1_000_000n).toString()
}
