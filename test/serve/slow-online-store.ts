import { setTimeout as sleep } from 'node:timers/promises'
import { openMemoryOnlineStore } from '../../src/online/memory/memory-online-store.ts'
import { definePlugin } from '../../src/plugin/define-plugin.ts'

/**
 * A store in memory that takes `read_seconds` for every read. It stops when it is told to, unless it is `stubborn`.
 */
export default definePlugin({
  name: 'slow',
  kind: 'online_store',
  capabilities: openMemoryOnlineStore().capabilities,
  open: async ({ config }) => {
    const store = openMemoryOnlineStore()
    const { read_seconds: seconds, stubborn } = config.options
    const read = store.read.bind(store)
    return Object.assign(store, {
      read: async (...[reads, signal]: Parameters<typeof read>) => {
        const stop = stubborn === true || signal === undefined ? {} : { signal }
        await sleep(Number(seconds) * 1000, undefined, { ...stop, ref: false })
        return read(reads, signal)
      },
    })
  },
})
