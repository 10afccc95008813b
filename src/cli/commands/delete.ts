import { registryClasses } from '../../model/registry-contents.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'

/** Prints Feast's sentence; like there, an unknown name is no failure. */
export async function run(command: CommandContext): Promise<void> {
  const [name = ''] = command.arguments
  const store = await command.store()
  const deleted = await store.delete(name, { force: command.options.flag('force') })
  const { output = 'table' } = command.globals
  if (output !== 'table') command.print(await renderData({ deleted }, output))
  else if (deleted === null) command.print('Object not found. Deletion skipped.')
  else command.print(`Deleted ${registryClasses[deleted.kind]} ${deleted.name} from ${store.project}.`)
}
