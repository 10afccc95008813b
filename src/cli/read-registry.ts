import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { loadConfig } from '../config/load-config.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { registryStores } from '../plugin/catalogue.ts'
import { openByType } from '../store/open-by-type.ts'

/** What a command that only looks needs: no store is opened and no use case is loaded, which halves its start-up. */
export interface RegistryView {
  readonly project: string
  /** All that the registry holds, of every project in it. */
  readonly contents: RegistryContents
}

/** Reads the registry of a feature repository once. @throws FTS1xxx, FTS3001, FTS8001 */
export async function readRegistry(options: {
  readonly repoPath: string
  readonly yamlPath: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly logger: Logger
}): Promise<RegistryView> {
  const { config, repoPath } = await loadConfig(options)
  const { clock, logger } = options
  const registry = await openByType('registry', registryStores, {
    config: config.registry,
    store: config,
    repoPath,
    clock,
    logger,
  })
  try {
    const { contents } = await registry.load()
    return { project: config.project, contents }
  } finally {
    await registry.close()
  }
}
