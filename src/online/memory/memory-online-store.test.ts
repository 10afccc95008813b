import { describe, it } from 'vitest'
import { describeOnlineStore } from '../../testing/online-store-conformance.ts'
import { openMemoryOnlineStore } from './memory-online-store.ts'

const tables: NonNullable<Parameters<typeof openMemoryOnlineStore>[0]> = new Map()

describeOnlineStore({ describe, it }, { name: 'memory', open: async () => openMemoryOnlineStore(tables) })
