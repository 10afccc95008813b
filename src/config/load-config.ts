import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { didYouMean } from '../base/suggest.ts'
import type { FeatureStoreConfig } from './feature-store-config.ts'
import { doubtfulKeys, parseConfig } from './parse-config.ts'
import { readYaml } from './read-yaml.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface LoadConfigOptions {
  /** The feature repository: where `feature_store.yaml` is looked for, and the base of relative paths. */
  readonly repoPath: string
  /** An explicit file; relative to the current directory. */
  readonly yamlPath?: string | undefined
  /** Defaults to `process.env`. */
  readonly env?: Environment | undefined
}

export interface LoadedConfig {
  readonly config: FeatureStoreConfig
  /** Absolute. */
  readonly repoPath: string
  /** The keys and values as written, after expansion of variables. Holds secrets. */
  readonly written: Readonly<Record<string, unknown>>
  /** What Feast would silently ignore though it looks like a mistake. */
  readonly warnings: readonly string[]
}

/**
 * Loads the configuration of a feature repository. An explicit file comes first, then `FEATURE_STORE_YAML_BASE64`,
 * then `FEAST_FS_YAML_FILE_PATH`, then `feature_store.yaml` in the repository.
 * @throws FTS1001 when there is no file, FTS1002 … FTS1008 when something is wrong with it.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const env = options.env ?? process.env
  const repoPath = resolve(options.repoPath)
  const { text, name, path } = await readText(options.yamlPath, repoPath, env)
  const { value, source } = await readYaml(text, { name, path }, env)
  const config = parseConfig(value, source)
  const written = value as Readonly<Record<string, unknown>>
  return { config, repoPath, written, warnings: doubtfulKeys(written) }
}

interface ConfigText {
  readonly text: string
  readonly name: string
  readonly path: string | null
}

async function readText(yamlPath: string | undefined, repoPath: string, env: Environment): Promise<ConfigText> {
  const encoded = env.FEATURE_STORE_YAML_BASE64
  if (yamlPath === undefined && encoded) return decode(encoded)
  const path = resolve(yamlPath ?? (env.FEAST_FS_YAML_FILE_PATH || resolve(repoPath, 'feature_store.yaml')))
  try {
    return { text: await readFile(path, 'utf8'), name: path, path }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw new FeatureStoreError('FTS1001', {
        message: `The feature repo configuration file ${path} cannot be read${code === undefined ? '' : ` (${code})`}.`,
        cause,
      })
    }
    throw new FeatureStoreError('FTS1001', {
      message: `Can't find feature repo configuration file at ${path}.`,
      hint: await whatWasMeant(path),
      notes: ['make a new feature repository with: feast init my_project'],
      cause,
    })
  }
}

/** The file that was meant: one of nearly that name, in a folder of nearly that name, or where Feast's `init` puts it. */
async function whatWasMeant(path: string): Promise<string | undefined> {
  const folder = dirname(path)
  const below = join(folder, 'feature_repo')
  if ((await namesIn(below))?.includes(basename(path))) return `did you mean ${join(below, basename(path))}?`
  const files = await namesIn(folder)
  const [place, name, names] =
    files === undefined
      ? [dirname(folder), basename(folder), await namesIn(dirname(folder))]
      : [folder, basename(path), files]
  const near = didYouMean(name, names ?? [])
  return near === undefined ? undefined : `did you mean ${join(place, near)}?`
}

const namesIn = (folder: string): Promise<readonly string[] | undefined> => readdir(folder).catch(() => undefined)

function decode(encoded: string): ConfigText {
  const compact = encoded.replace(/\s/g, '')
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(compact)) {
    throw new FeatureStoreError('FTS1008', {
      message: 'The environment variable FEATURE_STORE_YAML_BASE64 does not hold base64.',
      field: 'FEATURE_STORE_YAML_BASE64',
    })
  }
  const text = Buffer.from(compact, 'base64').toString('utf8')
  return { text, name: 'FEATURE_STORE_YAML_BASE64', path: null }
}
