import { loadConfig } from '../config/load-config.ts'
import type { CommandContext } from './command.ts'

/** Feast silently keeps keys that it does not know at the top of the file; a mistyped one is worth a word. */
export async function warnOfDoubtfulKeys({ globals, terminal, logger }: CommandContext): Promise<void> {
  const { warnings } = await loadConfig({ ...globals, env: terminal.env })
  for (const warning of warnings) logger.warn(warning)
}
