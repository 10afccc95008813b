import { BinaryReader } from '@bufbuild/protobuf/wire'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { FeatureValue } from './feature-value.ts'
import { caseOfField, type LeafKind, leafOfMapKey, type ValueCase, type ValueCaseName } from './value-cases.ts'
import { instantOfSeconds, leaves } from './value-leaf.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The value in the bytes of a `feast.types.Value`, as its own case says; null when it is unset. */
export function decodeNatural(bytes: Uint8Array): FeatureValue {
  if (bytes.length === 0) return null
  const quick = decodeScalar(bytes)
  if (quick !== undefined) return quick
  try {
    const reader = new BinaryReader(bytes)
    return readValue(reader, reader.len)
  } catch (cause) {
    throw unreadable(bytes, cause)
  }
}

/** The oneof case that the bytes hold, such as `int64_val`; null for an unset value. @throws FTS5084 */
export function valueKind(bytes: Uint8Array): ValueCaseName | null {
  let name: ValueCaseName | null = null
  try {
    const reader = new BinaryReader(bytes)
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag()
      name = caseOfField.get(field)?.name ?? name
      reader.skip(wire, field)
    }
    return name
  } catch (cause) {
    throw unreadable(bytes, cause)
  }
}

function unreadable(bytes: Uint8Array, cause: unknown): FeatureStoreError {
  if (cause instanceof FeatureStoreError) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return new FeatureStoreError('FTS5084', {
    message: `A stored value of ${bytes.length} bytes cannot be read: ${why}.`,
    cause,
  })
}

/** Reads a value that is one scalar and nothing else; undefined when it is anything more, or broken. */
function decodeScalar(bytes: Uint8Array): FeatureValue | undefined {
  switch (bytes[0]) {
    case 0x12:
      return decodeText(bytes)
    case 0x18: {
      const whole = decodeVarint(bytes)
      return whole === undefined ? undefined : Number(BigInt.asIntN(32, BigInt(whole)))
    }
    case 0x20: {
      const whole = decodeVarint(bytes)
      return whole === undefined ? undefined : typeof whole === 'number' ? BigInt(whole) : BigInt.asIntN(64, whole)
    }
    case 0x29:
      return bytes.length === 9 ? scratchOf(bytes).getFloat64(1, true) : undefined
    case 0x35:
      return bytes.length === 5 ? scratchOf(bytes).getFloat32(1, true) : undefined
    case 0x38:
      return bytes.length === 2 && (bytes[1] ?? 2) < 2 ? bytes[1] === 1 : undefined
    case 0x40: {
      const whole = decodeVarint(bytes)
      return whole === undefined ? undefined : instantOfSeconds(BigInt.asIntN(64, BigInt(whole)))
    }
    default:
      return undefined
  }
}

const scratchBytes = new Uint8Array(9)
const scratch = new DataView(scratchBytes.buffer)

/**
 * Up to nine bytes in a view of their own. A view of the array itself would give V8's small arrays a buffer outside the
 * heap, which costs more time and memory than all the rest.
 */
function scratchOf(bytes: Uint8Array): DataView {
  for (let i = 0; i < bytes.length; i++) scratchBytes[i] = bytes[i] ?? 0
  return scratch
}

/** The varint after the tag, if it ends the bytes: a number up to 28 bits, else a bigint of 64 bits, unsigned. */
function decodeVarint(bytes: Uint8Array): number | bigint | undefined {
  const end = bytes.length - 1
  if (end < 1 || end > 10 || ((bytes[end] ?? 0x80) & 0x80) !== 0) return undefined
  for (let i = 1; i < end; i++) if (((bytes[i] ?? 0) & 0x80) === 0) return undefined
  if (end <= 4) {
    let small = 0
    for (let i = end; i >= 1; i--) small = (small << 7) | ((bytes[i] ?? 0) & 0x7f)
    return small
  }
  let large = 0n
  for (let i = end; i >= 1; i--) large = (large << 7n) | BigInt((bytes[i] ?? 0) & 0x7f)
  return BigInt.asUintN(64, large)
}

function decodeText(bytes: Uint8Array): string | undefined {
  const length = bytes[1] ?? 0x80
  if (length > 0x7f || bytes.length !== length + 2) return undefined
  if (length > 24) return decodeUtf8(bytes)
  let text = ''
  for (let i = 2; i < bytes.length; i++) {
    const code = bytes[i] ?? 0
    if (code > 0x7f) return decodeUtf8(bytes)
    text += String.fromCharCode(code)
  }
  return text
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes.subarray(2))
  } catch {
    return undefined
  }
}

