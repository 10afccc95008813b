import { dummyEntityValue, dummyJoinKey } from '../../model/entity.ts'
import { eventMicrosOf, nothingStored, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineStore } from '../../plugin/online-store.ts'
import type { ResolvedFeatures, ResolvedOnDemandSource, ResolvedView } from '../../registry/resolved-features.ts'

import { computeOnDemand, findOnDemandFunctions } from '../../store/on-demand.ts'
import type { StoreContext } from '../../store/store-context.ts'
import { type DataType, formatDataType, invalid } from '../../types/data-type.ts'
import { entityKeySerializer } from '../../types/entity-key.ts'
import type { FeatureValue } from '../../types/feature-value.ts'
import { decodeValue, encodeValue } from '../../types/value-codec.ts'
import { classError, feastClasses, plainError } from './feast-errors.ts'
import { type FeastReadPlan, type FeastSelection, type FeastTableRead, planFeastRead } from './feast-read-plan.ts'
import { keyValue, unset, type Value, valueBytes, valueFromBytes } from './proto-values.ts'
import type { PythonValue } from './python-json.ts'
import { protoValues } from './python-values.ts'

/** A read in Feast's terms, whatever it came by. */
export interface FeastRead {
  readonly selection: FeastSelection
  /** Entity columns: values to be converted, as HTTP has them, or protobuf values to be taken as they are. */
  readonly entities:
    | { readonly python: ReadonlyMap<string, readonly PythonValue[]> }
    | { readonly proto: ReadonlyMap<string, readonly Value[]> }
  readonly fullFeatureNames: boolean
}

export interface FeastColumn {
  readonly name: string
  readonly values: readonly Value[]
  /** Whether each value was found. */
  readonly found: readonly boolean[]
  /** Microseconds of the epoch; 0 where there is no event. */
  readonly eventMicros: readonly bigint[]
}

export interface FeastAnswer {
  readonly columns: readonly FeastColumn[]
  /** The views that were read, by alias or name, with their version; 0 where there is none. */
  readonly views: readonly { readonly name: string; readonly version: number }[]
}

type Columns = ReadonlyMap<string, readonly Value[]>

/** Reads as Feast's servers do, its faults included. @throws what Feast refuses; see `feast-errors.ts`. */
export async function readAsFeast(context: StoreContext, read: FeastRead, signal?: AbortSignal): Promise<FeastAnswer> {
  const contents = await context.contents()
  const plan = planFeastRead(contents, context.project, context.config, read.selection, read.fullFeatureNames)
  const given = protoColumns(read, plan)
  const rowCount = commonLength(given)
  const { keys, requests } = sortOut(given, plan)
  // Feast converts request values that come by gRPC once more, which its converter refuses.
  if ('proto' in read.entities && requests.size > 0) {
    throw plainError('FTS5003', 'Request values of on-demand views cannot be sent by gRPC.')
  }
  if (plan.hasEntityless) keys.set(dummyJoinKey, protoValues(new Array(rowCount).fill(dummyEntityValue), null))
  const store = await context.onlineStore()
  const stored = await readTables(store, plan, keys, rowCount, context.config.entityKeySerializationVersion, signal)
  const entities = [...keys, ...requests].filter(([name]) => name !== dummyJoinKey)
  const columns = [
    ...entities
      .filter(([name]) => keys.has(name) || plan.answered.has(name))
      .map(([name, values]) => timeless(name, values)),
    ...stored.flatMap(({ read: { used, features }, columns: own }) =>
      features.flatMap((feature): FeastColumn[] => {
        const name = read.fullFeatureNames ? `${used.name}__${feature}` : feature
        const column = own.get(feature)
        return column === undefined || !plan.answered.has(name) ? [] : [{ ...column, name }]
      }),
    ),
    ...(await computedColumns(context, plan, requests, stored, rowCount)),
  ]
  return { columns, views: servedViews(plan) }
}

/** A column without events: of entities and of on-demand views. */
function timeless(name: string, values: readonly Value[]): FeastColumn {
  return { name, values, found: values.map(() => true), eventMicros: values.map(() => 0n) }
}

function servedViews(plan: FeastReadPlan): FeastAnswer['views'] {
  const versions = new Map(
    plan.reads.toReversed().map(({ used }) => [used.plainName, used.view.currentVersion ?? 0] as const),
  )
  return [...new Set(plan.reads.map(({ used }) => used.plainName))].map((name) => {
    return { name, version: versions.get(name) ?? 0 }
  })
}

