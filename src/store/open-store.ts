import { dirname, resolve } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { once } from '../base/once.ts'
import type { FeatureStoreConfig } from '../config/feature-store-config.ts'
import { loadConfig } from '../config/load-config.ts'
import { parseConfig } from '../config/parse-config.ts'
import { loadRepository } from '../repository/load-repository.ts'
import { type DefinitionsInput, toDefinitions } from './definitions-input.ts'
import { FeatureStore } from './feature-store.ts'
import { openContext } from './open-context.ts'

export interface OpenStoreOptions {
  /** The program's own definitions: what apply uses, and where on-demand functions are found. */
  readonly definitions?: DefinitionsInput | undefined
  /** Where "now" comes from. Default: the system's clock. */
  readonly clock?: Clock | undefined
  /** Default: nothing is logged. */
  readonly logger?: Logger | undefined
  /** Another file than the folder's feature_store.yaml; relative to the working directory. */
  readonly yamlPath?: string | undefined
  /** The base of relative paths, when the configuration is an object. Default: the working directory. */
  readonly repoPath?: string | undefined
  /** How old the registry's contents may be; 0 for any age, when the program itself reads it again. Default: the configuration's. */
  readonly registryTtlSeconds?: number | undefined
  /** Variables that the YAML may name. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * Opens the feature store of a folder with a `feature_store.yaml`, of such a file, or of a configuration given as an
 * object with the keys of the file. Nothing is read from the registry or the stores, and no engine is loaded, before it
 * is needed. Close it, or declare it with `await using`.
 * @throws FTS1xxx for the configuration, FTS8001 for a registry type that is not built in.
 */
export async function openStore(
  pathOrConfig: string | Readonly<Record<string, unknown>> = '.',
  options: OpenStoreOptions = {},
): Promise<FeatureStore> {
  const { config, repoPath, inRepository } = await configured(pathOrConfig, options)
  const definitions = once(async () =>
    options.definitions === undefined
      ? inRepository
        ? await loadRepository(repoPath)
        : undefined
      : toDefinitions(options.definitions),
  )
  const context = await openContext(config, repoPath, definitions, options)
  return new FeatureStore(context, definitions)
}

interface Configured {
  readonly config: FeatureStoreConfig
  readonly repoPath: string
  /** True when the folder is a feature repository, whose files may be imported. */
  readonly inRepository: boolean
}

async function configured(
  pathOrConfig: string | Readonly<Record<string, unknown>>,
  { yamlPath, repoPath, env }: OpenStoreOptions,
): Promise<Configured> {
  if (typeof pathOrConfig !== 'string') {
    const config = parseConfig(pathOrConfig)
    return { config, repoPath: resolve(repoPath ?? '.'), inRepository: repoPath !== undefined }
  }
  const isFile = /\.ya?ml$/i.test(pathOrConfig)
  const loaded = await loadConfig({
    repoPath: repoPath ?? (isFile ? dirname(resolve(pathOrConfig)) : pathOrConfig),
    ...(isFile ? { yamlPath: pathOrConfig } : yamlPath !== undefined && { yamlPath }),
    ...(env !== undefined && { env }),
  })
  return { config: loaded.config, repoPath: loaded.repoPath, inRepository: true }
}
