import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'

/** Brings what is stored online to the layout of the configuration. */
export async function run(command: CommandContext): Promise<void> {
  const store = await command.store()
  const done = await store.convertOnlineStore({ signal: command.signal })
  const { output = 'table' } = command.globals
  if (output !== 'table') {
    command.print(await renderData(done, output))
    return
  }
  const { converted, layout, views } = done
  const what = converted === 1 ? '1 key' : `${converted} keys`
  command.print(
    converted === 0
      ? `All of ${views.length} views are in the layout "${layout}" already.`
      : `Converted ${what} of ${views.length} views to the layout "${layout}".`,
  )
}
