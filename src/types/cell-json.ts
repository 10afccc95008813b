import { BinaryReader } from '@bufbuild/protobuf/wire'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { DataType } from './data-type.ts'
import { zonedText } from './json.ts'
import { jsonFloat } from './python-float.ts'
import { caseOfField, type LeafKind, mapKeyCases, type ValueCase } from './value-cases.ts'
import { instantOfSeconds } from './value-leaf.ts'

/** Serialised `feast.types.Value`s in one buffer, ready to be read. */
export interface CellReader {
  readonly bytes: Buffer
  readonly view: DataView
  /** The number of a missing time as it is stored, and structs with the fields that they have. */
  readonly asStored: boolean
}

export function cellReader(bytes: Uint8Array, asStored: boolean): CellReader {
  return {
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    asStored,
  }
}

/**
 * The JSON text of the value in `bytes[start, end)`, in the form that Feast's REST answers have: `null` for no bytes, all
 * digits of a 64-bit integer, floats as Python writes them, times as whole seconds. The stored case decides; `type` adds
 * the fields that a struct lacks. No object is made for a scalar.
 *
 * @throws FTS5084 when the bytes are not a `Value`.
 */
export function cellJson(cells: CellReader, start: number, end: number, type: DataType): string {
  const { bytes } = cells
  switch (bytes[start]) {
    case 0x12:
      return plainText(bytes, start, end) ?? general(cells, start, end, type)
    case 0x18: {
      const whole = varintNumber(bytes, start + 1, end)
      return (whole | 0) === whole ? String(whole) : general(cells, start, end, type)
    }
    case 0x20: {
      const whole = varintNumber(bytes, start + 1, end)
      return Number.isNaN(whole) ? general(cells, start, end, type) : String(whole)
    }
    case 0x29:
      return end - start === 9 ? jsonFloat(cells.view.getFloat64(start + 1, true)) : general(cells, start, end, type)
    case 0x35:
      return end - start === 5 ? jsonFloat(cells.view.getFloat32(start + 1, true)) : general(cells, start, end, type)
    case 0x38:
      if (end - start === 2 && bytes[start + 1] === 0) return 'false'
      return end - start === 2 && bytes[start + 1] === 1 ? 'true' : general(cells, start, end, type)
    default:
      return end === start ? 'null' : general(cells, start, end, type)
  }
}

/**
 * The varint in `bytes[at, end)` as a signed integer; NaN when it is beyond 2^53 or is not all of the bytes.
 * Negative numbers take ten bytes.
 */
export function varintNumber(bytes: Uint8Array, at: number, end: number): number {
  const length = end - at
  if (length < 1 || length > 10 || ((bytes[end - 1] ?? 0x80) & 0x80) !== 0) return Number.NaN
  let low = 0
  let high = 0
  for (let i = length - 1; i >= 0; i--) {
    const byte = bytes[at + i] ?? 0
    if (i < length - 1 && (byte & 0x80) === 0) return Number.NaN
    // 28 bits below, 36 above, of which the top 32 - 4 bits carry the sign.
    if (i >= 4) high = high * 128 + (byte & 0x7f)
    else low = (low << 7) | (byte & 0x7f)
  }
  if (length === 10) {
    if (bytes[end - 1] !== 1) return Number.NaN
    high -= 0x10_0000_0000
  }
  const value = high * 0x1000_0000 + low
  return Number.isSafeInteger(value) ? value : Number.NaN
}

/** Text of less than 128 bytes that JSON writes as it is; undefined for other text. */
function plainText(bytes: Buffer, start: number, end: number): string | undefined {
  const length = bytes[start + 1] ?? 0x80
  if (length > 0x7f || end - start !== length + 2) return undefined
  for (let at = start + 2; at < end; at++) {
    const code = bytes[at] ?? 0
    if (code > 0x7e || code < 0x20 || code === 0x22 || code === 0x5c) return undefined
  }
  return `"${bytes.toString('latin1', start + 2, end)}"`
}

function general(cells: CellReader, start: number, end: number, type: DataType): string {
  const bytes = cells.bytes.subarray(start, end)
  try {
    const reader = new BinaryReader(bytes)
    return valueText(reader, reader.len, cells.asStored ? undefined : type, cells.asStored)
  } catch (cause) {
    if (cause instanceof FeatureStoreError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new FeatureStoreError('FTS5084', {
      message: `A stored value of ${bytes.length} bytes cannot be read: ${why}.`,
      cause,
    })
  }
}

function valueText(reader: BinaryReader, end: number, type: DataType | undefined, asStored: boolean): string {
  let text = 'null'
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    const entry = caseOfField.get(field)
    if (entry === undefined) reader.skip(wire, field)
    else text = caseText(reader, entry, type, asStored)
  }
  return text
}

