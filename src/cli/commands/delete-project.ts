import { getProject } from '../../registry/lookup.ts'
import { confirm } from '../ask.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'

export async function run(command: CommandContext): Promise<number> {
  const [name = ''] = command.arguments
  const store = await command.store()
  getProject(await store.contents(), name)
  if (!(await confirm(command, `Remove project ${name} with all its objects from the registry?`))) {
    command.note('Nothing was removed.')
    return 1
  }
  await store.deleteProject(name)
  const { output = 'table' } = command.globals
  command.print(
    output === 'table' ? `Project '${name}' deleted successfully.` : await renderData({ deleted: name }, output),
  )
  return 0
}
