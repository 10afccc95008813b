import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { Instant } from '../base/instant.ts'
import { array, type DataType } from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'
import { fromJsonText } from './json-text.ts'
import { scalarEncoders } from './scalar-encoders.ts'
import { casesOfType, type LeafKind, mapKeyCases, type ValueCaseName, valueCases } from './value-cases.ts'
import { leaves, misfit, secondsOf, textOf } from './value-leaf.ts'
import { isZoned } from './zoned-time.ts'

/** Turns values of one type into the bytes of `feast.types.Value`. The result must not be changed. */
export type ValueEncoder = (value: FeatureValue) => Uint8Array

/** Writes the field of a `Value` that holds this value; nothing for null, which is an unset `Value`. */
type ValueWriter = (writer: BinaryWriter, value: FeatureValue) => void

const nothing = new Uint8Array(0)
const compiled = new WeakMap<DataType, ValueEncoder>()

/**
 * The encoder of a type, made once per type: bytes are those of protobuf's own serialisation, null is empty. Within a
 * list, null becomes the type's zero ("" / 0 / false / the missing time), and an empty inner list becomes null, as in
 * Feast. Values inside maps have the type that their JavaScript type suggests: whole numbers are `bigint`. Maps, structs
 * and lists of them may come as JSON text, which is how files often keep them.
 *
 * The encoder throws FTS5081 for a value that is not of the type or out of its range.
 */
export function valueEncoder(type: DataType): ValueEncoder {
  const known = compiled.get(type)
  if (known !== undefined) return known
  const encoder = (type.kind === 'scalar' ? scalarEncoders[type.name] : undefined) ?? messageEncoder(writerOf(type))
  compiled.set(type, encoder)
  return encoder
}

let shared = new BinaryWriter()

function messageEncoder(write: ValueWriter): ValueEncoder {
  return (value) => {
    if (value === null) return nothing
    const writer = shared
    try {
      write(writer, value)
      return writer.finish()
    } catch (error) {
      shared = new BinaryWriter()
      throw error
    }
  }
}

function writerOf(type: DataType): ValueWriter {
  switch (type.kind) {
    case 'scalar': {
      const name = casesOfType[type.name].one
      return (scalarWriters[valueCases[name].shape] ?? oneWriter)(name)
    }
    case 'struct':
      return structWriter('struct_val', type.fields)
    case 'array':
    case 'set':
      return collectionWriter(type)
  }
}

const scalarWriters: Readonly<Record<string, (name: ValueCaseName) => ValueWriter>> = {
  map: () => mapWriter('map_val', () => writeInferred),
  scalarMap: () => writeScalarMap,
  zoned: () => writeZoned,
  null: () => writeInferred,
}

function oneWriter(name: ValueCaseName): ValueWriter {
  const { field, leaf } = leafCase(name)
  const tag = (field << 3) | leaf.wire
  return (writer, value) => {
    if (value !== null) leaf.write(writer.uint32(tag), value)
  }
}

function collectionWriter(type: DataType & { readonly kind: 'array' | 'set' }): ValueWriter {
  const { of } = type
  if (of.kind === 'struct') {
    return type.kind === 'array' ? structListWriter(of.fields) : valuesWriter('set_val', writerOf(of))
  }
  if (of.kind === 'scalar') {
    const name = casesOfType[of.name][type.kind === 'array' ? 'list' : 'set']
    if (name === 'map_list_val') return mapListWriter(name, () => writeInferred)
    if (name !== undefined) return listWriter(name, type.kind === 'set', of.name === 'json')
  }
  // Feast keeps inner collections as lists, whatever they are declared as.
  const element = of.kind === 'set' ? array(of.of) : of
  return valuesWriter(type.kind === 'array' ? 'list_val' : 'set_val', writerOf(element))
}

function leafCase(name: ValueCaseName): { field: number; leaf: (typeof leaves)[LeafKind] } {
  const entry = valueCases[name]
  return { field: entry.field, leaf: leaves['leaf' in entry ? entry.leaf : 'bytes'] }
}

