// A process of its own: accepts pushes to the offline store of the repository of the folder named on the command line,
// says on its standard output which rows it has acknowledged, and is killed at the step named there.
import fs, { writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { openStore } from '../../src/index.ts'
import { OfflinePushBatching } from '../../src/serve/push-batching/offline-push-batching.ts'
import { PushSpool } from '../../src/serve/push-batching/push-spool.ts'

const [folder, step, first] = process.argv.slice(2)
if (folder === undefined || step === undefined) throw new Error('killed-push-batching.ts FOLDER STEP FIRST')

/** A step of which the given occurrence is the last thing that happens. */
const [stepName, occurrence = '1'] = step.split('#')
let seen = 0
function at(name: string): void {
  if (name !== stepName) return
  seen += 1
  if (seen === Number(occurrence)) process.kill(process.pid, 'SIGKILL')
}

for (const method of ['add', 'nextBatch', 'done'] as const) {
  const own: unknown = PushSpool.prototype[method]
  Object.defineProperty(PushSpool.prototype, method, {
    value(...args: unknown[]) {
      at(`before ${method}`)
      const result: unknown = Reflect.apply(own as () => unknown, this, args)
      at(`after ${method}`)
      return result
    },
  })
}
const { rename } = fs.promises
fs.promises.rename = async (from, to) => {
  const isHistory = String(to).includes('history')
  if (isHistory) at('before rename')
  await rename(from, to)
  if (isHistory) at('after rename')
}
syncBuiltinESMExports()

const store = await openStore(folder)
const batching = new OfflinePushBatching({
  store: {
    pushedHistories: (source) => store.pushedHistories(source),
    async addToHistory(request) {
      await store.addToHistory(request)
      at('after addToHistory')
    },
  },
  settings: { batchRows: 4, intervalSeconds: 0.05, folder: `${folder}/state` },
  logger: silentLogger,
  clock: systemClock,
})

async function push(id: number): Promise<void> {
  const rows = [{ driver_id: id, at: '2024-03-01T12:00:00Z', rate: id / 10 }]
  await batching.accept(await batching.fit('feed', rows))
  writeSync(1, `${id}\n`)
  at('after answer')
}

const start = Number(first)
for (let id = start; id < start + 12; id += 3) {
  await Promise.all([push(id), push(id + 1), push(id + 2)])
  await new Promise((resolve) => setTimeout(resolve, 60))
}
await batching.close()
await store.close()
