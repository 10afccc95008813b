import type { Instant } from '../base/instant.ts'
import type { FeatureValue, ZonedTimestamp } from './feature-value.ts'

/** Names of the types that hold one value. They are Feast's names in lower camel case. */
export type ScalarTypeName = keyof typeof scalarTypes

/**
 * The scalar types: Feast's Python name, and the `feast.types.ValueType.Enum` code and name of the type itself, its
 * list and its set; null where Feast has none. Source: the enum in `proto/feast/types/Value.proto`.
 */
export const scalarTypes = {
  bytes: { feast: 'Bytes', code: 1, enum: 'BYTES', list: 11, set: 22 },
  string: { feast: 'String', code: 2, enum: 'STRING', list: 12, set: 23 },
  int32: { feast: 'Int32', code: 3, enum: 'INT32', list: 13, set: 24 },
  int64: { feast: 'Int64', code: 4, enum: 'INT64', list: 14, set: 25 },
  float64: { feast: 'Float64', code: 5, enum: 'DOUBLE', list: 15, set: 26 },
  float32: { feast: 'Float32', code: 6, enum: 'FLOAT', list: 16, set: 27 },
  bool: { feast: 'Bool', code: 7, enum: 'BOOL', list: 17, set: 28 },
  unixTimestamp: { feast: 'UnixTimestamp', code: 8, enum: 'UNIX_TIMESTAMP', list: 18, set: 29 },
  map: { feast: 'Map', code: 20, enum: 'MAP', list: 21, set: null },
  pdfBytes: { feast: 'PdfBytes', code: 30, enum: 'PDF_BYTES', list: null, set: null },
  imageBytes: { feast: 'ImageBytes', code: 31, enum: 'IMAGE_BYTES', list: null, set: null },
  json: { feast: 'Json', code: 32, enum: 'JSON', list: 33, set: null },
  uuid: { feast: 'Uuid', code: 36, enum: 'UUID', list: 38, set: 40 },
  timeUuid: { feast: 'TimeUuid', code: 37, enum: 'TIME_UUID', list: 39, set: 41 },
  decimal: { feast: 'Decimal', code: 44, enum: 'DECIMAL', list: 45, set: 46 },
  scalarMap: { feast: 'ScalarMap', code: 47, enum: 'SCALAR_MAP', list: null, set: null },
  zonedTimestamp: { feast: 'ZonedTimestamp', code: 48, enum: 'ZONED_TIMESTAMP', list: null, set: null },
  /** A declared type that is not known yet, to be inferred at apply; Feast's `Invalid`. */
  invalid: { feast: 'Invalid', code: 0, enum: 'INVALID', list: null, set: null },
  null: { feast: 'Null', code: 19, enum: 'NULL', list: null, set: null },
} as const

declare const jsType: unique symbol

/** A type of a field. `T` is the JavaScript type of its non-null values and exists only for the compiler. */
export type DataType<T extends FeatureValue = FeatureValue> = DataTypeShape & { readonly [jsType]?: T }

export type DataTypeShape =
  | { readonly kind: 'scalar'; readonly name: ScalarTypeName }
  | { readonly kind: 'array'; readonly of: DataType }
  | { readonly kind: 'set'; readonly of: DataType }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, DataType>> }

/** The JavaScript type of a non-null value of a data type. */
export type ValueOf<D> = D extends { readonly [jsType]?: infer T } ? Exclude<T, undefined> : FeatureValue

const scalar = <T extends FeatureValue>(name: ScalarTypeName): DataType<T> => ({ kind: 'scalar', name })

export const bytes: DataType<Uint8Array> = scalar('bytes')
export const string: DataType<string> = scalar('string')
export const int32: DataType<number> = scalar('int32')
export const int64: DataType<bigint> = scalar('int64')
export const float32: DataType<number> = scalar('float32')
export const float64: DataType<number> = scalar('float64')
export const bool: DataType<boolean> = scalar('bool')
export const unixTimestamp: DataType<Instant> = scalar('unixTimestamp')
export const map: DataType<{ readonly [name: string]: FeatureValue }> = scalar('map')
export const pdfBytes: DataType<Uint8Array> = scalar('pdfBytes')
export const imageBytes: DataType<Uint8Array> = scalar('imageBytes')
export const json: DataType<string> = scalar('json')
export const uuid: DataType<string> = scalar('uuid')
export const timeUuid: DataType<string> = scalar('timeUuid')
export const decimal: DataType<string> = scalar('decimal')
export const scalarMap: DataType<ReadonlyMap<FeatureValue, FeatureValue>> = scalar('scalarMap')
export const zonedTimestamp: DataType<ZonedTimestamp> = scalar('zonedTimestamp')
export const invalid: DataType = scalar('invalid')

/** A list of values of one type. */
export function array<T extends FeatureValue>(of: DataType<T>): DataType<readonly (T | null)[]> {
  return { kind: 'array', of }
}

/** A set of values of one type; an array without repeats in JavaScript. */
export function set<T extends FeatureValue>(of: DataType<T>): DataType<readonly T[]> {
  return { kind: 'set', of }
}

/** A record of named values. */
export function struct<const F extends Readonly<Record<string, DataType>>>(
  fields: F,
): DataType<{ readonly [K in keyof F & string]: ValueOf<F[K]> | null }> {
  return { kind: 'struct', fields } as DataType<{ readonly [K in keyof F & string]: ValueOf<F[K]> | null }>
}

/** True when the two types are the same in every part. */
export function sameDataType(a: DataType, b: DataType): boolean {
  return formatDataType(a) === formatDataType(b)
}

/** The type in Feast's Python notation: `Int64`, `Array(Float32)`, `Struct({a: Int64})`. */
export function formatDataType(type: DataType): string {
  switch (type.kind) {
    case 'scalar':
      return scalarTypes[type.name].feast
    case 'array':
      return `Array(${formatDataType(type.of)})`
    case 'set':
      return `Set(${formatDataType(type.of)})`
    case 'struct':
      return `Struct({${Object.entries(type.fields)
        .map(([name, field]) => `${name}: ${formatDataType(field)}`)
        .join(', ')}})`
  }
}
