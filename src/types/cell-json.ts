import { BinaryReader } from '@bufbuild/protobuf/wire'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { DataType } from './data-type.ts'
import type { JsonWriter } from './json-writer.ts'
import { jsonFloat } from './python-float.ts'
import { caseOfField, type LeafKind, leafOfMapKey, type ValueCase } from './value-cases.ts'
import { messageEnd } from './value-decoder.ts'
import { instantOfSeconds } from './value-leaf.ts'
import { zonedText } from './zoned-time.ts'

/**
 * Writes the JSON text of the serialised `feast.types.Value` in `bytes[start, end)`, in the form that Feast's REST
 * answers have: `null` for no bytes, all digits of a 64-bit integer, floats as Python writes them, times as whole
 * seconds, bytes as base64. The stored case decides. No object is made for a scalar.
 *
 * `type` adds the fields that a struct lacks. With `asStored` they stay out, and the number that stands for a missing
 * time is written, as Feast does.
 * @throws FTS5084 when the bytes are not a `Value`.
 */
export function writeCellJson(
  writer: JsonWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
  type: DataType,
  asStored: boolean,
): void {
  const length = end - start
  switch (length === 0 ? undefined : bytes[start]) {
    case undefined:
      writer.ascii('null')
      return
    case 0x12:
      if (isPlainText(bytes, start, end)) {
        writer.byte(0x22)
        writer.copy(bytes, start + 2, end)
        writer.byte(0x22)
        return
      }
      break
    case 0x18: {
      const whole = varintNumber(bytes, start + 1, end)
      if ((whole | 0) !== whole) break
      writer.whole(whole)
      return
    }
    case 0x20: {
      const whole = varintNumber(bytes, start + 1, end)
      if (Number.isNaN(whole)) break
      writer.whole(whole)
      return
    }
    case 0x29:
      if (length !== 9) break
      writer.float(doubleAt(bytes, start + 1))
      return
    case 0x35:
      if (length !== 5) break
      writer.float(floatAt(bytes, start + 1))
      return
    case 0x38:
      if (length !== 2 || (bytes[start + 1] ?? 2) > 1) break
      writer.ascii(bytes[start + 1] === 1 ? 'true' : 'false')
      return
  }
  writer.text(generalText(bytes.subarray(start, end), asStored ? undefined : type, asStored))
}

const eight = new Float64Array(1)
const four = new Float32Array(1)
const eightBytes = new Uint8Array(eight.buffer)
const fourBytes = new Uint8Array(four.buffer)

/** The eight bytes at `at` as a double. Copied, for a view on the bytes of every answer costs more. */
export function doubleAt(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) eightBytes[i] = bytes[at + i] ?? 0
  return eight[0] ?? 0
}

function floatAt(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 4; i++) fourBytes[i] = bytes[at + i] ?? 0
  return four[0] ?? 0
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

/** True for text of less than 128 bytes that JSON writes as it is. */
function isPlainText(bytes: Uint8Array, start: number, end: number): boolean {
  const length = bytes[start + 1] ?? 0x80
  if (length > 0x7f || end - start !== length + 2) return false
  for (let at = start + 2; at < end; at++) {
    const code = bytes[at] ?? 0
    if (code > 0x7e || code < 0x20 || code === 0x22 || code === 0x5c) return false
  }
  return true
}

function generalText(bytes: Uint8Array, type: DataType | undefined, asStored: boolean): string {
  try {
    const reader = new BinaryReader(bytes)
    return valueText(reader, reader.len, type, asStored)
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
