import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'

/** Feast asks the provider; none of its providers runs a feature server, so there is never one. */
export async function run(command: CommandContext): Promise<void> {
  const { output = 'table' } = command.globals
  if (output === 'table') command.note('There is no active feature server.')
  else command.print(await renderData({ endpoint: null }, output))
}
