import { Instant } from '../../base/instant.ts'
import { batchSourceOf, type DataSource } from '../../model/data-source.ts'
import { dummyJoinKey } from '../../model/entity.ts'
import type { AnyFeatureView, LabelView, StoredFeatureView } from '../../model/feature-view.ts'
import type { Field } from '../../model/field.ts'
import type { RegistryContents } from '../../model/registry-contents.ts'
import type { OnlineStore, OnlineWrite } from '../../plugin/online-store.ts'
import { listObjects } from '../../registry/lookup.ts'
import { onlineTable } from '../../store/online-tables.ts'
import type { PushTarget } from '../../store/push.ts'
import { readSettings } from '../../store/read-settings.ts'
import type { StoreContext } from '../../store/store-context.ts'
import { entityKeySerializer } from '../../types/entity-key.ts'
import { decodeValue } from '../../types/value-codec.ts'
import { pushTargets } from '../write-request.ts'
import { classError, feastClasses, plainError } from './feast-errors.ts'
import { arrowColumn, type FeastFrame, isAllNull, timesOf } from './feast-frame.ts'
import { keyValue, unset, type Value, valueBytes } from './proto-values.ts'
import type { PythonValue } from './python-json.ts'
import { protoValues } from './python-values.ts'

/** The views that Feast writes to: those with a batch source. */
type WrittenView = StoredFeatureView | LabelView

function sourceOf(view: WrittenView): DataSource | null {
  const source = view.kind === 'labelView' ? view.source : view.batchSource
  return source === null ? null : batchSourceOf(source)
}

function pushSourceOf(view: WrittenView): DataSource | null {
  return view.kind === 'labelView' ? view.source : view.streamSource
}

/** Where pushed rows go. */
export function pushTarget(to: string): PushTarget {
  const target = pushTargets.get(to)
  if (target !== undefined) return target
  throw plainError('FTS7002', `"${to}" is none of: ${[...pushTargets.keys()].join(', ')}.`)
}

/** The views that a push source feeds. */
export function fedViews(contents: RegistryContents, project: string, source: string): readonly WrittenView[] {
  const views: readonly WrittenView[] = [
    ...listObjects(contents, 'featureViews', project),
    ...listObjects(contents, 'streamFeatureViews', project),
    ...listObjects(contents, 'labelViews', project),
  ]
  const fed = views.filter((view) => pushSourceOf(view)?.kind === 'push' && pushSourceOf(view)?.name === source)
  if (fed.length > 0) return fed
  throw classError(feastClasses.pushSourceNotFound, `Unable to find push source '${source}'.`)
}

