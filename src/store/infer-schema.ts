import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestion } from '../base/suggest.ts'
import { batchSourceOf, type DataSource } from '../model/data-source.ts'
import { dummyEntityName, type Entity } from '../model/entity.ts'
import type { FeatureView, LabelView, StreamFeatureView } from '../model/feature-view.ts'
import { type Field, plainField } from '../model/field.ts'
import type { SourceColumn } from '../plugin/offline-store.ts'
import type { DataType } from '../types/data-type.ts'
import type { PlaceOf } from './places.ts'

/** What inference may ask for. */
export interface InferenceContext {
  /** The columns of a source, in its order. Called only when something is missing from a definition. */
  readonly columns: (source: DataSource) => Promise<readonly SourceColumn[]>
  /** Entities by name: those that are defined, and those of the registry that stay. */
  readonly entities: ReadonlyMap<string, Entity>
  /** Where an object was written, for messages. */
  readonly place: PlaceOf
}

/** The kinds whose timestamp column Feast looks for in the source. */
const inferableKinds: ReadonlySet<DataSource['kind']> = new Set(['file', 'spark', 'bigquery', 'redshift', 'snowflake'])

/**
 * A source with its event time column: the one it names, else the only column that holds times. A push or stream source
 * has its batch source completed.
 * @throws FTS3306 when there is no such column or more than one.
 */
export async function inferTimestampField(source: DataSource, context: InferenceContext): Promise<DataSource> {
  if (source.kind === 'push' || source.kind === 'kafka' || source.kind === 'kinesis') {
    if (source.batchSource === null) return source
    const batchSource = await inferTimestampField(source.batchSource, context)
    return batchSource === source.batchSource ? source : { ...source, batchSource }
  }
  if (source.timestampField !== '' || source.kind === 'request') return source
  if (!inferableKinds.has(source.kind)) {
    throw noTimestamp(source, `a source of kind "${source.kind}" must name its timestampField`, context)
  }
  const candidates = (await context.columns(source)).filter((column) => column.isTimestamp)
  const [only] = candidates
  if (only === undefined) throw noTimestamp(source, 'none of its columns holds times', context)
  if (candidates.length > 1) {
    const names = candidates.map((column) => column.name).join(', ')
    throw noTimestamp(source, `several of its columns hold times: ${names}`, context)
  }
  return { ...source, timestampField: only.name }
}

function noTimestamp(source: DataSource, reason: string, context: InferenceContext): FeatureStoreError {
  return new FeatureStoreError('FTS3306', {
    message: `The event time column of data source "${source.name}" cannot be inferred: ${reason}.`,
    where: context.place(source),
    hint: 'set timestampField',
  })
}

type SourcedView = FeatureView | StreamFeatureView | LabelView

/**
 * A view with its features and the types of its join keys: what it declares, then what its entities declare, then what
 * its source has.
 * @throws FTS3301 for an unknown entity, FTS3307 and FTS3308 when the source does not tell, FTS3309 for a stream view
 * without a schema, FTS4005 for a column that would be a feature or a key and has a type that Feast has none for.
 */
export async function inferView<T extends SourcedView>(view: T, context: InferenceContext): Promise<T> {
  const entities = view.entities.map((name) => knownEntity(view, name, context))
  const joinKeys = new Set(entities.map((entity) => entity.joinKey))
  const features = view.features.filter((field) => !joinKeys.has(field.name))
  const declared = [...view.entityColumns, ...view.features.filter((field) => joinKeys.has(field.name))]
  const columns = declared.filter(
    (field, index) => isKnown(field.type) && declared.findIndex((each) => each.name === field.name) === index,
  )
  for (const entity of entities) {
    const known = columns.some((field) => field.name === entity.joinKey)
    if (!known && isKnown(entity.type)) columns.push(plainField(entity.joinKey, entity.type))
  }
  if (view.kind === 'streamFeatureView' && features.length === 0) throw streamWithoutSchema(view, context)
  const missing = [...joinKeys].filter((key) => !columns.some((field) => field.name === key))
  if (features.length > 0 && missing.length === 0) return { ...view, features, entityColumns: columns }
  return inferFromSource({ ...view, features, entityColumns: columns }, joinKeys, context)
}

