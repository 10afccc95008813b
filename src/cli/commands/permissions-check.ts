import { inProject } from '../../registry/lookup.ts'
import { covers, resourcesOf, unsecuredActions } from '../../registry/permissions.ts'
import type { CommandContext } from '../command.ts'
import { renderData, renderTable } from '../output.ts'
import { paint } from '../terminal.ts'

interface Line {
  readonly name: string
  readonly type: string
}

interface ActionsLine extends Line {
  readonly actions: readonly string[]
}

/** What no permission covers: objects, and actions on objects. */
export async function run(command: CommandContext): Promise<void> {
  const { project, contents } = await command.registry()
  const own = inProject(contents, project)
  const resources = resourcesOf(own)
  const isCovered = (resource: (typeof resources)[number]): boolean =>
    own.permissions.some((permission) => covers(permission, resource))
  const unsecured: readonly Line[] = resources
    .filter((resource) => !isCovered(resource))
    .map(({ name, type }) => ({ name, type }))
  const open: readonly ActionsLine[] = resources
    .map((resource) => ({
      name: resource.name,
      type: resource.type,
      actions: unsecuredActions(own.permissions, resource),
    }))
    .filter(({ actions }) => actions.length > 0)
  const { output = 'table' } = command.globals
  if (output !== 'table') {
    command.print(await renderData({ unsecured_resources: unsecured, unsecured_actions: open }, output))
    return
  }
  const { stdout } = command.terminal
  const heading = (text: string): void => command.print(paint(stdout, ['bold', 'red'], text))
  const columns = [['NAME', (line: Line) => line.name] as const, ['TYPE', (line: Line) => line.type] as const]
  heading('The following resources are not secured by any permission configuration:')
  command.print(renderTable(unsecured, columns, stdout))
  heading(
    'The following actions are not secured by any permission configuration (Note: this might not be a security concern, depending on the used APIs):',
  )
  const withActions = [...columns, ['UNSECURED ACTIONS', (line: ActionsLine) => line.actions.join(', ')] as const]
  command.print(renderTable<ActionsLine>(open, withActions, stdout))
}
