import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { loadConfig } from '../../config/load-config.ts'
import type { CommandContext } from '../command.ts'

/** Only SQL registries have a schema of their own, and this version has none of them yet. */
export async function run(command: CommandContext): Promise<void> {
  const { config } = await loadConfig({ ...command.globals, env: command.terminal.env })
  const { type } = config.registry
  throw type === 'sql'
    ? new FeatureStoreError('FTS8001', {
        message: 'The registry type "sql" is one of Feast\'s, but it is not built into this version.',
        notes: ['built in: file'],
      })
    : new FeatureStoreError('FTS1110', {
        message: `The registry is of type "${type}", which has no schema to create.`,
        notes: ['only a registry with registry_type: sql has one', 'a file registry is made by: feast apply'],
        field: 'registry.registry_type',
      })
}
