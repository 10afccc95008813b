/** Runs every golden of a folder: `npm run goldens -- DIR`. Exit code 1 when any failed, 2 without a folder. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { runGoldens } from '../test/goldens-runner/run-goldens.ts'

const [given] = process.argv.slice(2)
// npm runs scripts in the repository; the folder is meant from where npm was called.
const folder = given === undefined ? undefined : resolve(process.env.INIT_CWD ?? '.', given)
if (folder === undefined || !existsSync(folder)) {
  process.stderr.write('usage: npm run goldens -- DIR\n')
  process.exitCode = 2
} else {
  const failed = await runGoldens(folder, (line) => process.stdout.write(`${line}\n`))
  process.exitCode = failed === 0 ? 0 : 1
}
