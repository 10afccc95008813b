import { loadConfig } from '../../config/load-config.ts'
import { maskSecrets } from '../../config/mask-secrets.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'
import { warnOfDoubtfulKeys } from '../warn-of-doubtful-keys.ts'

/** What is written, with the stores that Feast fills in. */
export async function run(command: CommandContext): Promise<void> {
  const { globals, terminal } = command
  await warnOfDoubtfulKeys(command)
  const { config, written } = await loadConfig({ ...globals, env: terminal.env })
  const filled = {
    online_store: config.onlineStore?.type ?? null,
    auth: { type: config.auth.type },
    offline_store: config.offlineStore.type,
    batch_engine: config.batchEngine.type,
  }
  const complete = { ...written, ...Object.fromEntries(Object.entries(filled).filter(([key]) => !(key in written))) }
  const shown = command.options.flag('showSecrets') ? complete : maskSecrets(complete)
  const { output = 'yaml' } = globals
  command.print(await renderData(shown, output === 'json' ? 'json' : 'yaml'))
}