function protoColumns({ entities }: FeastRead, plan: FeastReadPlan): Columns {
  if ('proto' in entities) {
    for (const [name, values] of entities.proto) refuseUntyped(name, values, plan.typeOfKey.get(name))
    return entities.proto
  }
  return new Map(
    [...entities.python].map(([name, values]) => [name, protoValues(values, plan.typeOfKey.get(name) ?? null)]),
  )
}

/** Types whose values Feast takes as they came by gRPC; it cannot convert protobuf values to any other. */
const sentTypes: ReadonlySet<string> = new Set(['Int32', 'Int64', 'Float32', 'String'])

/** By gRPC a column must be a join key of a view that is read: not a request value, nor the name of an entity. */
function refuseUntyped(name: string, values: readonly Value[], type: DataType | undefined): void {
  if (values.length === 0 || (type !== undefined && sentTypes.has(formatDataType(type)))) return
  throw plainError('FTS5003', `The values of "${name}" are of a kind that cannot be taken.`)
}

function commonLength(columns: Columns): number {
  const lengths = new Set([...columns.values()].map((values) => values.length))
  if (lengths.size > 1) throw plainError('FTS5002', 'The entity columns differ in length.')
  const [length] = lengths
  if (length === undefined) throw plainError('FTS5002', 'There is no entity column to tell the number of rows.')
  return length
}

/** Which columns are join keys and which are request values; all others are left out. */
function sortOut(
  given: Columns,
  plan: FeastReadPlan,
): { readonly keys: Map<string, readonly Value[]>; readonly requests: ReadonlyMap<string, readonly Value[]> } {
  const keys = new Map<string, readonly Value[]>()
  const requests = new Map<string, readonly Value[]>()
  for (const [name, values] of given) {
    const joinKey = plan.joinKeys.has(name) ? name : plan.joinKeyOf.get(name)
    if (plan.requestFields.has(name)) requests.set(name, values)
    else if (joinKey !== undefined) keys.set(joinKey, values)
  }
  const missing = [...plan.requestFields].filter((name) => !requests.has(name))
  if (missing.length > 0) {
    const names = missing.map((name) => `'${name}'`).join(', ')
    throw classError(
      feastClasses.requestDataNotFound,
      `Required request data source features [${names}] not found in the entity rows, but required by feature views`,
    )
  }
  return { keys, requests }
}

/** The answer of one table, a column for each feature that was read. */
interface TableAnswer {
  readonly read: FeastTableRead
  readonly columns: ReadonlyMap<string, Omit<FeastColumn, 'name'>>
}

async function readTables(
  store: OnlineStore,
  plan: FeastReadPlan,
  keys: Columns,
  rowCount: number,
  version: 2 | 3,
  signal: AbortSignal | undefined,
): Promise<readonly TableAnswer[]> {
  const distinct = plan.reads.map((read) => distinctKeys(keysOfTable(read, keys, plan), rowCount, version))
  const reads = plan.reads.map(({ table, features }, index) => {
    return { table, features, entityKeys: distinct[index]?.keys ?? [] }
  })
  const answers = reads.length === 0 ? [] : await store.read(reads, signal)
  const missingIsFound = store.capabilities.missingInFeast === 'PRESENT'
  return plan.reads.map((read, index) => {
    const cells = answers[index]
    const slots = distinct[index]?.slots ?? []
    const columns = read.features.map((feature, at) => {
      return [feature, cells === undefined ? emptyColumn : columnOf(cells, at, slots, missingIsFound)] as const
    })
    return { read, columns: new Map(columns) }
  })
}

const emptyColumn = { values: [], found: [], eventMicros: [] }

function columnOf(
  cells: OnlineCells,
  feature: number,
  slots: readonly number[],
  missingIsFound: boolean,
): Omit<FeastColumn, 'name'> {
  const bySlot = Array.from({ length: cells.rowCount }, (_, slot) => {
    const cell = slot * cells.featureCount + feature
    const start = cells.starts[cell] ?? nothingStored
    const isStored = start !== nothingStored
    return {
      value: isStored ? valueFromBytes(cells.bytes.subarray(start, cells.ends[cell])) : unset,
      found: isStored || missingIsFound,
      eventMicros: eventMicrosOf(cells, slot) ?? 0n,
    }
  })
  const rows = slots.flatMap((slot) => bySlot[slot] ?? [])
  return {
    values: rows.map((row) => row.value),
    found: rows.map((row) => row.found),
    eventMicros: rows.map((row) => row.eventMicros),
  }
}

