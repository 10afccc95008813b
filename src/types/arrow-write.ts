import type * as Apache from 'apache-arrow'
import type { DataType as ArrowType, Data, Table } from 'apache-arrow'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { floorDivide, Instant } from '../base/instant.ts'
import { arrowTypeId, microsPerUnit } from './arrow-read.ts'
import type { DataType } from './data-type.ts'
import type { FeatureRow, FeatureValue } from './feature-value.ts'
import { valueToJsonText } from './json.ts'
import { recordOf } from './value-encoder.ts'
import { boolOf, bytesOf, doubleOf, floatOf, int32Of, int64Of, misfit } from './value-leaf.ts'
import { isZoned } from './zoned-time.ts'

type Arrow = typeof Apache

let arrow: Arrow | undefined

/** The Arrow package, loaded once and late. The synchronous functions of this file need it to have been awaited. */
export async function loadArrow(): Promise<Arrow> {
  arrow ??= await import('apache-arrow')
  return arrow
}

function loaded(): Arrow {
  if (arrow === undefined) throw new FeatureStoreError('FTS9001', { message: 'Arrow is used before it is loaded.' })
  return arrow
}

/** A column of a table to be made. */
export interface ColumnField {
  readonly name: string
  readonly type: DataType
}

/**
 * The Arrow type of a column of values of a type, as Feast maps them: times are microseconds in UTC, JSON is a large
 * string, UUIDs and decimals are text, maps hold text, sets are lists. Await {@link loadArrow} first.
 */
export function arrowTypeOf(type: DataType): ArrowType {
  const { Field, List, Struct } = loaded()
  switch (type.kind) {
    case 'array':
    case 'set':
      return new List(new Field('item', arrowTypeOf(type.of), true))
    case 'struct':
      return new Struct(Object.entries(type.fields).map(([name, field]) => new Field(name, arrowTypeOf(field), true)))
    case 'scalar':
      return type.name === 'map' ? textMapType() : scalarArrowType(type.name)
  }
}

function textMapType(): ArrowType {
  const { Field, Map_, Struct, Utf8 } = loaded()
  const entry: ArrowType = new Struct([
    new Field<ArrowType>('key', new Utf8(), false),
    new Field('value', new Utf8(), true),
  ])
  return new Map_(new Field('entries', entry as never, false))
}

function scalarArrowType(name: string): ArrowType {
  const { Binary, Bool, Float32, Float64, Int32, Int64, LargeUtf8, Null, TimestampMicrosecond, Utf8 } = loaded()
  const made: { readonly [name: string]: () => ArrowType } = {
    bytes: () => new Binary(),
    pdfBytes: () => new Binary(),
    imageBytes: () => new Binary(),
    int32: () => new Int32(),
    int64: () => new Int64(),
    float32: () => new Float32(),
    float64: () => new Float64(),
    bool: () => new Bool(),
    unixTimestamp: () => new TimestampMicrosecond('UTC'),
    zonedTimestamp: () => new TimestampMicrosecond('UTC'),
    json: () => new LargeUtf8(),
    null: () => new Null(),
    invalid: () => new Null(),
  }
  return made[name]?.() ?? new Utf8()
}

/**
 * A table of one batch from rows. Without `fields`, the columns are all that occur, in order of first mention, with the
 * types of their values; mixed columns are refused. A column that a row lacks is null there.
 *
 * @throws FTS5081 when a value does not fit the type of its column.
 */
export async function tableFromRows(rows: readonly FeatureRow[], fields?: readonly ColumnField[]): Promise<Table> {
  const { Field, RecordBatch, Schema, Struct, Table, makeData } = await loadArrow()
  const columns =
    fields === undefined
      ? inferColumns(rows)
      : fields.map(({ name, type }) => ({
          name,
          type: arrowTypeOf(type),
          values: rows.map((row) => row[name] ?? null),
        }))
  const schema = new Schema(columns.map(({ name, type }) => new Field(name, type, true)))
  const children = columns.map(({ name, type, values }) => columnData(values, type, name))
  const data = makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children })
  return new Table(schema, [new RecordBatch(schema, data)])
}

/**
 * A column's values as Arrow data of a type that {@link arrowTypeOf} gives, or of times in another unit, which are
 * rounded down.
 * @throws FTS5081 when a value does not fit, FTS5085 for other types.
 */
