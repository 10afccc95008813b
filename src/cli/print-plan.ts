import { registryKinds } from '../model/registry-contents.ts'
import type { InfrastructureChange } from '../registry/infrastructure.ts'
import { type Plan, shownChanges } from '../registry/plan.ts'
import type { ObjectChange } from '../registry/reconcile.ts'
import { changedParts } from './changed-parts.ts'
import type { CommandContext } from './command.ts'
import { paint } from './terminal.ts'

type Change = ObjectChange['change']

/** The first word of a line: Feast's for what apply did, the future for what plan shows. */
const words: Readonly<Record<'done' | 'planned', Readonly<Record<Exclude<Change, 'unchanged'>, string>>>> = {
  done: { created: 'Created', updated: 'Updated', deleted: 'Deleted' },
  planned: { created: 'Will create', updated: 'Will update', deleted: 'Will delete' },
}

const styles = { created: 'green', updated: 'yellow', deleted: 'red' } as const

/** Prints the changes of a plan, registry first; an update with one line per property. */
export function printPlan(command: CommandContext, plan: Plan, tense: 'done' | 'planned'): void {
  const { stdout } = command.terminal
  const line = (change: Exclude<Change, 'unchanged'>, kind: string, name: string): void =>
    command.print(`${words[tense][change]} ${kind} ${paint(stdout, ['bold', styles[change]], name)}`)
  const objects = shownChanges(plan).filter((object) => object.change !== 'unchanged')
  for (const object of objects) {
    if (object.change === 'unchanged') continue
    line(object.change, registryKinds[object.kind], object.name)
    for (const { path, before, after } of object.properties.flatMap(changedParts)) {
      command.print(`\t${path}: ${paint(stdout, 'red', before)} -> ${paint(stdout, 'green', after)}`)
    }
  }
  if (objects.length === 0) command.print('No changes to registry')
  else command.print('')
  const tables = plan.infrastructure.filter((table) => table.change !== 'unchanged')
  for (const table of tables) {
    if (table.change === 'unchanged') continue
    line(table.change, table.type, table.name)
    for (const change of moved(table)) command.print(`\t${change}`)
  }
  command.print(tables.length === 0 ? 'No changes to infrastructure' : '')
}

function moved(table: InfrastructureChange): readonly string[] {
  return table.change === 'updated' ? [`path: ${table.before} -> ${table.after}`] : []
}
