// A process of its own: serves the repository of the folder named on the command line, is asked for a materialization
// that nobody waits for, says what it answered, and is killed before the first row is written.
import { writeSync } from 'node:fs'
import { openStore } from '../../src/index.ts'
import { httpApp } from '../../src/serve/http/http-server.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('killed-materialization-job.ts FOLDER')
const store = await openStore(folder)
let answered: (() => void) | undefined
const untilAnswered = new Promise<void>((resolve) => {
  answered = resolve
})
store.materialize = async () => {
  await untilAnswered
  process.kill(process.pid, 'SIGKILL')
  return { views: [] }
}
const app = await httpApp({ store })
const payload = { start_ts: '2024-01-01', end_ts: '2024-04-01', feature_views: ['cities'] }
const { statusCode } = await app.inject({ method: 'POST', url: '/materialize?async=true', payload })
writeSync(1, `${statusCode}\n`)
answered?.()
