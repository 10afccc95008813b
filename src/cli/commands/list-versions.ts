import { getAnyFeatureView } from '../../registry/lookup.ts'
import { versionsOf } from '../../registry/versions.ts'
import type { CommandContext } from '../command.ts'
import { renderData, renderTable } from '../output.ts'

export async function run(command: CommandContext): Promise<void> {
  const [name = ''] = command.arguments
  const { project, contents } = await command.registry()
  getAnyFeatureView(contents, project, name)
  const lines = versionsOf(contents, project, name).map((each) => ({
    version: `v${each.version}`,
    type: each.viewType,
    created: each.createdAt?.toString() ?? '',
    version_id: each.versionId,
  }))
  const { output = 'table' } = command.globals
  if (output !== 'table') {
    command.print(await renderData(lines, output))
    return
  }
  const keys = ['version', 'type', 'created', 'version_id'] as const
  const columns = keys.map((key) => [key.toUpperCase(), (line: (typeof lines)[number]) => line[key]] as const)
  command.print(renderTable(lines, columns, command.terminal.stdout))
}
