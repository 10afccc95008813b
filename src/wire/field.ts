import { create } from '@bufbuild/protobuf'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Field } from '../model/field.ts'
import {
  array,
  type DataType,
  formatDataType,
  invalid,
  type ScalarTypeName,
  scalarTypes,
  set,
  struct,
} from '../types/data-type.ts'
import { openEnum } from './convert.ts'
import { type FeatureSpecV2, FeatureSpecV2Schema } from './gen/feast/core/Feature_pb.ts'
import { ValueType_Enum } from './gen/feast/types/Value_pb.ts'

/** Tags in which Feast keeps the part of a type that a type code can't say. They are not tags of the user. */
const structTag = 'feast:struct_schema'
const nestedTag = 'feast:nested_inner_type'

export function fieldToModel(message: FeatureSpecV2): Field {
  const { [structTag]: _struct, [nestedTag]: _nested, ...tags } = message.tags
  return {
    name: message.name,
    type: readType(message.valueType, message.tags),
    description: message.description,
    tags,
    vectorIndex: message.vectorIndex,
    vectorLength: message.vectorLength,
    vectorSearchMetric: message.vectorSearchMetric,
  }
}

export function fieldToMessage(field: Field): FeatureSpecV2 {
  return create(FeatureSpecV2Schema, {
    name: field.name,
    valueType: valueTypeOf(field.type),
    description: field.description,
    tags: { ...field.tags, ...typeTags(field.type) },
    vectorIndex: field.vectorIndex,
    vectorLength: field.vectorLength,
    vectorSearchMetric: field.vectorSearchMetric,
  })
}

const byCode = new Map<number, DataType>()
const byText = new Map<string, DataType>()
for (const [name, entry] of Object.entries(scalarTypes)) {
  const type: DataType = { kind: 'scalar', name: name as ScalarTypeName }
  byCode.set(entry.code, type)
  if (entry.list !== null) byCode.set(entry.list, array(type))
  if (entry.set !== null) byCode.set(entry.set, set(type))
  byText.set(primitiveText(name), type)
}

/** The type of a code alone; `invalid` for a code that this version does not know. */
export function typeOfValueType(code: number): DataType {
  return readType(code, {})
}

function readType(code: number, tags: Readonly<Record<string, string>>): DataType {
  switch (code) {
    case ValueType_Enum.STRUCT:
      return readStruct(tags[structTag])
    case ValueType_Enum.STRUCT_LIST:
      return array(readStruct(tags[structTag]))
    case ValueType_Enum.VALUE_LIST:
      return readText(tags[nestedTag] ?? '') ?? array(array(invalid))
    case ValueType_Enum.VALUE_SET:
      return readText(tags[nestedTag] ?? '') ?? set(array(invalid))
    default:
      return byCode.get(code) ?? invalid
  }
}

/**
 * The type code of `feast.types.ValueType.Enum`.
 * @throws FTS3002 for a collection that Feast has no code for.
 */
export function valueTypeOf(type: DataType): ValueType_Enum {
  const code = codeOf(type)
  if (code !== null) return openEnum(code)
  throw new FeatureStoreError('FTS3002', {
    message: `The type ${formatDataType(type)} can not be stored: Feast has no such collection.`,
    notes: ['collections of Map, Json, Uuid and Decimal exist; those of ScalarMap, ZonedTimestamp, PdfBytes do not'],
  })
}

function codeOf(type: DataType): number | null {
  if (type.kind === 'scalar') return scalarTypes[type.name].code
  if (type.kind === 'struct') return ValueType_Enum.STRUCT
  const element = type.of
  if (element.kind === 'scalar') return scalarTypes[element.name][type.kind === 'array' ? 'list' : 'set']
  if (element.kind !== 'struct') return type.kind === 'array' ? ValueType_Enum.VALUE_LIST : ValueType_Enum.VALUE_SET
  return type.kind === 'array' ? ValueType_Enum.STRUCT_LIST : null
}

function typeTags(type: DataType): Readonly<Record<string, string>> {
  const record = type.kind === 'array' ? type.of : type
  if (record.kind === 'struct') {
    return Object.keys(record.fields).length === 0 ? {} : { [structTag]: jsonText(fieldTexts(record.fields)) }
  }
  const nested = (type.kind === 'array' || type.kind === 'set') && type.of.kind !== 'scalar'
  return nested && !endsInvalid(type) ? { [nestedTag]: typeText(type) } : {}
}

function endsInvalid(type: DataType): boolean {
  if (type.kind === 'array' || type.kind === 'set') return endsInvalid(type.of)
  return type.kind === 'scalar' && type.name === 'invalid'
}

function primitiveText(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

function fieldTexts(fields: Readonly<Record<string, DataType>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, typeText(type)]))
}

function typeText(type: DataType): string {
  switch (type.kind) {
    case 'scalar':
      return primitiveText(type.name)
    case 'array':
      return `Array(${typeText(type.of)})`
    case 'set':
      return `Set(${typeText(type.of)})`
    case 'struct':
      return `{"__struct__": ${jsonText(fieldTexts(type.fields))}}`
  }
}

/** JSON as Python writes it by default: blanks after separators, ASCII only. */
function jsonText(record: Readonly<Record<string, string>>): string {
  const quoted = (text: string): string =>
    JSON.stringify(text).replaceAll(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
  return `{${Object.entries(record)
    .map(([name, text]) => `${quoted(name)}: ${quoted(text)}`)
    .join(', ')}}`
}

function readText(text: string): DataType | undefined {
  const collection = /^(Array|Set)\((.*)\)$/s.exec(text)
  if (collection !== null) {
    const element = readText(collection[2] ?? '')
    if (element === undefined) return undefined
    return collection[1] === 'Array' ? array(element) : set(element)
  }
  if (!text.startsWith('{')) return byText.get(text)
  const { __struct__: inner } = parseRecord(text) ?? {}
  return isRecord(inner) ? struct(readFields(inner)) : undefined
}

function readStruct(text: string | undefined): DataType {
  const record = parseRecord(text ?? '{}')
  return struct(record === undefined ? {} : readFields(record))
}

function readFields(record: Readonly<Record<string, unknown>>): Readonly<Record<string, DataType>> {
  return Object.fromEntries(
    Object.entries(record).map(([name, text]) => [
      name,
      (typeof text === 'string' ? readText(text) : undefined) ?? invalid,
    ]),
  )
}

function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
