import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Instant } from '../../base/instant.ts'
import type { EntityKeyValue } from '../../types/entity-key.ts'
import { pythonFloat } from '../../types/python-float.ts'
import { missingTimeSeconds } from '../../types/value-cases.ts'
import { zonedText } from '../../types/zoned-time.ts'
import { type Value, ValueSchema } from '../../wire/gen/feast/types/Value_pb.ts'
import { plainError } from './feast-errors.ts'
import { nonFiniteJson } from './python-json.ts'

export type { Value }
export type ValueCase = Value['val']
export type CaseName = NonNullable<ValueCase['case']>

/** A value without a case, which stands for null. */
export const unset: Value = create(ValueSchema)

/** A value of a case. */
export function protoValue(name: CaseName, value: unknown): Value {
  return create(ValueSchema, { val: { case: name, value } as ValueCase })
}

export const valueFromBytes = (bytes: Uint8Array): Value =>
  bytes.length === 0 ? unset : fromBinary(ValueSchema, bytes)
export const valueBytes = (value: Value): Uint8Array => toBinary(ValueSchema, value)

/** The JSON text of a value in Feast's answers: bare 64-bit digits, Python's spelling of floats, maps as objects. */
export function valueJson({ val }: Value): string {
  switch (val.case) {
    case undefined:
    case 'nullVal':
    case 'scalarMapVal':
      return 'null'
    case 'zonedTimestampVal': {
      const { unixTimestamp, zone } = val.value
      if (unixTimestamp === missingTimeSeconds) return 'null'
      return JSON.stringify(zonedText({ instant: Instant.fromEpochSeconds(unixTimestamp), zone }))
    }
    default:
      return contentJson(val.value, val.case)
  }
}

function contentJson(content: unknown, name: CaseName): string {
  if (typeof content === 'number') return numberJson(content, name)
  if (typeof content === 'bigint') return content.toString()
  if (typeof content === 'string' || typeof content === 'boolean') return JSON.stringify(content)
  if (content instanceof Uint8Array) return `"${Buffer.from(content).toString('base64')}"`
  if (isMessage(content, 'feast.types.Value')) return valueJson(content as Value)
  const { val } = content as { readonly val: readonly unknown[] | Readonly<Record<string, Value>> }
  if (Array.isArray(val)) return `[${val.map((element) => contentJson(element, name)).join(',')}]`
  const members = Object.entries(val as Readonly<Record<string, Value>>)
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${valueJson(value)}`).join(',')}}`
}

const wholeCases = new Set<CaseName>(['int32Val', 'int32ListVal', 'int32SetVal'])

function numberJson(value: number, name: CaseName): string {
  if (wholeCases.has(name)) return String(value)
  return Number.isFinite(value) ? pythonFloat(value) : `"${nonFiniteJson(value)}"`
}

function isMessage(content: unknown, typeName: string): boolean {
  return typeof content === 'object' && content !== null && '$typeName' in content && content.$typeName === typeName
}

/** The value as part of an entity key. */
export function keyValue({ val }: Value): EntityKeyValue {
  switch (val.case) {
    case 'stringVal':
      return { kind: 'string', value: val.value }
    case 'bytesVal':
      return { kind: 'bytes', value: val.value }
    case 'int32Val':
      return { kind: 'int32', value: val.value }
    case 'int64Val':
      return { kind: 'int64', value: val.value }
    case 'unixTimestampVal':
      return { kind: 'unixTimestamp', value: val.value }
    default:
      throw plainError('FTS5003', `A value of ${val.case ?? 'no type'} cannot be part of an entity key.`)
  }
}
