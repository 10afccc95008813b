import { type DescMessage, isMessage, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { storedForm } from '../model/registered.ts'
import { decodeMessage } from './malformed-bytes.ts'
import { mergeStored } from './merge-stored.ts'

/** How an object of the model and its message become each other. Both directions are pure. */
export interface Converter<Model extends object, Desc extends DescMessage> {
  readonly schema: Desc
  readonly toModel: (message: MessageShape<Desc>) => Model
  /** What the model says, without anything that is only stored. */
  readonly toMessage: (model: Model, context: WriteContext) => MessageShape<Desc>
}

/** What a message needs to know of other objects. */
export interface WriteContext {
  /** The serialised `feast.core.FeatureView` of the view that a view reads from, in the same project. */
  readonly sourceView: (project: string, name: string) => Uint8Array | undefined
}

/** The bytes that an object was read from. An object is never changed in place, so they stay true of it. */
const bytesOf = new WeakMap<object, Uint8Array>()

/** Reads a serialised message; the object remembers all of it. @throws MalformedBytes */
export function readObject<Model extends object, Desc extends DescMessage>(
  converter: Converter<Model, Desc>,
  bytes: Uint8Array,
): Model {
  const message = decodeMessage(converter.schema, bytes)
  const model = { ...converter.toModel(message), [storedForm]: message }
  bytesOf.set(model, bytes)
  return model
}

/** The message of an object: an edited one keeps what is stored and the model does not know. */
export function messageOf<Model extends object, Desc extends DescMessage>(
  converter: Converter<Model, Desc>,
  model: Model & { readonly [storedForm]?: unknown },
  context: WriteContext,
): MessageShape<Desc> {
  const next = converter.toMessage(model, context)
  const stored = model[storedForm]
  if (!isMessage(stored, converter.schema)) return next
  return mergeStored(converter.schema, stored, converter.toMessage(converter.toModel(stored), context), next)
}

/** Serialises an object. One that was read and not changed gives the bytes that it was read from. */
export function writeObject<Model extends object, Desc extends DescMessage>(
  converter: Converter<Model, Desc>,
  model: Model,
  context: WriteContext,
): Uint8Array {
  return bytesOf.get(model) ?? toBinary(converter.schema, messageOf(converter, model, context))
}
