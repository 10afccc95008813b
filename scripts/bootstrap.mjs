// Runs a command under the Node and the packages of this repository, installing them first when they are missing or
// when the lock file has changed. Plain old syntax: the first run is on whatever Node the machine has (20 or newer).
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

// The project, and the tools that need an older TypeScript than it.
for (const folder of [root, join(root, 'tools')]) {
  const lock = readFileSync(join(folder, 'package-lock.json'))
  if (isInstalled(folder, lock)) continue
  console.log(`Installing packages into ${join(folder, 'node_modules')} (the first time, and when they change) …`)
  const options = ['--no-audit', '--no-fund', '--loglevel=error']
  // A registry may lack optional packages of other platforms; `npm ci` stops at that, `npm install` does not.
  if (!npm(folder, ['ci', ...options]) && !npm(folder, ['install', '--no-save', ...options])) {
    console.error('The packages could not be installed; see above.')
    process.exit(1)
  }
  writeFileSync(stampOf(folder), hashOf(lock))
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

function npm(folder, words) {
  const program = process.env.npm_execpath
  const options = { cwd: folder, stdio: 'inherit' }
  const done =
    program === undefined
      ? spawnSync('npm', words, { ...options, shell: process.platform === 'win32' })
      : spawnSync(process.execPath, [program, ...words], options)
  return done.status === 0
}

function stampOf(folder) {
  return join(folder, 'node_modules', '.installed-lock')
}

function hashOf(lock) {
  return createHash('sha256').update(lock).digest('hex')
}

/** True when a former run installed this lock file, or npm did so by itself. */
function isInstalled(folder, lock) {
  const stamp = stampOf(folder)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOf(lock)) return true
  const record = join(folder, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const same = Object.entries(JSON.parse(lock.toString()).packages).every(
    ([path, entry]) =>
      path === '' ||
      (installed[path] === undefined ? entry.optional === true : installed[path].version === entry.version),
  )
  if (same) writeFileSync(stamp, hashOf(lock))
  return same
}
