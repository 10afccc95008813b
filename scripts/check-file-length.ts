/** No source file is longer than 500 lines: a longer one has more than one reason to change. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const limit = 500
const files = execFileSync(
  'git',
  ['ls-files', '-co', '--exclude-standard', '*.ts', '*.mts', '*.mjs', '*.cjs', '*.py'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file !== '' && !file.includes('/gen/'))

const long = files
  .map((file) => ({ file, lines: readFileSync(file, 'utf8').trimEnd().split('\n').length }))
  .filter(({ lines }) => lines > limit)

for (const { file, lines } of long) console.error(`${file} has ${lines} lines; the limit is ${limit}`)
process.exitCode = long.length === 0 ? 0 : 1
