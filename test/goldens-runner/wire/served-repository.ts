import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import type { Definitions } from '../../../src/model/definitions.ts'
import type { RegistryContents } from '../../../src/model/registry-contents.ts'
import { toDefinitions } from '../../../src/store/definitions-input.ts'
import type { FeatureStore } from '../../../src/store/feature-store.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { registryFromBytes } from '../../../src/wire/registry.ts'
import { copyWritable } from '../copy-writable.ts'
import { type JsonObject, objectOf } from '../golden-json.ts'
import { type PythonMode, portedFunction } from './python-function.ts'

/** The folder of the repository that the cases of a file were recorded with: it stands beside the file. */
export function repositoryOf(path: string, golden: JsonObject): string {
  const folder = dirname(path)
  if (typeof golden.repo === 'string') return join(folder, golden.repo)
  const sqlite = join(folder, 'sqlite')
  const found = existsSync(sqlite) ? readdirSync(sqlite).filter((name) => name.startsWith('all_types')) : []
  const [name] = found.sort()
  if (name === undefined) throw new Error(`${sqlite} holds no repository all_types…, which the cases start from`)
  return join(sqlite, name)
}

/** A copy of a recorded repository, opened as a server opens it that answers as Feast does. */
export interface ServedRepository extends AsyncDisposable {
  readonly store: FeatureStore
}

/**
 * Opens a copy of a repository, over its own SQLite store or over another one that holds the same.
 * @param compatibility null for a server with our own answers
 */
export async function openServed(
  folder: string,
  onlineStore?: object,
  compatibility: 'feast' | null = 'feast',
): Promise<ServedRepository> {
  const repo = mkdtempSync(join(tmpdir(), 'feast-ts-golden-'))
  copyWritable(folder, repo)
  const contents = registryFromBytes(new Uint8Array(readFileSync(join(repo, 'data/registry.db'))))
  const config = {
    ...objectOf(parse(readFileSync(join(repo, 'feature_store.yaml'), 'utf8'))),
    ...(onlineStore && { online_store: onlineStore }),
    ...(compatibility !== null && { compatibility }),
  }
  const store = await openStore(config, { repoPath: repo, definitions: portedViews(contents) })
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close()
      rmSync(repo, { recursive: true, force: true })
    },
  }
}

/** The on-demand views with their Python functions as somebody has written them again for feast-ts. */
function portedViews(contents: RegistryContents): Definitions {
  const onDemandFeatureViews = contents.onDemandFeatureViews.flatMap((view) => {
    const { transformation, singleton } = view
    const mode: PythonMode = singleton ? 'singleton' : transformation.mode === 'python' ? 'python' : 'pandas'
    const ported = portedFunction(transformation.bodyText, mode)
    return ported === undefined ? [] : [{ ...view, function: ported }]
  })
  return { ...toDefinitions([]), onDemandFeatureViews }
}