export function columnData(values: readonly FeatureValue[], type: ArrowType, name: string): Data {
  try {
    return makers[type.typeId]?.(values, type, name) ?? unsupported(type, name)
  } catch (error) {
    if (!(error instanceof FeatureStoreError) || error.message.startsWith('Column')) throw error
    throw new FeatureStoreError(error.code, { message: `Column "${name}": ${error.message}`, cause: error })
  }
}

function unsupported(type: ArrowType, name: string): never {
  throw new FeatureStoreError('FTS5085', {
    message: `Column "${name}" of Arrow type ${String(type)} cannot be written.`,
  })
}

function inferColumns(rows: readonly FeatureRow[]): { name: string; type: ArrowType; values: FeatureValue[] }[] {
  const names = new Set(rows.flatMap((row) => Object.keys(row)))
  return [...names].map((name) => {
    const values = rows.map((row) => row[name] ?? null)
    return { name, type: arrowTypeOfValues(values, name), values }
  })
}

/** The Arrow type that holds all the values: numbers next to bigint are doubles, objects are structs of all fields. */
export function arrowTypeOfValues(values: readonly FeatureValue[], name: string): ArrowType {
  const { Field, List, Struct } = loaded()
  const kinds = new Set(values.filter((value) => value !== null).map(kindOfValue))
  if (kinds.size === 2 && kinds.has('int64') && kinds.has('float64')) return scalarArrowType('float64')
  const [kind = 'null'] = kinds
  if (kinds.size > 1) {
    throw new FeatureStoreError('FTS5081', {
      message: `Column "${name}" mixes values of type ${[...kinds].sort().join(' and ')}.`,
    })
  }
  if (kind === 'list') {
    const elements = values.flatMap((value) => (Array.isArray(value) ? (value as FeatureValue[]) : []))
    return new List(new Field('item', arrowTypeOfValues(elements, name), true))
  }
  if (kind === 'struct') {
    const parts = inferColumns(values.map((value) => (value ?? {}) as FeatureRow))
    return new Struct(parts.map((part) => new Field(part.name, part.type, true)))
  }
  return scalarArrowType(kind)
}

function kindOfValue(value: FeatureValue): string {
  if (Array.isArray(value)) return 'list'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Instant || isZoned(value)) return 'unixTimestamp'
  if (value instanceof Map) return 'json'
  const kinds: { readonly [name: string]: string } = {
    string: 'string',
    bigint: 'int64',
    number: 'float64',
    boolean: 'bool',
    object: 'struct',
  }
  return kinds[typeof value] ?? misfit(value, 'a feature value')
}

type Maker = (values: readonly FeatureValue[], type: ArrowType, name: string) => Data

const makers: { readonly [typeId: number]: Maker } = {
  [arrowTypeId.null]: (values, type) => make({ type, length: values.length }),
  [arrowTypeId.int]: (values, type, name) => {
    const { bitWidth, isSigned } = type as ArrowType & { readonly bitWidth: number; readonly isSigned: boolean }
    if (!isSigned || bitWidth < 32) return unsupported(type, name)
    const data =
      bitWidth === 64
        ? BigInt64Array.from(values, (value) => (value === null ? 0n : int64Of(value)))
        : Int32Array.from(values, (value) => (value === null ? 0 : int32Of(value)))
    return make({ type, ...nulls(values), data })
  },
  [arrowTypeId.float]: (values, type) => {
    const { precision } = type as ArrowType & { readonly precision: number }
    const data =
      precision === 2
        ? Float64Array.from(values, (value) => (value === null ? 0 : doubleOf(value)))
        : Float32Array.from(values, (value) => (value === null ? 0 : floatOf(value)))
    return make({ type, ...nulls(values), data })
  },
  [arrowTypeId.bool]: (values, type) =>
    make({ type, ...nulls(values), data: bitmap(values, (value) => value !== null && boolOf(value)) }),
  [arrowTypeId.utf8]: (values, type) => variable(values, type, utf8Of, false),
  [arrowTypeId.largeUtf8]: (values, type) => variable(values, type, utf8Of, true),
  [arrowTypeId.binary]: (values, type) => variable(values, type, bytesOf, false),
  [arrowTypeId.timestamp]: (values, type, name) => {
    const micros = microsPerUnit[(type as ArrowType & { readonly unit: number }).unit]
    if (micros === undefined) return unsupported(type, name)
    return make({ type, ...nulls(values), data: BigInt64Array.from(values, wholeUnits(micros)) })
  },
  [arrowTypeId.date]: (values, type, name) => {
    if ((type as ArrowType & { readonly unit: number }).unit !== 0) return unsupported(type, name)
    const days = wholeUnits(86_400_000_000n)
    return make({ type, ...nulls(values), data: Int32Array.from(values, (value) => Number(days(value))) })
  },
  [arrowTypeId.list]: listData,
  [arrowTypeId.struct]: structData,
  [arrowTypeId.map]: mapData,
}

