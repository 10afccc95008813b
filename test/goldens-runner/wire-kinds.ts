import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type GoldenValue, objectOf, readGoldenJson } from './golden-json.ts'
import { Checks, NotInstalled, type Outcome } from './outcome.ts'
import { judgeEntityKeys } from './wire/entity-keys.ts'
import { judgeExtras } from './wire/extras.ts'
import { judgeGrpc } from './wire/grpc-cases.ts'
import { judgeRegistryFolder } from './wire/registry-folder.ts'
import { judgeRest } from './wire/rest-cases.ts'
import { judgeSqliteFolder } from './wire/sqlite-folder.ts'
import { judgeStore } from './wire/store-file.ts'
import { storeOfFile } from './wire/store-state.ts'

type Judge = (checks: Checks, path: string) => Promise<void>

interface Kind {
  /** Files that a folder of the kind holds, or names that a JSON file of the kind has at its top; any list will do. */
  readonly signs: readonly (readonly string[])[]
  readonly judge: Judge
}

/** Folders, by the files in them. */
const folders: readonly Kind[] = [
  { signs: [['data/online_store.db', 'online_store.json']], judge: judgeSqliteFolder },
  { signs: [['registry.db', 'registry.json']], judge: judgeRegistryFolder },
]

/** JSON files, by the names in them. */
const files: readonly Kind[] = [
  { signs: [['cases', 'prefixes'], ['deserialize_inputs'], ['hashes']], judge: judgeEntityKeys },
  { signs: [['dedup'], ['versioning'], ['sql_registry'], ['precomputed']], judge: judgeExtras },
]

/** How to run a folder that is one golden of the wire formats; undefined when it is not one. */
export function wireFolder(folder: string, name: string): (() => Promise<Outcome>) | undefined {
  const kind = folders.find(({ signs }) => signs.some((all) => all.every((file) => existsSync(join(folder, file)))))
  return kind === undefined ? undefined : () => judged(kind.judge, folder, name)
}

/** Runs one file of the wire goldens. A file of a kind that is not known fails, by name. */
export async function wireFile(path: string, name: string): Promise<Outcome> {
  const kind = path.endsWith('.json') ? kindOfFile(path) : undefined
  return judged(kind?.judge ?? unknownKind, path, name)
}

/** Files of cases, by the server that they were recorded with. */
const servers: readonly (readonly [string, Judge])[] = [
  ['feast serve', judgeRest],
  ['feast listen', judgeGrpc],
]

function kindOfFile(path: string): Kind | undefined {
  let content: GoldenValue
  try {
    content = readGoldenJson(path)
  } catch {
    return undefined
  }
  const { server } = objectOf(content)
  const served = servers.find(([prefix]) => typeof server === 'string' && server.startsWith(prefix))
  if (served !== undefined) return { signs: [], judge: served[1] }
  if (storeOfFile(content) !== undefined) return { signs: [], judge: judgeStore }
  const names = Object.keys(objectOf(content))
  return files.find(({ signs }) => signs.some((all) => all.every((sign) => names.includes(sign))))
}

async function unknownKind(checks: Checks, path: string): Promise<void> {
  checks.fail(basename(path), 'a kind of golden that can be run', 'this kind cannot be run yet')
}

async function judged(judge: Judge, path: string, name: string): Promise<Outcome> {
  const checks = new Checks()
  try {
    await judge(checks, path)
  } catch (error) {
    const mayBeSkipped = process.env.FEAST_TS_SERVICES !== 'required'
    if (error instanceof NotInstalled && mayBeSkipped) return { ...checks.outcome(name), skipped: error.message }
    checks.fail('golden', 'the golden can be read', error)
  }
  if (checks.outcome(name).passed + checks.outcome(name).failures.length === 0) {
    checks.fail('golden', 'something to judge', 'it is empty')
  }
  return checks.outcome(name)
}
