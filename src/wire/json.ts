import { type JsonObject, toJson } from '@bufbuild/protobuf'
import type { DataSource } from '../model/data-source.ts'
import {
  emptyRegistry,
  type InfrastructureObject,
  type RegistryContents,
  type RegistryKind,
  type RegistryObject,
  viewLists,
} from '../model/registry-contents.ts'
import { shortestSingle } from './convert.ts'
import { codecs, infrastructureCodec, writeContext } from './registry-objects.ts'

const kindOfObject: Readonly<Record<Exclude<RegistryObject['kind'], DataSource['kind']>, RegistryKind>> = {
  project: 'projects',
  entity: 'entities',
  ...viewLists,
  featureService: 'featureServices',
  savedDataset: 'savedDatasets',
  validationReference: 'validationReferences',
  permission: 'permissions',
}

/** What kind of object of a registry it is: data sources have many kinds of their own. */
function registryKindOf(object: RegistryObject): RegistryKind {
  const kinds: Readonly<Record<string, RegistryKind>> = kindOfObject
  return kinds[object.kind] ?? 'dataSources'
}

/**
 * An object as `feast … describe` and `feast registry-dump` print it: its message in protobuf's JSON mapping (names in
 * camel case, enums by name, bytes in base64, times as text, defaults left out), without its project and without the
 * class of a data source.
 */
export function describeObject(object: RegistryObject, contents: RegistryContents = emptyRegistry): JsonObject {
  const kind = registryKindOf(object)
  const json = objectToJson(kind, object, contents)
  if (kind === 'dataSources' || kind === 'validationReferences') {
    const { project: _project, dataSourceClassType, ...rest } = json
    const keepsClass = dataSourceClassType !== undefined && classedSources.has(object.kind)
    return keepsClass ? { ...rest, dataSourceClassType } : rest
  }
  const { spec, ...rest } = json
  if (!isJsonObject(spec)) return json
  const { project: _project, ...shown } = spec
  return { spec: withShortRate(shown), ...rest }
}

/** Data sources that say their class themselves, so that Feast prints it. */
const classedSources: ReadonlySet<string> = new Set(['spark', 'custom', 'unknown'])

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The one number of single precision: its shortest form, not that of the double nearest to it. */
function withShortRate(spec: JsonObject): JsonObject {
  const { loggingConfig } = spec
  if (!isJsonObject(loggingConfig) || typeof loggingConfig.sampleRate !== 'number') return spec
  return { ...spec, loggingConfig: { ...loggingConfig, sampleRate: shortestSingle(loggingConfig.sampleRate) } }
}

/** A resource as `feast registry-dump` prints it: a table by its own message, anything else with its class. */
export function describeInfrastructure(object: InfrastructureObject): JsonObject {
  const { schema, message } = infrastructureCodec
  const json = toJson(schema, message(object, writeContext(emptyRegistry)))
  if (!isJsonObject(json)) return {}
  const { sqliteTable } = json
  return isJsonObject(sqliteTable) ? sqliteTable : json
}

function objectToJson<K extends RegistryKind>(
  kind: K,
  object: RegistryObject<K>,
  contents: RegistryContents,
): JsonObject {
  const codec = codecs[kind]
  const json = toJson(codec.schema, codec.message(object, writeContext(contents)))
  return isJsonObject(json) ? json : {}
}