/** Arrow's own `makeData` takes one argument type per Arrow type; the tables here choose between them. */
function make(props: object): Data {
  return loaded().makeData(props as never) as unknown as Data
}

function nulls(values: readonly FeatureValue[]): { length: number; nullCount: number; nullBitmap: Uint8Array | null } {
  const nullCount = values.reduce<number>((count, value) => count + (value === null ? 1 : 0), 0)
  const nullBitmap = nullCount === 0 ? null : bitmap(values, (value) => value !== null)
  return { length: values.length, nullCount, nullBitmap }
}

function bitmap(values: readonly FeatureValue[], test: (value: FeatureValue) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 64) * 8)
  values.forEach((value, index) => {
    if (test(value)) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
  })
  return bits
}

const utf8 = new TextEncoder()

/** Text as it is; anything else in a column of text is written as JSON. */
function utf8Of(value: FeatureValue): Uint8Array {
  return utf8.encode(typeof value === 'string' ? value : valueToJsonText(value))
}

function microsOf(value: FeatureValue): bigint {
  const instant = isZoned(value) ? value.instant : value
  return instant instanceof Instant ? instant.epochMicros : misfit(value, 'a time (Instant)')
}

/** A time in whole units of so many microseconds, rounded down. */
function wholeUnits(unitMicros: bigint): (value: FeatureValue) => bigint {
  if (unitMicros === 1n) return (value) => (value === null ? 0n : microsOf(value))
  return (value) => (value === null ? 0n : floorDivide(microsOf(value), unitMicros))
}

function variable(
  values: readonly FeatureValue[],
  type: ArrowType,
  bytesOfValue: (value: FeatureValue) => Uint8Array,
  large: boolean,
): Data {
  const parts = values.map((value) => (value === null ? undefined : bytesOfValue(value)))
  const offsets = offsetsOf(parts.map((part) => part?.length ?? 0))
  const data = new Uint8Array(offsets[values.length] ?? 0)
  parts.forEach((part, index) => {
    if (part !== undefined) data.set(part, offsets[index])
  })
  const valueOffsets = large ? BigInt64Array.from(offsets, (offset) => BigInt(offset)) : offsets
  return make({ type, ...nulls(values), data, valueOffsets })
}

function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1)
  lengths.forEach((length, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + length
  })
  return offsets
}

function childTypes(type: ArrowType): readonly { readonly name: string; readonly type: ArrowType }[] {
  return (type.children ?? []) as readonly { readonly name: string; readonly type: ArrowType }[]
}

function listData(values: readonly FeatureValue[], type: ArrowType, name: string): Data {
  const lists = values.map((value) =>
    value === null ? [] : Array.isArray(value) ? (value as readonly FeatureValue[]) : misfit(value, 'a list'),
  )
  const [element] = childTypes(type)
  if (element === undefined) return unsupported(type, name)
  const child = columnData(lists.flat(), element.type, name)
  return make({ type, ...nulls(values), valueOffsets: offsetsOf(lists.map((list) => list.length)), child })
}

function structData(values: readonly FeatureValue[], type: ArrowType, name: string): Data {
  const children = childTypes(type).map((field) => {
    const parts = values.map((value) => (value === null ? null : (recordOf(value)[field.name] ?? null)))
    return columnData(parts, field.type, `${name}.${field.name}`)
  })
  return make({ type, ...nulls(values), children })
}

function mapData(values: readonly FeatureValue[], type: ArrowType, name: string): Data {
  const lists = values.map((value) => (value === null ? [] : Object.entries(recordOf(value))))
  const entries = lists.flat().map(([key, value]): FeatureRow => ({ key, value }))
  const [entry] = childTypes(type)
  if (entry === undefined) return unsupported(type, name)
  const [keyType, valueType] = childTypes(entry.type)
  const named = (field: { readonly name: string } | undefined, fallback: string): string => field?.name ?? fallback
  const renamed = entries.map(({ key, value }) => ({
    [named(keyType, 'key')]: key ?? null,
    [named(valueType, 'value')]: value ?? null,
  }))
  const child = columnData(renamed, entry.type, name)
  return make({ type, ...nulls(values), valueOffsets: offsetsOf(lists.map((list) => list.length)), child })
}
