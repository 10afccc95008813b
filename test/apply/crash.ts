import type { OnlineStore } from '../../src/plugin/online-store.ts'
import type { RegistryStore } from '../../src/plugin/registry-store.ts'
import type { ContextOptions } from './parts.ts'

/** The points between the steps of an apply, in order. */
export const steps = ['make tables', 'before commit', 'after commit', 'drop tables'] as const
export type Step = (typeof steps)[number]

/** The store as an object whose methods can be replaced one by one. */
export function forward(store: OnlineStore): OnlineStore {
  return {
    capabilities: store.capabilities,
    ping: (signal) => store.ping(signal),
    read: (...args) => store.read(...args),
    write: (...args) => store.write(...args),
    infrastructure: (tables) => store.infrastructure(tables),
    update: (change) => store.update(change),
    teardown: (tables) => store.teardown(tables),
    close: () => store.close(),
  }
}

/** Real stores with `crash` called at one step of an apply. */
export function crashing(
  step: Step,
  registry: RegistryStore,
  crash: () => void,
): Pick<ContextOptions, 'registry' | 'online'> {
  let committed = false
  return {
    registry: {
      location: registry.location,
      load: (signal) => registry.load(signal),
      remove: () => registry.remove(),
      close: () => registry.close(),
      transact: async (change) => {
        if (step === 'before commit') crash()
        const snapshot = await registry.transact(change)
        committed = true
        if (step === 'after commit') crash()
        return snapshot
      },
    },
    online: (store) => ({
      ...forward(store),
      update: async (change) => {
        if (step === (committed ? 'drop tables' : 'make tables')) crash()
        await store.update(change)
      },
    }),
  }
}
