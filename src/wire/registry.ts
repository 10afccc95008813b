import { create, toBinary } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { TimestampSchema } from '@bufbuild/protobuf/wkt'
import { storedForm } from '../model/registered.ts'
import type { RegistryContents, RegistryKind, RegistryObject } from '../model/registry-contents.ts'
import { instantOf, timestampOf } from './convert.ts'
import { ProjectMetadataSchema, RegistrySchema } from './gen/feast/core/Registry_pb.ts'
import { decodeMessage, MalformedBytes, reading } from './malformed-bytes.ts'
import { codecs, infrastructureCodec, versionCodec, writeContext } from './registry-objects.ts'

/** The only version of the file format that there is. */
export const registrySchemaVersion = '1'

/** Field numbers of `feast.core.Registry`. */
const number = RegistrySchema.field
const objectLists: ReadonlyMap<number, RegistryKind> = new Map([
  [number.entities.number, 'entities'],
  [number.featureViews.number, 'featureViews'],
  [number.featureServices.number, 'featureServices'],
  [number.onDemandFeatureViews.number, 'onDemandFeatureViews'],
  [number.savedDatasets.number, 'savedDatasets'],
  [number.dataSources.number, 'dataSources'],
  [number.validationReferences.number, 'validationReferences'],
  [number.streamFeatureViews.number, 'streamFeatureViews'],
  [number.permissions.number, 'permissions'],
  [number.projects.number, 'projects'],
  [number.labelViews.number, 'labelViews'],
])

/** Lists inside a message of their own: `Infra` and `FeatureViewVersionHistory` hold one list, at field 1. */
const nestedList = 1

type ProjectMetadata = RegistryContents['projectMetadata'][number]

/** What a registry holds beyond the model. */
interface StoredRegistry {
  /** Feature tables of old registries, serialised. */
  readonly featureTables: readonly Uint8Array[]
  /** Present, even if empty. */
  readonly hasInfrastructure: boolean
  readonly hasHistory: boolean
  /** Fields of `Infra` and of the history that are unknown, serialised with their tags. */
  readonly infrastructureRest: Uint8Array
  readonly historyRest: Uint8Array
  readonly projectMetadata: ReadonlyMap<ProjectMetadata, Uint8Array>
  /** Unknown fields of the registry, serialised with their tags. */
  readonly rest: Uint8Array
}

const nothing = new Uint8Array()

/** A field of a message as it stands in the bytes. */
interface RawField {
  readonly number: number
  readonly wireType: WireType
  /** The bytes inside a length-delimited field; else none. */
  readonly value: Uint8Array
  /** Tag and value. */
  readonly whole: Uint8Array
}

function* rawFields(bytes: Uint8Array): Generator<RawField> {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const start = reader.pos
    const [fieldNumber, wireType] = reading(() => reader.tag())
    if (wireType === WireType.LengthDelimited) {
      const value = reading(() => reader.bytes())
      yield { number: fieldNumber, wireType, value, whole: bytes.subarray(start, reader.pos) }
    } else if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) {
      throw new MalformedBytes(`field ${fieldNumber} is a group, which Feast never writes`)
    } else {
      reading(() => reader.skip(wireType, fieldNumber))
      yield { number: fieldNumber, wireType, value: nothing, whole: bytes.subarray(start, reader.pos) }
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 0 ? nothing : plainBytes(Buffer.concat(parts))
}

