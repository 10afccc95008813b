import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import { emptyRegistry } from '../model/registry-contents.ts'
import { RegistrySchema } from '../wire/gen/feast/core/Registry_pb.ts'
import { registryFromBytes, registryToBytes } from '../wire/registry.ts'
import { putView } from './change.ts'
import { viewLists } from './view-lists.ts'

/** One view as its protobuf message, which the version history keeps: the bytes that stand in the registry for it. */
export function encodeView(view: AnyFeatureView): Uint8Array {
  const field = fieldOf(view.kind)
  const reader = new BinaryReader(registryToBytes(putView(emptyRegistry, view)))
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    if (number === field) return reader.bytes()
    reader.skip(wireType, number)
  }
  throw new FeatureStoreError('FTS9001', { message: `View "${view.name}" has no bytes in its own registry.` })
}

/** The view that {@link encodeView}, or Feast, wrote. */
export function decodeView(kind: AnyFeatureView['kind'], bytes: Uint8Array): AnyFeatureView | undefined {
  const registry = new BinaryWriter().tag(fieldOf(kind), WireType.LengthDelimited).bytes(bytes).finish()
  return registryFromBytes(registry)[viewLists[kind]][0]
}

function fieldOf(kind: AnyFeatureView['kind']): number {
  return RegistrySchema.field[viewLists[kind]].number
}
