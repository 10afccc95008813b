import { BinaryReader } from '@bufbuild/protobuf/wire'
import { LatestEntries } from '../../base/latest-entries.ts'
import type { FeatureValue } from '../../types/feature-value.ts'
import { decodeValue } from '../../types/value-codec.ts'
import { malformed } from './grpc-errors.ts'

/** One column of the request, as sent. */
export interface SentColumn {
  /** Decoded by the case that each was sent in; a safe whole number is a number, whether of 32 or of 64 bits. */
  readonly values: readonly FeatureValue[]
  /** The body of the `RepeatedValue`, which is also that of a `FeatureVector` with these values alone. */
  readonly body: Uint8Array
}

/** A `feast.serving.GetOnlineFeaturesRequest`. */
export interface OnlineCall {
  /** Name of a feature service; null when features are listed. */
  readonly service: string | null
  readonly features: readonly string[]
  readonly entities: ReadonlyMap<string, SentColumn>
  readonly requestContext: ReadonlyMap<string, SentColumn>
  readonly fullFeatureNames: boolean
  readonly withVersions: boolean
}

/**
 * Reads a request into columns without making protobuf messages. Of repeated map keys the last counts, as in protobuf;
 * unknown fields are skipped.
 * @throws FTS7001 when the bytes are not such a message.
 */
export function readOnlineCall(bytes: Uint8Array): OnlineCall {
  try {
    return read(bytes)
  } catch (cause) {
    throw malformed('feast.serving.GetOnlineFeaturesRequest', cause)
  }
}

function read(bytes: Uint8Array): OnlineCall {
  const reader = new BinaryReader(bytes)
  const entities = new Map<string, SentColumn>()
  const requestContext = new Map<string, SentColumn>()
  let service: string | null = null
  let features: readonly string[] = []
  let fullFeatureNames = false
  let withVersions = false
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    switch (field) {
      case 1:
        service = text(reader)
        features = []
        break
      case 2: {
        // Two of them are one message in two parts.
        const more = featureList(reader.bytes())
        features = service === null && features.length > 0 ? [...features, ...more] : more
        service = null
        break
      }
      case 3:
        readColumn(reader.bytes(), entities)
        break
      case 4:
        fullFeatureNames = reader.bool()
        break
      case 5:
        readColumn(reader.bytes(), requestContext)
        break
      case 6:
        withVersions = reader.bool()
        break
      default:
        reader.skip(wire, field)
    }
  }
  return { service, features, entities, requestContext, fullFeatureNames, withVersions }
}

/** Clients ask for the same features again and again; their names need not be decoded each time. */
const featureLists = new LatestEntries<readonly string[]>(256)
/** Longer lists are not worth their place. */
const longestKept = 16_384

function featureList(bytes: Uint8Array): readonly string[] {
  if (bytes.length > longestKept) return readFeatureList(bytes)
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  return featureLists.get(key, () => readFeatureList(bytes))
}

function readFeatureList(bytes: Uint8Array): readonly string[] {
  const reader = new BinaryReader(bytes)
  const names: string[] = []
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === 1) names.push(text(reader))
    else reader.skip(wire, field)
  }
  return names
}

/** An entry of `map<string, RepeatedValue>`. */
function readColumn(entry: Uint8Array, columns: Map<string, SentColumn>): void {
  const reader = new BinaryReader(entry)
  let name = ''
  let list: Uint8Array = empty
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === 1) name = text(reader)
    else if (field === 2) list = reader.bytes()
    else reader.skip(wire, field)
  }
  columns.set(name, { values: readValues(list), body: list })
}

function readValues(list: Uint8Array): readonly FeatureValue[] {
  const reader = new BinaryReader(list)
  const values: FeatureValue[] = []
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field !== 1) throw new RangeError(`RepeatedValue has no field ${field}`)
    if (wire !== 2) throw new RangeError(`RepeatedValue.val has wire type ${wire}`)
    const bytes = reader.bytes()
    values.push(smallWhole(bytes) ?? decodeValue(bytes))
  }
  return values
}

/** An `int64_val` from 0 to 2^49, which most keys are; undefined for everything else. */
function smallWhole(bytes: Uint8Array): number | undefined {
  const end = bytes.length - 1
  if (bytes[0] !== 0x20 || end < 1 || end > 7 || (bytes[end] ?? 0x80) > 0x7f) return undefined
  let whole = 0
  for (let at = end; at >= 1; at--) {
    const byte = bytes[at] ?? 0
    if (at < end && byte < 0x80) return undefined
    whole = whole * 0x80 + (byte & 0x7f)
  }
  return whole
}

const empty = new Uint8Array(0)
const text = (reader: BinaryReader): string => reader.string(true)
