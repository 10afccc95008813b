import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fromBinary, toJson } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { storedForm } from '../../src/model/registered.ts'
import { type RegistryContents, type RegistryKind, registryKinds } from '../../src/model/registry-contents.ts'
import { type Registry, RegistrySchema } from '../../src/wire/gen/feast/core/Registry_pb.ts'
import { registryFromBytes, registryToBytes } from '../../src/wire/registry.ts'

const goldens = join(import.meta.dirname, '../goldens/wire')

interface Golden {
  readonly name: string
  readonly bytes: Uint8Array
  /** The registry as real Feast decoded it, by proto names. */
  readonly decoded: unknown
}

const registries: readonly Golden[] = globSync(['registry/*/registry.json', 'sqlite/*/registry.json'], { cwd: goldens })
  .sort()
  .map((path) => {
    const folder = join(goldens, dirname(path))
    const [file = ''] = globSync(['registry.db', 'data/registry.db'], { cwd: folder })
    const json = JSON.parse(readFileSync(join(goldens, path), 'utf8'))
    return { name: dirname(path), bytes: readFileSync(join(folder, file)), decoded: json.decoded ?? json }
  })

const kinds = Object.keys(registryKinds) as RegistryKind[]

const decode = (bytes: Uint8Array): Registry => fromBinary(RegistrySchema, new Uint8Array(bytes))
const decodeJson = (bytes: Uint8Array): unknown => toJson(RegistrySchema, decode(bytes), { useProtoFieldName: true })

/** Every object as a copy, as an edit makes one: what was read is remembered, its bytes are not. */
function copied(contents: RegistryContents): RegistryContents {
  const lists = kinds.map((kind) => [kind, contents[kind].map((object) => ({ ...object }))])
  return {
    ...contents,
    ...Object.fromEntries(lists),
    infrastructure: contents.infrastructure.map((each) => ({ ...each })),
    versionHistory: contents.versionHistory.map((each) => ({ ...each })),
  }
}

/** Every object as the model alone knows it, without what the registry remembers of its stored form. */
function stripped(contents: RegistryContents): RegistryContents {
  const strip = <T extends object>(object: T): T => {
    const copy: T & { [storedForm]?: unknown } = { ...object }
    delete copy[storedForm]
    return copy
  }
  const lists = kinds.map((kind) => [kind, contents[kind].map(strip)])
  return strip({
    ...contents,
    ...Object.fromEntries(lists),
    infrastructure: contents.infrastructure.map(strip),
    versionHistory: contents.versionHistory.map(strip),
  })
}

describe.each(registries)('$name', ({ bytes, decoded }) => {
  test('decodes to what real Feast decodes', () => {
    expect(decodeJson(bytes)).toEqual(decoded)
  })

  test('gives the same bytes when nothing was changed', () => {
    expect(Buffer.compare(registryToBytes(registryFromBytes(bytes)), bytes)).toBe(0)
  })

  test('gives the same message when every object was copied', () => {
    const again = registryToBytes(copied(registryFromBytes(bytes)))
    expect(decode(again)).toEqual(decode(bytes))
  })

  test('gives the same message from the model alone, but for what the model leaves to the stored form', () => {
    const again = registryToBytes(stripped(registryFromBytes(bytes)))
    expect(modelled(decode(again))).toEqual(modelled(decode(bytes)))
  })
})

/** A registry without what the model knows to be the same, or does not know. */
function modelled(registry: Registry): Registry {
  for (const source of sourcesOf(registry)) {
    // No format and Parquet are the same to Feast.
    if (source.options.case === 'fileOptions' && source.options.value.fileFormat?.format.case === 'parquetFormat') {
      delete source.options.value.fileFormat
    }
    // The class of a file source goes without saying, and some paths through Feast leave it out.
    if (source.options.case === 'fileOptions') source.dataSourceClassType = ''
  }
  for (const { spec } of registry.onDemandFeatureViews) {
    // The column of the entity that stands for none: `feast apply` writes it, the Python API does not.
    if (spec?.entities[0] === '__dummy') spec.entityColumns = []
  }
  for (const reference of registry.validationReferences) {
    reference.profiler = { case: undefined }
    reference.cachedProfile = { case: undefined }
  }
  return registry
}

function sourcesOf(registry: Registry): Registry['dataSources'] {
  const ofViews = registry.featureViews.flatMap(({ spec }) => [spec?.batchSource, spec?.streamSource])
  const ofServices = registry.featureServices.flatMap(
    ({ spec }) => spec?.features.map((each) => each.batchSource) ?? [],
  )
  return [...registry.dataSources, ...ofViews, ...ofServices].filter((source) => source !== undefined)
}

test('there are goldens of every kind of object', () => {
  const present = registries.flatMap(({ bytes }) => {
    const contents = registryFromBytes(bytes)
    return kinds.filter((kind) => contents[kind].length > 0)
  })
  expect(new Set(present)).toEqual(new Set(kinds))
})
