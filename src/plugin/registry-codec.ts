import { emptyRegistry, isVacant, type RegistryContents } from '../model/registry-contents.ts'

/** What a registry of a third party needs besides a place for bytes. */
export interface RegistryCodec {
  /** What a registry that was never written holds. */
  readonly empty: RegistryContents
  /** True when nothing but the project is in it, so that it may be removed. */
  readonly isVacant: (contents: RegistryContents) => boolean
  /** Reads Feast's protobuf message. @throws an error for bytes that are none. */
  readonly fromBytes: (bytes: Uint8Array) => RegistryContents
  readonly toBytes: (contents: RegistryContents) => Uint8Array
}

/** Loaded on request: plug-ins of other kinds have no use for protobuf. */
export async function registryCodec(): Promise<RegistryCodec> {
  const { registryFromBytes, registryToBytes } = await import('../wire/registry.ts')
  return { empty: emptyRegistry, isVacant, fromBytes: registryFromBytes, toBytes: registryToBytes }
}
