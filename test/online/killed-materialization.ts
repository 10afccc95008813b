// A process of its own: materializes the repository of the folder named on the command line, one row per batch, and is
// killed in the middle of it, as by a machine that runs out of memory.
import { openStore } from '../../src/index.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('killed-materialization.ts FOLDER')
const store = await openStore(folder)
await store.apply()
await store.materialize({
  start: '2024-03-01',
  end: '2024-03-02',
  onProgress: ({ rowsDone }) => {
    if (rowsDone === 3) process.kill(process.pid, 'SIGKILL')
  },
})