/** The columns of a table's key that the request has, under the names that the table knows. */
function keysOfTable({ used, joinKeys }: FeastTableRead, keys: Columns, plan: FeastReadPlan): Columns {
  const nameOfColumn = new Map(Object.entries(used.joinKeyMap).map(([key, column]) => [column, key]))
  const own = new Map<string, readonly Value[]>()
  for (const [name, values] of keys) {
    const key = nameOfColumn.get(name) ?? name
    if (joinKeys.includes(key)) own.set(key, values)
  }
  const expected = [...plan.joinKeys].filter((key) => key !== dummyJoinKey)
  const lacking = expected.some((key) => (own.get(key)?.length ?? 0) === 0)
  if (lacking && ![...own.values()].some((values) => values.length > 0)) {
    throw plainError('FTS5001', `The request has no join key of the feature view "${used.view.name}".`)
  }
  return own
}

interface DistinctKeys {
  readonly keys: readonly Uint8Array[]
  readonly slots: readonly number[]
}

function distinctKeys(columns: Columns, rowCount: number, version: 2 | 3): DistinctKeys {
  if (columns.size === 0) return { keys: [], slots: [] }
  for (const values of columns.values()) refuseUnsortable(values)
  const serialize = entityKeySerializer([...columns.keys()], version)
  const numbers = new Map<string, number>()
  const keys: Uint8Array[] = []
  const slots = Array.from({ length: rowCount }, (_, row) => {
    const key = serialize([...columns.values()].map((values) => keyValue(values[row] ?? unset)))
    const text = Buffer.from(key).toString('latin1')
    const slot = numbers.get(text) ?? keys.push(key) - 1
    numbers.set(text, slot)
    return slot
  })
  return { keys, slots }
}

/** Feast sorts the rows by their keys, which Python refuses for nulls and for a mixture of texts and numbers. */
function refuseUnsortable(values: readonly Value[]): void {
  if (values.some(({ val }) => val.case === undefined)) throw plainError('FTS5001', 'An entity value is null.')
  const kinds = new Set(values.map(({ val }) => (val.value instanceof Uint8Array ? 'bytes' : typeof val.value)))
  if (kinds.has('bigint')) kinds.delete('number')
  if (kinds.size > 1) throw plainError('FTS5003', 'The values of an entity column cannot be compared with each other.')
}

/** The outputs of on-demand views. @throws FTS2301, FTS2302 when a function is not there to be run. */
async function computedColumns(
  context: StoreContext,
  { onDemand, fullFeatureNames }: FeastReadPlan,
  requests: Columns,
  stored: readonly TableAnswer[],
  rowCount: number,
): Promise<readonly FeastColumn[]> {
  if (onDemand === null) return []
  const functions = await findOnDemandFunctions(context, onDemand)
  const outputs = computeOnDemand(withRequestAsGiven(onDemand), functions, {
    rowCount,
    feature: (view, field) => decoded(columnOfView(stored, view)?.get(field.name)?.values ?? [], field.type),
    request: (field) => decoded(requests.get(field.name) ?? []),
  })
  return outputs.flatMap(({ name, field, view, values }) => {
    // Feast looks for the full names among what such a function returns, and finds none.
    if (fullFeatureNames && view.view.transformation.mode === 'python') return []
    const encoded = values.map((value) => valueFromBytes(encodeValue(isNotANumber(value) ? null : value, field.type)))
    // Feast calls a function over single rows with the first one, and answers with what that gives.
    return timeless(name, view.view.singleton ? encoded.slice(0, 1) : encoded)
  })
}

/** The views with request values of any type: Feast hands them to the function as they came. */
function withRequestAsGiven(resolved: ResolvedFeatures): ResolvedFeatures {
  const onDemandViews = resolved.onDemandViews.map((view) => {
    const sources = Object.entries(view.sources).map(([name, source]): [string, ResolvedOnDemandSource] => {
      if (source.kind !== 'request') return [name, source]
      return [name, { kind: 'request', fields: source.fields.map((field) => ({ ...field, type: invalid })) }]
    })
    return { ...view, sources: Object.fromEntries(sources) }
  })
  return { ...resolved, onDemandViews }
}

const isNotANumber = (value: unknown): boolean => Number.isNaN(value)

function columnOfView(stored: readonly TableAnswer[], view: ResolvedView): TableAnswer['columns'] | undefined {
  return stored.find(({ read }) => read.used.name === view.name && read.used.view.name === view.view.name)?.columns
}

function decoded(values: readonly Value[], type?: DataType): FeatureValue[] {
  return values.map((value) => decodeValue(valueBytes(value), type))
}
