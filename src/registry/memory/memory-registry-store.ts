import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '../../base/clock.ts'
import { emptyRegistry, isVacant, type RegistryContents } from '../../model/registry-contents.ts'
import type { RegistrySnapshot, RegistryStore } from '../../plugin/registry-store.ts'

/** A registry that lives as long as the process, for tests of features. */
export function openMemoryRegistryStore(
  initial: RegistryContents = emptyRegistry,
  clock: Clock = systemClock,
): RegistryStore {
  let current: RegistrySnapshot = { contents: initial, revision: initial.versionId }
  let last: Promise<unknown> = Promise.resolve()

  const commit: RegistryStore['transact'] = async (change) => {
    const contents = await change(current)
    if (contents === current.contents) return current
    const versionId = randomUUID()
    current = { contents: { ...contents, versionId, lastUpdated: clock.now() }, revision: versionId }
    return current
  }

  return {
    location: 'memory',
    load: async () => current,
    transact: (change) => {
      const result = last.then(() => commit(change))
      last = result.catch(() => undefined)
      return result
    },
    remove: async () => {
      if (!isVacant(current.contents)) return false
      current = { contents: emptyRegistry, revision: '' }
      return true
    },
    close: async () => {},
  }
}