/** The context of a store whose writes are ordered as Feast's are: the last one written replaces a newer one. */
export function inFeastOrder(context: StoreContext): StoreContext {
  return {
    ...context,
    onlineStore: async (): Promise<OnlineStore> => {
      const store = await context.onlineStore()
      return new Proxy(store, {
        get: (target, name): unknown => {
          if (name === 'write') {
            const write: OnlineStore['write'] = (batch, signal) => target.write({ ...batch, feastOrder: true }, signal)
            return write
          }
          const member: unknown = Reflect.get(target, name, target)
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
    },
  }
}

/** Writes a frame to the online store as Feast does. A frame without rows or without a single feature is left out. */
export async function writeFrame(
  context: StoreContext,
  view: AnyFeatureView,
  frame: FeastFrame,
  signal?: AbortSignal,
): Promise<void> {
  const [first] = frame.values()
  if (first === undefined || first.length === 0) return
  const missing = view.features.filter((field) => !frame.has(field.name))
  if (missing.length > 0) {
    throw plainError('FTS5021', `The frame lacks columns: ${missing.map((field) => field.name).join(', ')}.`)
  }
  if (view.features.length > 0 && isAllNull(view.features.map((field) => frame.get(field.name) ?? []))) return
  const columns = new Map([...frame].map(([name, values]) => [name, arrowColumn(name, values)]))
  if (view.kind === 'onDemandFeatureView') {
    throw plainError('FTS5023', `Rows of "${view.name}" cannot be written.`)
  }
  const store = await context.onlineStore()
  const batch = onlineWrite(context, view, mapped(view, columns), first.length, store.capabilities.createdTimestamps)
  if (batch !== null) await store.write(batch, signal)
}

/** The columns under their logical names. */
function mapped(view: WrittenView, columns: FeastFrame): FeastFrame {
  const fieldMapping = sourceOf(view)?.fieldMapping ?? {}
  const renamed = new Map<string, readonly PythonValue[]>()
  for (const [name, values] of columns) {
    const logical = fieldMapping[name] ?? name
    if (renamed.has(logical)) throw plainError('FTS5021', `The frame has the column "${logical}" under two names.`)
    renamed.set(logical, values)
  }
  return renamed
}

/** Null for a view without entities, which Feast stores under a key that nobody reads. */
function onlineWrite(
  context: StoreContext,
  view: WrittenView,
  frame: FeastFrame,
  rowCount: number,
  keepsCreated: boolean,
): OnlineWrite | null {
  const values = view.features.map((field) => typedColumn(frame, field).map(valueBytes))
  const keys = view.entityColumns.filter((field) => field.name !== dummyJoinKey)
  const keyColumns = keys.map((field) => typedColumn(frame, field))
  const { timestampField = '', createdTimestampColumn = '' } = sourceOf(view) ?? {}
  const events = timesOf(timestampField, columnOf(frame, timestampField))
  const created =
    createdTimestampColumn === '' ? [] : timesOf(createdTimestampColumn, columnOf(frame, createdTimestampColumn))
  if (events.includes(null) || (keepsCreated && created.includes(null))) {
    throw plainError('FTS5021', `A time of a row is missing.`)
  }
  if (keys.length === 0) return null
  const serialize = entityKeySerializer(
    keys.map((field) => field.name),
    context.config.entityKeySerializationVersion,
  )
  return {
    table: onlineTable(view, context.project, readSettings(context.config).versions),
    entityKeys: Array.from({ length: rowCount }, (_, row) => serialize(keyOfRow(keyColumns, row))),
    values,
    eventMicros: events.flatMap((micros) => micros ?? []),
    createdMicros: Array.from({ length: rowCount }, (_, row) => created[row] ?? null),
    feastOrder: true,
  }
}

function keyOfRow(columns: readonly (readonly Value[])[], row: number): ReturnType<typeof keyValue>[] {
  return columns.map((values) => keyValue(values[row] ?? unset))
}

function columnOf(frame: FeastFrame, name: string): readonly PythonValue[] {
  const values = frame.get(name)
  if (values === undefined) throw plainError('FTS5021', `The frame lacks the column "${name}".`)
  return values
}

function typedColumn(frame: FeastFrame, field: Field): readonly Value[] {
  return protoValues(columnOf(frame, field.name), field.type)
}

/** The rows of a frame for the history of a view: values of the types of its columns, other columns as they are. */
export function historyRows(view: WrittenView, frame: FeastFrame): readonly Readonly<Record<string, unknown>>[] {
  const fields = new Map([...view.entityColumns, ...view.features].map((field) => [field.name, field]))
  const times = new Set([sourceOf(view)?.timestampField, sourceOf(view)?.createdTimestampColumn])
  const columns = [...frame].map(([name, values]): [string, readonly unknown[]] => {
    const logical = sourceOf(view)?.fieldMapping[name] ?? name
    const field = fields.get(logical)
    if (times.has(logical)) {
      return [name, timesOf(name, values).map((micros) => (micros === null ? null : Instant.fromEpochMicros(micros)))]
    }
    if (field === undefined) return [name, values]
    const typed = protoValues(arrowColumn(name, values), field.type)
    return [name, typed.map((value) => decodeValue(valueBytes(value), field.type))]
  })
  const rowCount = columns[0]?.[1].length ?? 0
  return Array.from({ length: rowCount }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[row]])),
  )
}