/** Not Node's `Buffer`, whose methods differ, so that it does not get into the model. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The elements of a list inside a message of its own, and whatever else that message holds. */
function readNested(bytes: Uint8Array): { readonly elements: Uint8Array[]; readonly rest: Uint8Array[] } {
  const fields = [...rawFields(bytes)]
  const isElement = (field: RawField): boolean =>
    field.number === nestedList && field.wireType === WireType.LengthDelimited
  return {
    elements: fields.filter(isElement).map((field) => field.value),
    rest: fields.filter((field) => !isElement(field)).map((field) => field.whole),
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

const text = (bytes: Uint8Array): string => reading(() => utf8.decode(bytes))

function readProjectMetadata(bytes: Uint8Array): ProjectMetadata {
  const metadata = decodeMessage(ProjectMetadataSchema, bytes)
  return { project: metadata.project, uuid: metadata.projectUuid }
}

/** Bytes of each field of the registry, in stored order. */
function groupFields(bytes: Uint8Array): {
  readonly known: ReadonlyMap<number, Uint8Array[]>
  readonly rest: Uint8Array
} {
  const known = new Map<number, Uint8Array[]>()
  const rest: Uint8Array[] = []
  const numbers = new Set(RegistrySchema.fields.map((field) => field.number))
  for (const field of rawFields(bytes)) {
    if (!numbers.has(field.number)) {
      rest.push(field.whole)
      continue
    }
    if (field.wireType !== WireType.LengthDelimited) {
      throw new MalformedBytes(`field ${field.number} has the wrong wire type`)
    }
    const values = known.get(field.number) ?? []
    values.push(field.value)
    known.set(field.number, values)
  }
  return { known, rest: joined(rest) }
}

/**
 * Reads a serialised `feast.core.Registry`. Every object remembers its bytes, so that {@link registryToBytes} gives
 * them back for all that was not changed.
 * @throws MalformedBytes, which says why the bytes can not be a whole registry
 */
export function registryFromBytes(bytes: Uint8Array): RegistryContents {
  const { known, rest } = groupFields(plainBytes(bytes))
  const values = (field: { readonly number: number }): Uint8Array[] => known.get(field.number) ?? []
  const version = text(values(number.registrySchemaVersion).at(-1) ?? nothing)
  if (version !== registrySchemaVersion) {
    throw new MalformedBytes(
      version === '' ? 'it has no schema version' : `its schema version is "${version}", not "1"`,
    )
  }
  const lists = Object.fromEntries(
    [...objectLists].map(([field, kind]) => [kind, values({ number: field }).map((value) => codecs[kind].read(value))]),
  ) as unknown as Pick<RegistryContents, RegistryKind>
  const infrastructure = values(number.infra).map(readNested)
  const history = values(number.featureViewVersionHistory).map(readNested)
  const metadata = values(number.projectMetadata).map((value) => [readProjectMetadata(value), value] as const)
  const lastUpdated = values(number.lastUpdated).at(-1)
  const stored: StoredRegistry = {
    featureTables: values(number.featureTables),
    hasInfrastructure: infrastructure.length > 0,
    hasHistory: history.length > 0,
    infrastructureRest: joined(infrastructure.flatMap((each) => each.rest)),
    historyRest: joined(history.flatMap((each) => each.rest)),
    projectMetadata: new Map(metadata),
    rest,
  }
  const contents: RegistryContents = {
    ...lists,
    infrastructure: infrastructure.flatMap((each) => each.elements).map(infrastructureCodec.read),
    projectMetadata: metadata.map(([each]) => each),
    versionHistory: history.flatMap((each) => each.elements).map(versionCodec.read),
    versionId: text(values(number.versionId).at(-1) ?? nothing),
    lastUpdated: lastUpdated === undefined ? null : instantOf(decodeMessage(TimestampSchema, lastUpdated)),
    [storedForm]: stored,
  }
  return contents
}

/**
 * The first object whose project the registry does not hold. Feast writes the projects after the objects, so such an
 * object tells that the end of a file is missing.
 */
export function objectWithoutProject(contents: RegistryContents): RegistryObject | undefined {
  const projects = new Set([
    ...contents.projects.map((project) => project.name),
    ...contents.projectMetadata.map((metadata) => metadata.project),
  ])
  for (const kind of objectLists.values()) {
    const stray = contents[kind].find((object: RegistryObject) => !projects.has(object.project))
    if (stray !== undefined) return stray
  }
  return undefined
}

/** Serialises a registry as Feast does. `versionId` and `lastUpdated` are written as they are. */
export function registryToBytes(contents: RegistryContents): Uint8Array {
  const stored = storedOf(contents)
  const writer = new BinaryWriter()
  for (const field of RegistrySchema.fields.toSorted((a, b) => a.number - b.number)) {
    for (const value of fieldValues(field.number, contents, stored)) {
      writer.tag(field.number, WireType.LengthDelimited).bytes(value)
    }
  }
  return writer.raw(stored.rest).finish()
}

function storedOf(contents: RegistryContents): StoredRegistry {
  const stored = contents[storedForm] as StoredRegistry | undefined
  return (
    stored ?? {
      featureTables: [],
      hasInfrastructure: false,
      hasHistory: false,
      infrastructureRest: nothing,
      historyRest: nothing,
      projectMetadata: new Map(),
      rest: nothing,
    }
  )
}

function fieldValues(field: number, contents: RegistryContents, stored: StoredRegistry): readonly Uint8Array[] {
  const kind = objectLists.get(field)
  if (kind !== undefined) return objectValues(kind, contents)
  const encoder = new TextEncoder()
  const context = writeContext(contents)
  switch (field) {
    case number.featureTables.number:
      return stored.featureTables
    case number.registrySchemaVersion.number:
      return [encoder.encode(registrySchemaVersion)]
    case number.versionId.number:
      return contents.versionId === '' ? [] : [encoder.encode(contents.versionId)]
    case number.lastUpdated.number:
      return contents.lastUpdated === null ? [] : [toBinary(TimestampSchema, timestampOf(contents.lastUpdated))]
    case number.projectMetadata.number:
      return contents.projectMetadata.map((metadata) => stored.projectMetadata.get(metadata) ?? metadataBytes(metadata))
    case number.infra.number: {
      const elements = contents.infrastructure.map((object) => infrastructureCodec.write(object, context))
      return nestedValue(elements, stored.infrastructureRest, stored.hasInfrastructure)
    }
    case number.featureViewVersionHistory.number: {
      const elements = contents.versionHistory.map((record) => versionCodec.write(record, context))
      return nestedValue(elements, stored.historyRest, stored.hasHistory)
    }
    default:
      throw new Error(`field ${field} of the registry is not written`)
  }
}

function objectValues<K extends RegistryKind>(kind: K, contents: RegistryContents): readonly Uint8Array[] {
  const context = writeContext(contents)
  return contents[kind].map((object) => codecs[kind].write(object, context))
}

function metadataBytes({ project, uuid }: ProjectMetadata): Uint8Array {
  return toBinary(ProjectMetadataSchema, create(ProjectMetadataSchema, { project, projectUuid: uuid }))
}

function nestedValue(elements: readonly Uint8Array[], rest: Uint8Array, present: boolean): readonly Uint8Array[] {
  if (elements.length === 0 && !present) return []
  const writer = new BinaryWriter()
  for (const element of elements) writer.tag(nestedList, WireType.LengthDelimited).bytes(element)
  return [writer.raw(rest).finish()]
}
