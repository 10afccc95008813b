import { type JsonObject, toJson } from '@bufbuild/protobuf'
import type { DataSource } from '../model/data-source.ts'
import {
  emptyRegistry,
  type RegistryContents,
  type RegistryKind,
  type RegistryObject,
} from '../model/registry-contents.ts'
import { codecs, writeContext } from './registry-objects.ts'

const kindOfObject: Readonly<Record<Exclude<RegistryObject['kind'], DataSource['kind']>, RegistryKind>> = {
  project: 'projects',
  entity: 'entities',
  featureView: 'featureViews',
  streamFeatureView: 'streamFeatureViews',
  onDemandFeatureView: 'onDemandFeatureViews',
  labelView: 'labelViews',
  featureService: 'featureServices',
  savedDataset: 'savedDatasets',
  validationReference: 'validationReferences',
  permission: 'permissions',
}

/** What kind of object of a registry it is: data sources have many kinds of their own. */
export function registryKindOf(object: RegistryObject): RegistryKind {
  const kinds: Readonly<Record<string, RegistryKind>> = kindOfObject
  return kinds[object.kind] ?? 'dataSources'
}

/**
 * The stored message of an object as JSON in protobuf's mapping: names in camel case, enums by name, bytes in base64,
 * times as text, defaults left out. `feast … describe` and `feast registry-dump` print this.
 */
export function describeObject(object: RegistryObject, contents: RegistryContents = emptyRegistry): JsonObject {
  return objectToJson(registryKindOf(object), object, contents)
}

function objectToJson<K extends RegistryKind>(
  kind: K,
  object: RegistryObject<K>,
  contents: RegistryContents,
): JsonObject {
  const codec = codecs[kind]
  return toJson(codec.schema, codec.message(object, writeContext(contents))) as JsonObject
}
