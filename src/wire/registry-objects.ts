import type { DescMessage } from '@bufbuild/protobuf'
import {
  emptyRegistry,
  type FeatureViewVersion,
  type InfrastructureObject,
  type RegistryContents,
  type RegistryKind,
  type RegistryObject,
} from '../model/registry-contents.ts'
import { dataSourceConverter } from './data-source.ts'
import { entityConverter } from './entity.ts'
import { featureServiceConverter } from './feature-service.ts'
import { featureViewConverter } from './feature-view.ts'
import { infrastructureConverter } from './infrastructure.ts'
import { labelViewConverter } from './label-view.ts'
import { onDemandFeatureViewConverter } from './on-demand-feature-view.ts'
import { permissionConverter } from './permission.ts'
import { projectConverter } from './project.ts'
import { savedDatasetConverter, validationReferenceConverter } from './saved-dataset.ts'
import { type Converter, messageOf, readObject, type WriteContext, writeObject } from './stored-form.ts'
import { streamFeatureViewConverter } from './stream-feature-view.ts'
import { versionConverter } from './version-history.ts'

/** One kind of object with its types hidden, so that all kinds can stand in one table. */
interface ObjectCodec<Model extends object> {
  readonly schema: DescMessage
  readonly read: (bytes: Uint8Array) => Model
  readonly write: (model: Model, context: WriteContext) => Uint8Array
  readonly message: (model: Model, context: WriteContext) => ReturnType<typeof messageOf>
}

function codec<Model extends object, Desc extends DescMessage>(converter: Converter<Model, Desc>): ObjectCodec<Model> {
  return {
    schema: converter.schema,
    read: (bytes) => readObject(converter, bytes),
    write: (model, context) => writeObject(converter, model, context),
    message: (model, context) => messageOf(converter, model, context),
  }
}

export const codecs: { readonly [K in RegistryKind]: ObjectCodec<RegistryObject<K>> } = {
  projects: codec(projectConverter),
  entities: codec(entityConverter),
  dataSources: codec(dataSourceConverter),
  featureViews: codec(featureViewConverter),
  streamFeatureViews: codec(streamFeatureViewConverter),
  onDemandFeatureViews: codec(onDemandFeatureViewConverter),
  labelViews: codec(labelViewConverter),
  featureServices: codec(featureServiceConverter),
  savedDatasets: codec(savedDatasetConverter),
  validationReferences: codec(validationReferenceConverter),
  permissions: codec(permissionConverter),
}

export const infrastructureCodec: ObjectCodec<InfrastructureObject> = codec(infrastructureConverter)
export const versionCodec: ObjectCodec<FeatureViewVersion> = codec(versionConverter)

/** Looks for source views among the feature views of a registry. */
export function writeContext(contents: RegistryContents): WriteContext {
  const busy = new Set<string>()
  const context: WriteContext = {
    sourceView: (project, name) => {
      const view = contents.featureViews.find((each) => each.name === name && each.project === project)
      if (view === undefined || busy.has(name)) return undefined
      busy.add(name)
      try {
        return codecs.featureViews.write(view, context)
      } finally {
        busy.delete(name)
      }
    },
  }
  return context
}

/**
 * The serialised message of one object, as every registry of Feast keeps it.
 * @param contents where the views stand that a view of views reads from
 */
export function objectToBytes<K extends RegistryKind>(
  kind: K,
  object: RegistryObject<K>,
  contents: RegistryContents = emptyRegistry,
): Uint8Array {
  return codecs[kind].write(object, writeContext(contents))
}

/** @throws an error of the decoder when the bytes are not a message of that kind. */
export function objectFromBytes<K extends RegistryKind>(kind: K, bytes: Uint8Array): RegistryObject<K> {
  return codecs[kind].read(bytes)
}
