import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf'

/** Bytes that are not what they should be. Whoever knows where they came from says so to the user. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes'
}

/** Runs a step that fails only because of the bytes that it reads. @throws MalformedBytes */
export function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new MalformedBytes(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Decodes a message. @throws MalformedBytes */
export function decodeMessage<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  return reading(() => fromBinary(schema, bytes))
}
