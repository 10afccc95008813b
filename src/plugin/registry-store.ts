import type { RegistryContents } from '../model/registry-contents.ts'

/** A state of the registry and its revision: a text that changes with every commit. */
export interface RegistrySnapshot {
  readonly contents: RegistryContents
  readonly revision: string
}

/** Where a registry is kept: a file, a database, a bucket. */
export interface RegistryStore {
  /** Where it is, for messages. Never holds a secret. */
  readonly location: string

  /**
   * The present state; the empty one when nothing was ever written.
   * @throws FTS3001 when there is something that is not a registry.
   */
  load(signal?: AbortSignal): Promise<RegistrySnapshot>

  /**
   * Applies `change` to the present state and stores the result, all or nothing. Writers at once are put in order:
   * `change` always sees what the one before it wrote, and may be called again when another came first. Returning the
   * same object means that nothing changes, and nothing is written. An error thrown by `change` leaves all as it was.
   */
  transact(
    change: (current: RegistrySnapshot) => RegistryContents | Promise<RegistryContents>,
  ): Promise<RegistrySnapshot>

  /**
   * Removes the registry itself, unless it holds an object: another writer may just have put one into it.
   * Returns whether it is gone.
   */
  remove(): Promise<boolean>

  close(): Promise<void>
}
