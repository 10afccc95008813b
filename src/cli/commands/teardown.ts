import { registryKinds } from '../../model/registry-contents.ts'
import { confirm } from '../ask.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'

export async function run(command: CommandContext): Promise<number> {
  const store = await command.store()
  const question = `Remove project ${store.project} from the registry, with its online values?`
  if (!(await confirm(command, question))) {
    command.note('Nothing was removed.')
    return 1
  }
  const done = await store.teardown()
  const { output = 'table' } = command.globals
  if (output !== 'table') {
    command.print(await renderData(done, output))
    return 0
  }
  for (const { kind, name } of done.objects) command.print(`Deleted ${registryKinds[kind]} ${name}`)
  for (const view of done.views) command.print(`Dropped online values of ${view}`)
  if (done.objects.length === 0) command.print(`Project ${done.project} has nothing to remove.`)
  return 0
}
