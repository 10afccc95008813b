// Runs a command under the Node and the packages of this repository, installing them first when they are missing or
// when the lock file has changed. Plain old syntax: the first run is on whatever Node the machine has (20 or newer).
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'node_modules', '.installed-lock')

const lock = readFileSync(join(root, 'package-lock.json'))
const wanted = createHash('sha256').update(lock).digest('hex')

if (!isInstalled()) {
  console.log('Installing packages (only the first time, and when they change) …')
  const options = ['--no-audit', '--no-fund', '--loglevel=error']
  // A registry may lack optional packages of other platforms; `npm ci` stops at that, `npm install` does not.
  if (!npm(['ci', ...options]) && !npm(['install', '--no-save', ...options])) {
    console.error('The packages could not be installed; see above.')
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}

const [command, ...args] = process.argv.slice(2)
if (command !== undefined) {
  const PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH },
    shell: process.platform === 'win32',
  })
  if (done.error) console.error(`${command} could not be run: ${done.error.message}`)
  process.exit(done.status === null ? 1 : done.status)
}

function npm(words) {
  const program = process.env.npm_execpath
  const done =
    program === undefined
      ? spawnSync('npm', words, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
      : spawnSync(process.execPath, [program, ...words], { cwd: root, stdio: 'inherit' })
  return done.status === 0
}

/** True when a former run installed this lock file, or npm did so by itself. */
function isInstalled() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true
  const record = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const same = Object.entries(JSON.parse(lock.toString()).packages).every(
    ([path, entry]) =>
      path === '' ||
      (installed[path] === undefined ? entry.optional === true : installed[path].version === entry.version),
  )
  if (same) writeFileSync(stamp, wanted)
  return same
}