function listWriter(name: ValueCaseName, isSet: boolean, isJson: boolean): ValueWriter {
  const { field, leaf } = leafCase(name)
  const tag = (field << 3) | 2
  const packed = leaf.wire !== 2
  const elementTag = (1 << 3) | 2
  const writeMissing = isJson ? (writer: BinaryWriter) => writer.string('null') : leaf.writeMissing
  return (writer, value) => {
    if (value === null) return
    const elements = isSet ? elementsOf(value).filter((element) => element !== null) : elementsOf(value)
    writer.uint32(tag).fork()
    if (packed && elements.length > 0) writer.uint32(elementTag).fork()
    for (const element of elements) {
      if (!packed) writer.uint32(elementTag)
      if (element === null) writeMissing(writer)
      else leaf.write(writer, element)
    }
    if (packed && elements.length > 0) writer.join()
    writer.join()
  }
}

/** A list or set whose elements are `Value` messages. */
function valuesWriter(name: ValueCaseName, writeElement: ValueWriter): ValueWriter {
  const tag = (valueCases[name].field << 3) | 2
  return (writer, value) => {
    if (value === null) return
    writer.uint32(tag).fork()
    for (const element of elementsOf(value)) {
      writer.uint32((1 << 3) | 2).fork()
      if (!(Array.isArray(element) && element.length === 0)) writeElement(writer, element)
      writer.join()
    }
    writer.join()
  }
}

type WriterOfEntry = (name: string) => ValueWriter

function mapWriter(name: ValueCaseName, writerOfEntry: WriterOfEntry): ValueWriter {
  const tag = (valueCases[name].field << 3) | 2
  return (writer, value) => {
    if (value === null) return
    writer.uint32(tag).fork()
    writeEntries(writer, recordOf(fromJsonText(value)), writerOfEntry)
    writer.join()
  }
}

function mapListWriter(name: ValueCaseName, writerOfEntry: WriterOfEntry): ValueWriter {
  const tag = (valueCases[name].field << 3) | 2
  return (writer, value) => {
    if (value === null) return
    writer.uint32(tag).fork()
    for (const element of elementsOf(fromJsonText(value))) {
      writer.uint32((1 << 3) | 2).fork()
      if (element !== null) writeEntries(writer, recordOf(element), writerOfEntry)
      writer.join()
    }
    writer.join()
  }
}

function writeEntries(
  writer: BinaryWriter,
  record: Readonly<Record<string, FeatureValue>>,
  writerOfEntry: WriterOfEntry,
): void {
  for (const [name, value] of Object.entries(record)) {
    writer.uint32((1 << 3) | 2).fork()
    writer.uint32((1 << 3) | 2).string(textOf(name))
    writer.uint32((2 << 3) | 2).fork()
    writerOfEntry(name)(writer, value)
    writer.join().join()
  }
}

type Fields = Readonly<Record<string, DataType>>

function structWriter(name: 'struct_val' | 'map_val', fields: Fields): ValueWriter {
  return mapWriter(name, fieldWriters(fields))
}

function structListWriter(fields: Fields): ValueWriter {
  return mapListWriter('struct_list_val', fieldWriters(fields))
}

function fieldWriters(fields: Fields): WriterOfEntry {
  const writers = new Map(Object.entries(fields).map(([name, type]) => [name, fieldWriter(type)]))
  return (name) => writers.get(name) ?? writeInferred
}

/** Feast stores what a struct holds by the Python type of each value: whole numbers have 64 bits, floats are doubles. */
const widened: { readonly [name: string]: ValueCaseName } = {
  int32: 'int64_val',
  float32: 'double_val',
  uuid: 'string_val',
  timeUuid: 'string_val',
  json: 'string_val',
}

function fieldWriter(type: DataType): ValueWriter {
  if (type.kind === 'struct') return structWriter('map_val', type.fields)
  if (type.kind === 'array' && type.of.kind === 'struct')
    return mapListWriter('map_list_val', fieldWriters(type.of.fields))
  const wide = type.kind === 'scalar' ? widened[type.name] : undefined
  return wide === undefined ? writerOf(type) : oneWriter(wide)
}

function writeZoned(writer: BinaryWriter, value: FeatureValue): void {
  if (value === null) return
  if (!isZoned(value)) misfit(value, 'a time with its zone')
  writer.uint32((valueCases.zoned_timestamp_val.field << 3) | 2).fork()
  const seconds = secondsOf(value.instant)
  if (seconds !== 0n) writer.uint32(1 << 3).int64(seconds)
  if (value.zone !== '') writer.uint32((2 << 3) | 2).string(textOf(value.zone))
  writer.join()
}

