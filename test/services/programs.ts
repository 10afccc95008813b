import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Account } from './server-process.ts'

/** Where programs lie that Debian and Homebrew do not put on the path of every user. */
const otherFolders = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']

/** The path of a program, or undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...otherFolders, ...postgresFolders()]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** {@link findProgram} for a program that a service needs; {@link missingFor} has told whether it is there. */
export function program(name: string): string {
  const path = findProgram(name)
  if (path === undefined) throw new Error(`${name} is not installed`)
  return path
}

/** Debian keeps a folder per major version; the newest first. */
function postgresFolders(): readonly string[] {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return []
  const versions = readdirSync(root).toSorted((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(root, version, 'bin'))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The first of these accounts that there is, when this process is root; else undefined: the server runs as we do. */
export function accountOf(...names: readonly string[]): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of names) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      // No such account.
    }
  }
  return undefined
}

/** The jars of DynamoDB Local, kept between runs. */
export const dynamodbVersion = '2.6.1'
export const dynamodbJars = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'feast-ts',
  `dynamodb-local-${dynamodbVersion}`,
)

interface Need {
  readonly programs: readonly string[]
  /** Files that must be there besides the programs. */
  readonly files?: readonly string[]
  /** Debian packages that bring them. */
  readonly packages: readonly string[]
  /** What to run; default installing the packages. */
  readonly install?: string
}

/** What each service needs on this machine. */
export const needs = {
  redis: { programs: ['redis-server', 'redis-cli', 'openssl'], packages: ['redis-server', 'openssl'] },
  'redis-sentinel': {
    programs: ['redis-server', 'redis-cli', 'redis-sentinel'],
    packages: ['redis-server', 'redis-sentinel'],
  },
  postgres: { programs: ['postgres', 'initdb', 'openssl'], packages: ['postgresql', 'openssl'] },
  mariadb: { programs: ['mariadbd', 'mariadb-install-db'], packages: ['mariadb-server'] },
  dynamodb: {
    programs: ['java'],
    files: [join(dynamodbJars, `DynamoDBLocal-${dynamodbVersion}.jar`)],
    packages: ['default-jre-headless', 'maven'],
    install: 'npm run services',
  },
} as const satisfies Readonly<Record<string, Need>>

export type ServiceName = keyof typeof needs

/** What is not installed that a service needs, with the command that brings it; undefined when all is there. */
export function missingFor(name: ServiceName): string | undefined {
  const need: Need = needs[name]
  const missing = [
    ...need.programs.filter((each) => findProgram(each) === undefined),
    ...(need.files ?? []).filter((file) => !existsSync(file)),
  ]
  if (missing.length === 0) return undefined
  return `${missing.join(', ')} not found; ${need.install ?? `apt-get install ${need.packages.join(' ')}`}`
}
