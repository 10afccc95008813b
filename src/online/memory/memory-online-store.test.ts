import { describe, it } from 'vitest'
import type { OnlineStore } from '../../plugin/online-store.ts'
import { describeOnlineStore } from '../../testing/online-store-conformance.ts'
import { openMemoryOnlineStore } from './memory-online-store.ts'

const store = openMemoryOnlineStore()

describeOnlineStore(
  { describe, it },
  { name: 'memory', open: async (): Promise<OnlineStore> => store, eventPrecisionMicros: 1n },
)
