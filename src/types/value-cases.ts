import type { ScalarTypeName } from './data-type.ts'

/** How the elements of a case lie on the wire. */
export type LeafKind = 'bytes' | 'string' | 'int32' | 'int64' | 'double' | 'float' | 'bool' | 'time'

/** One case of the `val` oneof of `feast.types.Value`: its field number and what it holds. */
export interface ValueCase {
  readonly field: number
  readonly shape: 'one' | 'list' | 'map' | 'mapList' | 'values' | 'scalarMap' | 'zoned' | 'null'
  readonly leaf?: LeafKind
}

/**
 * Every case of `feast.types.Value`, by name. `one` is a bare scalar, `list` a message with one repeated scalar (packed
 * where protobuf packs), the rest are messages of their own.
 */
export const valueCases = {
  bytes_val: { field: 1, shape: 'one', leaf: 'bytes' },
  string_val: { field: 2, shape: 'one', leaf: 'string' },
  int32_val: { field: 3, shape: 'one', leaf: 'int32' },
  int64_val: { field: 4, shape: 'one', leaf: 'int64' },
  double_val: { field: 5, shape: 'one', leaf: 'double' },
  float_val: { field: 6, shape: 'one', leaf: 'float' },
  bool_val: { field: 7, shape: 'one', leaf: 'bool' },
  unix_timestamp_val: { field: 8, shape: 'one', leaf: 'time' },
  bytes_list_val: { field: 11, shape: 'list', leaf: 'bytes' },
  string_list_val: { field: 12, shape: 'list', leaf: 'string' },
  int32_list_val: { field: 13, shape: 'list', leaf: 'int32' },
  int64_list_val: { field: 14, shape: 'list', leaf: 'int64' },
  double_list_val: { field: 15, shape: 'list', leaf: 'double' },
  float_list_val: { field: 16, shape: 'list', leaf: 'float' },
  bool_list_val: { field: 17, shape: 'list', leaf: 'bool' },
  unix_timestamp_list_val: { field: 18, shape: 'list', leaf: 'time' },
  null_val: { field: 19, shape: 'null' },
  map_val: { field: 20, shape: 'map' },
  map_list_val: { field: 21, shape: 'mapList' },
  bytes_set_val: { field: 22, shape: 'list', leaf: 'bytes' },
  string_set_val: { field: 23, shape: 'list', leaf: 'string' },
  int32_set_val: { field: 24, shape: 'list', leaf: 'int32' },
  int64_set_val: { field: 25, shape: 'list', leaf: 'int64' },
  double_set_val: { field: 26, shape: 'list', leaf: 'double' },
  float_set_val: { field: 27, shape: 'list', leaf: 'float' },
  bool_set_val: { field: 28, shape: 'list', leaf: 'bool' },
  unix_timestamp_set_val: { field: 29, shape: 'list', leaf: 'time' },
  json_val: { field: 32, shape: 'one', leaf: 'string' },
  json_list_val: { field: 33, shape: 'list', leaf: 'string' },
  struct_val: { field: 34, shape: 'map' },
  struct_list_val: { field: 35, shape: 'mapList' },
  uuid_val: { field: 36, shape: 'one', leaf: 'string' },
  time_uuid_val: { field: 37, shape: 'one', leaf: 'string' },
  uuid_list_val: { field: 38, shape: 'list', leaf: 'string' },
  time_uuid_list_val: { field: 39, shape: 'list', leaf: 'string' },
  uuid_set_val: { field: 40, shape: 'list', leaf: 'string' },
  time_uuid_set_val: { field: 41, shape: 'list', leaf: 'string' },
  list_val: { field: 42, shape: 'values' },
  set_val: { field: 43, shape: 'values' },
  decimal_val: { field: 44, shape: 'one', leaf: 'string' },
  decimal_list_val: { field: 45, shape: 'list', leaf: 'string' },
  decimal_set_val: { field: 46, shape: 'list', leaf: 'string' },
  scalar_map_val: { field: 47, shape: 'scalarMap' },
  zoned_timestamp_val: { field: 48, shape: 'zoned' },
} as const satisfies Record<string, ValueCase>

export type ValueCaseName = keyof typeof valueCases

/** Name and content of each case by field number. */
export const caseOfField: ReadonlyMap<number, ValueCase & { readonly name: ValueCaseName }> = new Map(
  Object.entries(valueCases).map(([name, entry]) => [entry.field, { name: name as ValueCaseName, ...entry }]),
)

interface TypeCases {
  readonly one: ValueCaseName
  readonly list?: ValueCaseName
  readonly set?: ValueCaseName
}

/** The cases that values, lists and sets of a scalar type are stored in; none for a list or set without its own. */
export const casesOfType: Readonly<Record<ScalarTypeName, TypeCases>> = {
  bytes: { one: 'bytes_val', list: 'bytes_list_val', set: 'bytes_set_val' },
  pdfBytes: { one: 'bytes_val', list: 'bytes_list_val', set: 'bytes_set_val' },
  imageBytes: { one: 'bytes_val', list: 'bytes_list_val', set: 'bytes_set_val' },
  string: { one: 'string_val', list: 'string_list_val', set: 'string_set_val' },
  int32: { one: 'int32_val', list: 'int32_list_val', set: 'int32_set_val' },
  int64: { one: 'int64_val', list: 'int64_list_val', set: 'int64_set_val' },
  float64: { one: 'double_val', list: 'double_list_val', set: 'double_set_val' },
  float32: { one: 'float_val', list: 'float_list_val', set: 'float_set_val' },
  bool: { one: 'bool_val', list: 'bool_list_val', set: 'bool_set_val' },
  unixTimestamp: { one: 'unix_timestamp_val', list: 'unix_timestamp_list_val', set: 'unix_timestamp_set_val' },
  map: { one: 'map_val', list: 'map_list_val' },
  json: { one: 'json_val', list: 'json_list_val' },
  uuid: { one: 'uuid_val', list: 'uuid_list_val', set: 'uuid_set_val' },
  timeUuid: { one: 'time_uuid_val', list: 'time_uuid_list_val', set: 'time_uuid_set_val' },
  decimal: { one: 'decimal_val', list: 'decimal_list_val', set: 'decimal_set_val' },
  scalarMap: { one: 'scalar_map_val' },
  zonedTimestamp: { one: 'zoned_timestamp_val' },
  null: { one: 'null_val' },
  invalid: { one: 'null_val' },
}

/** Cases of `feast.types.MapKey`, the key of a scalar map. */
export const mapKeyCases = {
  int32_key: { field: 1, leaf: 'int32' },
  int64_key: { field: 2, leaf: 'int64' },
  float_key: { field: 3, leaf: 'float' },
  double_key: { field: 4, leaf: 'double' },
  bool_key: { field: 5, leaf: 'bool' },
  unix_timestamp_key: { field: 6, leaf: 'time' },
  bytes_key: { field: 7, leaf: 'bytes' },
  uuid_key: { field: 8, leaf: 'string' },
  time_uuid_key: { field: 9, leaf: 'string' },
  decimal_key: { field: 10, leaf: 'string' },
} as const satisfies Record<string, { readonly field: number; readonly leaf: LeafKind }>

/** What each field of `feast.types.MapKey` holds. */
export const leafOfMapKey: ReadonlyMap<number, LeafKind> = new Map(
  Object.values(mapKeyCases).map(({ field, leaf }) => [field, leaf]),
)

/** What Feast stores for a missing time within a list, and for a missing time read from a data frame. */
export const missingTimeSeconds = -(1n << 63n)