function caseText(reader: BinaryReader, entry: ValueCase, type: DataType | undefined, asStored: boolean): string {
  switch (entry.shape) {
    case 'null':
      reader.int32()
      return 'null'
    case 'one':
      return leafText(reader, entry.leaf ?? 'bytes', asStored)
    case 'list':
      return listText(reader, entry.leaf ?? 'bytes', asStored)
    case 'map':
      return mapText(reader, messageEnd(reader), type, asStored)
    case 'mapList':
      return repeatedText(reader, (end) => mapText(reader, end, elementOf(type), asStored))
    case 'values':
      return repeatedText(reader, (end) => valueText(reader, end, elementOf(type), asStored))
    case 'scalarMap':
      return repeatedText(reader, (end) => scalarEntryText(reader, end, asStored))
    case 'zoned':
      return zonedValueText(reader)
  }
}

const elementOf = (type: DataType | undefined): DataType | undefined =>
  type?.kind === 'array' || type?.kind === 'set' ? type.of : undefined

function leafText(reader: BinaryReader, leaf: LeafKind, asStored: boolean): string {
  switch (leaf) {
    case 'bytes': {
      const bytes = reader.bytes()
      return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`
    }
    case 'string':
      return JSON.stringify(reader.string(true))
    case 'int32':
      return String(reader.int32())
    case 'int64':
      return String(reader.int64())
    case 'double':
      return jsonFloat(reader.double())
    case 'float':
      return jsonFloat(reader.float())
    case 'bool':
      return String(reader.bool())
    case 'time': {
      const seconds = BigInt(reader.int64())
      return asStored || instantOfSeconds(seconds) !== null ? seconds.toString() : 'null'
    }
  }
}

const packedLeaves: ReadonlySet<LeafKind> = new Set(['int32', 'int64', 'double', 'float', 'bool', 'time'])

function listText(reader: BinaryReader, leaf: LeafKind, asStored: boolean): string {
  const end = messageEnd(reader)
  const elements: string[] = []
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    if (field !== 1) {
      reader.skip(wire, field)
    } else if (wire === 2 && packedLeaves.has(leaf)) {
      const packedEnd = messageEnd(reader)
      while (reader.pos < packedEnd) elements.push(leafText(reader, leaf, asStored))
    } else {
      elements.push(leafText(reader, leaf, asStored))
    }
  }
  return `[${elements.join(',')}]`
}

/** The messages in field 1 of a message, as an array. */
function repeatedText(reader: BinaryReader, element: (end: number) => string): string {
  const end = messageEnd(reader)
  const elements: string[] = []
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    if (field === 1) elements.push(element(messageEnd(reader)))
    else reader.skip(wire, field)
  }
  return `[${elements.join(',')}]`
}

/** An object: declared fields first, null where there is none, then the others as they are stored. */
function mapText(reader: BinaryReader, end: number, type: DataType | undefined, asStored: boolean): string {
  const fields = type?.kind === 'struct' ? type.fields : {}
  const members = new Map(Object.keys(fields).map((name) => [name, 'null']))
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    if (field !== 1) {
      reader.skip(wire, field)
      continue
    }
    const entryEnd = messageEnd(reader)
    let name = ''
    let value = 'null'
    while (reader.pos < entryEnd) {
      const [part, partWire] = reader.tag()
      if (part === 1) name = reader.string(true)
      // Protobuf writes the name of a map entry before its value.
      else if (part === 2) value = valueText(reader, messageEnd(reader), ownField(fields, name), asStored)
      else reader.skip(partWire, part)
    }
    members.set(name, value)
  }
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

const ownField = (fields: Readonly<Record<string, DataType>>, name: string): DataType | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined

const leafOfMapKey: ReadonlyMap<number, LeafKind> = new Map(
  Object.values(mapKeyCases).map(({ field, leaf }) => [field, leaf]),
)

/** An entry of a map whose keys are not names: `[key, value]`. */
function scalarEntryText(reader: BinaryReader, end: number, asStored: boolean): string {
  let key = 'null'
  let value = 'null'
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    if (field === 1) key = mapKeyText(reader, asStored)
    else if (field === 2) value = valueText(reader, messageEnd(reader), undefined, asStored)
    else reader.skip(wire, field)
  }
  return `[${key},${value}]`
}

function mapKeyText(reader: BinaryReader, asStored: boolean): string {
  const end = messageEnd(reader)
  let key = 'null'
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    const leaf = leafOfMapKey.get(field)
    if (leaf === undefined) reader.skip(wire, field)
    else key = leafText(reader, leaf, asStored)
  }
  return key
}

function zonedValueText(reader: BinaryReader): string {
  const end = messageEnd(reader)
  let seconds = 0n
  let zone = ''
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    if (field === 1) seconds = BigInt(reader.int64())
    else if (field === 2) zone = reader.string(true)
    else reader.skip(wire, field)
  }
  const instant = instantOfSeconds(seconds)
  return instant === null ? 'null' : JSON.stringify(zonedText({ instant, zone }))
}

/** Reads the length of a message or packed list; where it ends. */
function messageEnd(reader: BinaryReader): number {
  const length = reader.uint32()
  const end = reader.pos + length
  if (end > reader.len) throw new RangeError('it ends early')
  return end
}
