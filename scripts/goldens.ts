/** Runs every golden of a folder: `npm run goldens -- DIR`. Exit code 1 when any failed, 2 without a folder. */
import { existsSync } from 'node:fs'
import { runGoldens } from '../test/goldens-runner/run-goldens.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined || !existsSync(folder)) {
  process.stderr.write('usage: npm run goldens -- DIR\n')
  process.exitCode = 2
} else {
  const failed = await runGoldens(folder, (line) => process.stdout.write(`${line}\n`))
  process.exitCode = failed === 0 ? 0 : 1
}
