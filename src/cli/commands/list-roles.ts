import { inProject } from '../../registry/lookup.ts'
import { actionsOfRole, resourcesOf, rolesOf } from '../../registry/permissions.ts'
import type { CommandContext } from '../command.ts'
import { renderData, renderTable } from '../output.ts'

interface Line {
  readonly role_name: string
}

interface ResourceLine extends Line {
  readonly resource_name: string
  readonly resource_type: string
  readonly permitted_actions: readonly string[]
}

export async function run(command: CommandContext): Promise<void> {
  const { project, contents } = await command.registry()
  const own = inProject(contents, project)
  const roles = rolesOf(own.permissions)
  const { output = 'table' } = command.globals
  const { stdout } = command.terminal
  const role = ['ROLE NAME', (line: Line) => line.role_name] as const
  if (!command.options.flag('verbose')) {
    const lines = roles.map((name): Line => ({ role_name: name }))
    command.print(output === 'table' ? renderTable(lines, [role], stdout) : await renderData(lines, output))
    return
  }
  const lines = roles.flatMap((name) =>
    resourcesOf(own).map(
      (resource): ResourceLine => ({
        role_name: name,
        resource_name: resource.name,
        resource_type: resource.type,
        permitted_actions: actionsOfRole(own.permissions, resource, name),
      }),
    ),
  )
  const columns = [
    role,
    ['RESOURCE NAME', (line: ResourceLine) => line.resource_name],
    ['RESOURCE TYPE', (line: ResourceLine) => line.resource_type],
    ['PERMITTED ACTIONS', (line: ResourceLine) => line.permitted_actions.join(', ') || '-'],
  ] as const
  command.print(
    output === 'table' ? renderTable<ResourceLine>(lines, columns, stdout) : await renderData(lines, output),
  )
}