/** False for a type that is left to inference. */
function isKnown(type: DataType): boolean {
  return type.kind !== 'scalar' || type.name !== 'invalid'
}

function knownEntity(view: SourcedView, name: string, context: InferenceContext): Entity {
  const entity = context.entities.get(name)
  if (entity !== undefined) return entity
  const names = [...context.entities.keys()].filter((each) => each !== dummyEntityName)
  throw new FeatureStoreError('FTS3301', {
    message: `View "${view.name}" refers to entity "${name}", which is not defined.${suggestion(name, names)}`,
    where: context.place(view),
    notes: [names.length === 0 ? 'there are no entities' : `entities: ${names.join(', ')}`],
  })
}

function streamWithoutSchema(view: SourcedView, context: InferenceContext): FeatureStoreError {
  return new FeatureStoreError('FTS3309', {
    message: `Stream feature view "${view.name}" has no schema.`,
    where: context.place(view),
    hint: 'declare its features',
  })
}

async function inferFromSource<T extends SourcedView>(
  view: T,
  joinKeys: ReadonlySet<string>,
  context: InferenceContext,
): Promise<T> {
  const declared = view.kind === 'labelView' ? view.source : view.batchSource
  const source = declared === null ? null : batchSourceOf(declared)
  const found = source === null ? [] : await context.columns(source)
  const mapping = source?.fieldMapping ?? {}
  const times = new Set([source?.timestampField, source?.createdTimestampColumn])
  const features: Field[] = [...view.features]
  const columns: Field[] = [...view.entityColumns]
  for (const column of found) {
    const name = mapping[column.name] ?? column.name
    if (times.has(name) || times.has(column.name)) continue
    const list = joinKeys.has(name) ? columns : features
    // Feast means to leave out names that end so as well, but looks only at the beginning.
    const internal = list === features && column.name.startsWith('__')
    if (internal || (list === features && view.features.length > 0)) continue
    if (list.some((field) => field.name === name)) continue
    if (!isStorable(column.type)) throw unsupportedColumn(view, source, column, context)
    list.push(plainField(name, column.type))
  }
  if (features.length === 0) throw noFeatures(view, source, context)
  const missing = [...joinKeys].filter((key) => !columns.some((field) => field.name === key))
  if (missing.length > 0) throw noKeyColumn(view, source, missing, found, context)
  return { ...view, features, entityColumns: columns }
}

/** False where Feast has no type: also for columns that hold nulls only, which it can write but not read again. */
function isStorable(type: DataType): boolean {
  if (type.kind === 'scalar') return type.name !== 'invalid' && type.name !== 'null'
  return type.kind === 'struct' ? Object.values(type.fields).every(isStorable) : isStorable(type.of)
}

function unsupportedColumn(
  view: SourcedView,
  source: DataSource | null,
  { name, storedAs }: SourceColumn,
  context: InferenceContext,
): FeatureStoreError {
  const type = storedAs === undefined ? 'of a type that Feast does not have' : `${storedAs}, and Feast has no such type`
  return new FeatureStoreError('FTS4005', {
    message: `The column "${name}" of the data source "${source?.name}" is ${type}.`,
    where: context.place(view),
    hint: 'declare a schema without it',
  })
}

function noFeatures(view: SourcedView, source: DataSource | null, context: InferenceContext): FeatureStoreError {
  const reason =
    source === null ? 'it has no source' : `source "${source.name}" has no columns beside join keys and times`
  return new FeatureStoreError('FTS3307', {
    message: `The features of view "${view.name}" cannot be inferred: ${reason}.`,
    where: context.place(view),
    hint: 'declare a schema',
  })
}

function noKeyColumn(
  view: SourcedView,
  source: DataSource | null,
  missing: readonly string[],
  found: readonly SourceColumn[],
  context: InferenceContext,
): FeatureStoreError {
  const [key = ''] = missing
  const names = found.map((column) => column.name)
  const place = source === null ? 'the view has no source' : `source "${source.name}" has no such column`
  return new FeatureStoreError('FTS3308', {
    message: `The type of join key "${key}" of view "${view.name}" cannot be inferred: ${place}.${suggestion(key, names)}`,
    where: context.place(view),
    notes: names.length === 0 ? [] : [`the source has: ${names.join(', ')}`],
  })
}
