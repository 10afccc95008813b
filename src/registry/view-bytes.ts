import type { AnyFeatureView } from '../model/feature-view.ts'
import { viewLists } from '../model/registry-contents.ts'
import { objectFromBytes, objectToBytes } from '../wire/registry-objects.ts'

/** One view as its protobuf message, which the version history keeps: the bytes that stand in the registry for it. */
export function encodeView(view: AnyFeatureView): Uint8Array {
  return objectToBytes(viewLists[view.kind], view)
}

/** The view that {@link encodeView}, or Feast, wrote. */
export function decodeView(kind: AnyFeatureView['kind'], bytes: Uint8Array): AnyFeatureView {
  return objectFromBytes(viewLists[kind], bytes)
}
