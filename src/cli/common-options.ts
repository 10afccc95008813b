import type { OptionRow } from './command.ts'
import { outputFormats } from './output.ts'

/** Options that every command takes, before or after its name. */
export const commonOptions: readonly OptionRow[] = [
  { flags: '--output <format>', doc: 'how results are printed', choices: outputFormats },
  { flags: '--json', doc: 'the same as --output json' },
  { flags: '--debug', doc: 'print stacks of errors' },
]

/** Options that come before the command. */
export const globalOptions: readonly OptionRow[] = [
  { flags: '-c, --chdir <folder>', doc: 'the feature repository; default: the current folder' },
  { flags: '-f, --feature-store-yaml <file>', doc: 'the configuration; default: feature_store.yaml in the repository' },
  { flags: '--config <file>', doc: 'the same as --feature-store-yaml' },
  { flags: '--log-level <level>', doc: 'debug, info, warning, error or critical', default: 'warning' },
  ...commonOptions,
]
