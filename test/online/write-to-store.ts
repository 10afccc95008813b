// A process of its own: writes events to an online store, one batch each, in the order of the command line.
import { openOnlineStore, rowsOf, tableOf } from './store-rows.ts'

const [block, view, keyCount, ...events] = process.argv.slice(2)
if (block === undefined || view === undefined) throw new Error('write-to-store.ts ONLINE_STORE VIEW KEYS EVENT…')
const store = await openOnlineStore(JSON.parse(block))
for (const event of events) await store.write(rowsOf(tableOf(view), Number(keyCount), Number(event)))
await store.close()
