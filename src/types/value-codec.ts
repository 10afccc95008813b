import { Instant } from '../base/instant.ts'
import type { DataType } from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'
import { decodeNatural, setOwn } from './value-decoder.ts'
import { valueEncoder } from './value-encoder.ts'

/**
 * The bytes of `feast.types.Value` that hold a value of a type, as protobuf would write them; null has no bytes. The
 * result must not be changed. For many values take {@link valueEncoder} once.
 *
 * @throws FTS5081 when the value is not of the type or out of its range.
 */
export function encodeValue(value: FeatureValue, type: DataType): Uint8Array {
  return valueEncoder(type)(value)
}

/**
 * The value in the bytes of `feast.types.Value`; no bytes are null, and so is Feast's stand-in for a missing time. The
 * stored case decides the JavaScript type. When `type` is given, numbers of another width come as the type wants them
 * (a struct's Int32 is stored as int64), and a struct has all its fields.
 *
 * @throws FTS5084 when the bytes are not a `Value`.
 */
export function decodeValue(bytes: Uint8Array, type?: DataType): FeatureValue {
  const value = decodeNatural(bytes)
  return type === undefined || value === null ? value : conform(value, type)
}

function conform(value: FeatureValue, type: DataType): FeatureValue {
  switch (type.kind) {
    case 'scalar':
      return (conformScalar[type.name] ?? same)(value)
    case 'array':
    case 'set':
      return Array.isArray(value) && mayDiffer(type.of) ? value.map((element) => conform(element, type.of)) : value
    case 'struct':
      return conformStruct(value, type.fields)
  }
}

const same = (value: FeatureValue): FeatureValue => value

const conformScalar: { readonly [name: string]: (value: FeatureValue) => FeatureValue } = {
  int64: (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value),
  int32: (value) => (typeof value === 'bigint' ? Number(value) : value),
  float32: (value) => (typeof value === 'bigint' ? Number(value) : value),
  float64: (value) => (typeof value === 'bigint' ? Number(value) : value),
  unixTimestamp: (value) => (typeof value === 'bigint' ? Instant.fromEpochSeconds(value) : value),
}

const mayDiffer = (type: DataType): boolean => type.kind !== 'scalar' || type.name in conformScalar

function conformStruct(value: FeatureValue, fields: Readonly<Record<string, DataType>>): FeatureValue {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const record: { [name: string]: FeatureValue } = {}
  for (const [name, type] of Object.entries(fields)) {
    const part = Object.hasOwn(value, name) ? (value as typeof record)[name] : undefined
    setOwn(record, name, part === undefined ? null : conform(part, type))
  }
  for (const [name, part] of Object.entries(value)) if (!Object.hasOwn(fields, name)) setOwn(record, name, part)
  return record
}

export { valueKind } from './value-decoder.ts'
export { valueEncoder } from './value-encoder.ts'
