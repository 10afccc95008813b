import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, realpath, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { emptyRegistry, isVacant, type RegistryContents } from '../../model/registry-contents.ts'
import type { RegistrySnapshot, RegistryStore } from '../../plugin/registry-store.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'
import { MalformedBytes } from '../../wire/malformed-bytes.ts'
import { objectWithoutProject, registryFromBytes, registryToBytes } from '../../wire/registry.ts'
import { registryPath } from './registry-path.ts'
import { replaceFile } from './replace-file.ts'
import { takeWriteLock } from './write-lock.ts'

/** A registry in one file, in Feast's format. */
class FileRegistryStore implements RegistryStore {
  readonly location: string
  readonly #clock: Clock
  #parsed: RegistrySnapshot | undefined

  constructor(path: string, clock: Clock) {
    this.location = path
    this.#clock = clock
  }

  async load(signal?: AbortSignal): Promise<RegistrySnapshot> {
    let bytes = await this.#read(signal)
    for (;;) {
      if (bytes === undefined) return { contents: emptyRegistry, revision: noRevision }
      const revision = revisionOf(bytes)
      // A server reads the same file every minute; parsing a large one would hold up its requests.
      if (this.#parsed?.revision === revision) return this.#parsed
      try {
        this.#parsed = { contents: this.#parse(bytes), revision }
        return this.#parsed
      } catch (error) {
        if (!isUnreadable(error)) throw error
        // Python Feast writes in place, so this may be half of what it is writing just now.
        await sleep(foreignWriteMs, undefined, { signal })
        const later = await this.#read(signal)
        if (later !== undefined && Buffer.compare(bytes, later) === 0) throw error
        bytes = later
      }
    }
  }

  async transact(
    change: (current: RegistrySnapshot) => RegistryContents | Promise<RegistryContents>,
  ): Promise<RegistrySnapshot> {
    const path = await this.#realPath()
    using _lock = await this.#lock(path)
    const current = await this.load()
    const changed = await change(current)
    if (changed === current.contents) return current
    const contents = { ...changed, versionId: randomUUID(), lastUpdated: this.#clock.now() }
    this.#requireReadable(contents)
    const bytes = registryToBytes(contents)
    await this.#attempt('write', () => replaceFile(path, bytes))
    return { contents, revision: revisionOf(bytes) }
  }

  async remove(): Promise<boolean> {
    const path = await this.#realPath()
    using _lock = await this.#lock(path)
    const { contents } = await this.load()
    if (!isVacant(contents)) return false
    await this.#attempt('remove', () => rm(path, { force: true }))
    return true
  }

  async close(): Promise<void> {}

  async #read(signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.location, { signal })
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      signal?.throwIfAborted()
      throw this.#accessError('read', error)
    }
  }

  /** @throws FTS3001 for what the bytes are; a fault of the program stays what it is. */
  #parse(bytes: Uint8Array): RegistryContents {
    try {
      const contents = registryFromBytes(bytes)
      const stray = objectWithoutProject(contents)
      if (stray === undefined) return contents
      const where = `"${stray.name}" is of project "${stray.project}"`
      throw new MalformedBytes(`${where}, which is not in it, so its end is missing`)
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error
      throw new FeatureStoreError('FTS3001', {
        message: `${this.location} is not a whole Feast registry: ${bytes.length === 0 ? 'it is empty' : error.message}.`,
        notes: ['the file was left as it is'],
        field: 'registry.path',
        cause: error,
      })
    }
  }

  /** A registry that the next load would take for a truncated one must not be written. */
  #requireReadable(contents: RegistryContents): void {
    const stray = objectWithoutProject(contents)
    if (stray === undefined) return
    throw new FeatureStoreError('FTS3005', {
      message: `The registry can not hold "${stray.name}": its project "${stray.project}" is not in the registry.`,
    })
  }

  /** The file itself where `location` leads over links, so that all writers of one file lock the same path. */
  async #realPath(): Promise<string> {
    const [folder, name] = [dirname(this.location), basename(this.location)]
    return this.#attempt('create the folder of', async () => {
      await mkdir(folder, { recursive: true })
      const path = join(await realpath(folder), name)
      return realpath(path).catch(() => path)
    })
  }

  async #lock(path: string): Promise<Disposable> {
    return this.#attempt('lock', () => takeWriteLock(`${path}.lock`))
  }

  async #attempt<T>(what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw error instanceof FeatureStoreError ? error : this.#accessError(what, error)
    }
  }

  #accessError(what: string, error: unknown): FeatureStoreError {
    const reason = error instanceof Error ? error.message : String(error)
    return new FeatureStoreError('FTS3004', {
      message: `Could not ${what} the registry ${this.location}: ${reason}.`,
      field: 'registry.path',
      cause: error,
    })
  }
}

/** How long a file must stay as it is to be judged. */
const foreignWriteMs = 50

/** The revision of a registry that was never written. */
const noRevision = ''

function revisionOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function isUnreadable(error: unknown): boolean {
  return error instanceof FeatureStoreError && error.code === 'FTS3001'
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** The classes of `registry_store_type` that stand for a file on this machine. */
const fileClasses: ReadonlySet<unknown> = new Set(['FileRegistryStore', 'feast.infra.registry.file.FileRegistryStore'])

/**
 * Opens the file of `registry.path`; nothing is read or written yet.
 * @throws FTS1004 without a path, FTS8001 when it is the URL of a store that is not built in or the configuration names
 * the class of one
 */
export async function openFileRegistryStore({ store, repoPath, clock }: StoreOptions): Promise<RegistryStore> {
  const { registry_store_type: storeClass } = store.registry.options
  if (storeClass !== undefined && storeClass !== null && !fileClasses.has(storeClass)) {
    throw new FeatureStoreError('FTS8001', {
      message: `A registry in a ${storeClass} can not be opened by this version of feast-ts.`,
      notes: ['built in: FileRegistryStore'],
      field: 'registry.registry_store_type',
    })
  }
  return new FileRegistryStore(registryPath(store.registry.path, repoPath), clock)
}
