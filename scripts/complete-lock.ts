// Run it after a change of dependencies. npm leaves optional packages of other platforms out of the lock file when the
// registry at hand does not have them, and `npm ci` then refuses the file. This adds what it misses: name, version and
// the platform, which is all that npm needs to pass over a package that is not for this machine.
import { readFileSync, writeFileSync } from 'node:fs'

interface LockEntry {
  readonly version?: string
  readonly dev?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const systems = new Set(['android', 'darwin', 'freebsd', 'linux', 'openbsd', 'openharmony', 'win32'])
const processors = new Map(
  ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'].map((name) => [name, name]),
)
processors.set('armv7', 'arm')

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockEntry> }
const added: Record<string, object> = {}
for (const [owner, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const exact = /^\d/.test(version)
    if (!exact || `node_modules/${name}` in lock.packages || `${owner}/node_modules/${name}` in lock.packages) continue
    const words = name.split(/[-/]/)
    const os = words.filter((word) => systems.has(word))
    const cpu = words.flatMap((word) => processors.get(word) ?? [])
    added[`node_modules/${name}`] = {
      version,
      ...(cpu.length > 0 && { cpu }),
      ...(entry.dev === true && { dev: true }),
      ...(words.some((word) => word.startsWith('musl')) && { libc: ['musl'] }),
      optional: true,
      ...(os.length > 0 && { os }),
    }
  }
}
const packages = Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => (a < b ? -1 : 1))
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`)
console.log(`${Object.keys(added).length} packages added`)
