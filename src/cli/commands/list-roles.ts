import { inProject } from '../../registry/lookup.ts'
import type { CommandContext } from '../command.ts'
import { renderData, renderTable } from '../output.ts'

export async function run(command: CommandContext): Promise<void> {
  const { project, contents } = await command.registry()
  const { permissions } = inProject(contents, project)
  const roles = new Set(permissions.flatMap(({ policy }) => (policy?.kind === 'role' ? policy.roles : [])))
  const lines = [...roles].sort().map((role) => ({ role_name: role }))
  const { output = 'table' } = command.globals
  const columns = [['ROLE NAME', (line: { role_name: string }) => line.role_name]] as const
  command.print(
    output === 'table' ? renderTable(lines, columns, command.terminal.stdout) : await renderData(lines, output),
  )
}