function writeScalarMap(writer: BinaryWriter, value: FeatureValue): void {
  if (value === null) return
  if (!(value instanceof Map)) misfit(value, 'a Map')
  writer.uint32((valueCases.scalar_map_val.field << 3) | 2).fork()
  for (const [key, entry] of value as ReadonlyMap<FeatureValue, FeatureValue>) {
    writer.uint32((1 << 3) | 2).fork()
    writer.uint32((1 << 3) | 2).fork()
    const name = mapKeyName(key)
    const leaf = leaves[mapKeyCases[name].leaf]
    leaf.write(writer.uint32((mapKeyCases[name].field << 3) | leaf.wire), key)
    writer.join()
    writer.uint32((2 << 3) | 2).fork()
    writeInferred(writer, entry)
    writer.join().join()
  }
  writer.join()
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const decimalPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

function mapKeyName(key: FeatureValue): keyof typeof mapKeyCases {
  if (typeof key === 'bigint') return 'int64_key'
  if (typeof key === 'number') return 'double_key'
  if (typeof key === 'boolean') return 'bool_key'
  if (key instanceof Instant) return 'unix_timestamp_key'
  if (key instanceof Uint8Array) return 'bytes_key'
  if (typeof key === 'string' && uuidPattern.test(key)) return 'uuid_key'
  if (typeof key === 'string' && decimalPattern.test(key)) return 'decimal_key'
  return misfit(key, 'a key of a scalar map (whole number, number, boolean, time, bytes, UUID or decimal text)')
}

function writeInferred(writer: BinaryWriter, value: FeatureValue): void {
  if (value !== null) inferredWriter(value)(writer, value)
}

const inferred = {
  string: oneWriter('string_val'),
  bigint: oneWriter('int64_val'),
  number: oneWriter('double_val'),
  boolean: oneWriter('bool_val'),
  bytes: oneWriter('bytes_val'),
  time: oneWriter('unix_timestamp_val'),
  map: mapWriter('map_val', () => writeInferred),
  mapList: mapListWriter('map_list_val', () => writeInferred),
  strings: listWriter('string_list_val', false, false),
  bigints: listWriter('int64_list_val', false, false),
  numbers: listWriter('double_list_val', false, false),
  booleans: listWriter('bool_list_val', false, false),
  bytesList: listWriter('bytes_list_val', false, false),
  times: listWriter('unix_timestamp_list_val', false, false),
  values: valuesWriter('list_val', writeInferred),
} as const

function inferredWriter(value: FeatureValue): ValueWriter {
  if (Array.isArray(value)) return inferredListWriter(value)
  if (value instanceof Uint8Array) return inferred.bytes
  if (value instanceof Instant) return inferred.time
  if (value instanceof Map) return writeScalarMap
  if (isZoned(value)) return writeZoned
  switch (typeof value) {
    case 'string':
    case 'bigint':
    case 'number':
    case 'boolean':
      return inferred[typeof value as 'string' | 'bigint' | 'number' | 'boolean']
    case 'object':
      return inferred.map
    default:
      return misfit(value, 'a feature value')
  }
}

const listOfElement = new Map<ValueWriter, ValueWriter>([
  [inferred.string, inferred.strings],
  [inferred.bigint, inferred.bigints],
  [inferred.number, inferred.numbers],
  [inferred.boolean, inferred.booleans],
  [inferred.bytes, inferred.bytesList],
  [inferred.time, inferred.times],
  [inferred.map, inferred.mapList],
])

/** A list of one kind has that kind's list; one that is empty, mixed or holds null is a list of values. */
function inferredListWriter(list: readonly FeatureValue[]): ValueWriter {
  const [first = null] = list
  if (first === null) return inferred.values
  const element = inferredWriter(first)
  const alike = list.every((other) => other !== null && inferredWriter(other) === element)
  return (alike ? listOfElement.get(element) : undefined) ?? inferred.values
}

function elementsOf(value: FeatureValue): readonly FeatureValue[] {
  return Array.isArray(value) ? value : misfit(value, 'a list')
}

/** @throws FTS5081 for anything else than a map or struct. */
export function recordOf(value: FeatureValue): Readonly<Record<string, FeatureValue>> {
  const plain = value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Map)
  if (!plain || value instanceof Uint8Array || value instanceof Instant) misfit(value, 'an object of named values')
  return value as Readonly<Record<string, FeatureValue>>
}