function readValue(reader: BinaryReader, end: number): FeatureValue {
  let value: FeatureValue = null
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    const entry = caseOfField.get(field)
    if (entry === undefined) reader.skip(wire, field)
    else value = readCase(reader, entry)
  }
  return value
}

type MessageShape = Exclude<ValueCase['shape'], 'one' | 'null'>

function readCase(reader: BinaryReader, entry: ValueCase): FeatureValue {
  if (entry.shape === 'null') {
    reader.int32()
    return null
  }
  if (entry.shape === 'one') return leaves[entry.leaf ?? 'bytes'].read(reader)
  const end = messageEnd(reader)
  return entry.shape === 'list'
    ? readList(reader, end, entry.leaf ?? 'bytes')
    : messageReaders[entry.shape](reader, end)
}

const messageReaders: Readonly<
  Record<Exclude<MessageShape, 'list'>, (reader: BinaryReader, end: number) => FeatureValue>
> = {
  map: readMap,
  mapList: (reader, end) => readRepeated(reader, end, readMap),
  values: (reader, end) => readRepeated(reader, end, readValue),
  scalarMap: readScalarMap,
  zoned: readZoned,
}

function readList(reader: BinaryReader, end: number, kind: LeafKind): FeatureValue[] {
  const leaf = leaves[kind]
  const list: FeatureValue[] = []
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    if (field !== 1) {
      reader.skip(wire, field)
    } else if (wire === 2 && leaf.wire !== 2) {
      const packedEnd = messageEnd(reader)
      while (reader.pos < packedEnd) list.push(leaf.read(reader))
    } else {
      list.push(leaf.read(reader))
    }
  }
  return list
}

/** The messages in field 1, each read by `read`. */
function readRepeated(
  reader: BinaryReader,
  end: number,
  read: (reader: BinaryReader, end: number) => FeatureValue,
): FeatureValue[] {
  const list: FeatureValue[] = []
  readFields(reader, end, { 1: () => list.push(readMessage(reader, read)) })
  return list
}

function readMap(reader: BinaryReader, end: number): { [name: string]: FeatureValue } {
  const record: { [name: string]: FeatureValue } = {}
  const readEntry = (_: BinaryReader, entryEnd: number): null => {
    let name = ''
    let value: FeatureValue = null
    readFields(reader, entryEnd, {
      1: () => {
        name = reader.string(true)
      },
      2: () => {
        value = readMessage(reader, readValue)
      },
    })
    setOwn(record, name, value)
    return null
  }
  readFields(reader, end, { 1: () => readMessage(reader, readEntry) })
  return record
}

function readScalarMap(reader: BinaryReader, end: number): FeatureValue {
  const map = new Map<FeatureValue, FeatureValue>()
  const readEntry = (_: BinaryReader, entryEnd: number): null => {
    let key: FeatureValue = null
    let value: FeatureValue = null
    readFields(reader, entryEnd, {
      1: () => {
        key = readMessage(reader, readMapKey)
      },
      2: () => {
        value = readMessage(reader, readValue)
      },
    })
    map.set(key, value)
    return null
  }
  readFields(reader, end, { 1: () => readMessage(reader, readEntry) })
  return map
}

function readMapKey(reader: BinaryReader, end: number): FeatureValue {
  let key: FeatureValue = null
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    const leaf = leafOfMapKey.get(field)
    if (leaf === undefined) reader.skip(wire, field)
    else key = leaves[leaf].read(reader)
  }
  return key
}

function readZoned(reader: BinaryReader, end: number): FeatureValue {
  let seconds = 0n
  let zone = ''
  readFields(reader, end, {
    1: () => {
      seconds = BigInt(reader.int64())
    },
    2: () => {
      zone = reader.string(true)
    },
  })
  const instant = instantOfSeconds(seconds)
  return instant === null ? null : { instant, zone }
}

/** Runs the reader of each known field until `end`, and skips the others. */
function readFields(reader: BinaryReader, end: number, readers: { readonly [field: number]: () => unknown }): void {
  while (reader.pos < end) {
    const [field, wire] = reader.tag()
    const read = readers[field]
    if (read === undefined) reader.skip(wire, field)
    else read()
  }
}

function readMessage<T>(reader: BinaryReader, read: (reader: BinaryReader, end: number) => T): T {
  return read(reader, messageEnd(reader))
}

/** Reads the length of a message or packed list; where it ends. */
export function messageEnd(reader: BinaryReader): number {
  const length = reader.uint32()
  const end = reader.pos + length
  if (end > reader.len) throw new RangeError('it ends early')
  return end
}

/** Sets a property under any name; plain assignment to `__proto__` would replace the prototype. */
export function setOwn(record: { [name: string]: FeatureValue }, name: string, value: FeatureValue): void {
  if (name !== '__proto__') record[name] = value
  else Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true })
}
