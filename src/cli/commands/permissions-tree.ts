import { hasTags, inProject } from '../../registry/lookup.ts'
import { covers, permissionTypes, resourcesOf } from '../../registry/permissions.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'
import { parseTags } from '../parse-tags.ts'

/** Each permission with the objects that it covers, by type: a tree, or the same as data. */
export async function run(command: CommandContext): Promise<void> {
  const tags = parseTags(command.options.list('tags'))
  const { project, contents } = await command.registry()
  const own = inProject(contents, project)
  const resources = resourcesOf(own)
  const permissions = own.permissions
    .filter((permission) => hasTags(permission, tags))
    .map((permission) => ({
      name: permission.name,
      roles: permission.policy?.kind === 'role' ? permission.policy.roles : [],
      resources: Object.fromEntries(
        permission.types.map((name) => {
          const { type, kinds } = permissionTypes[name] ?? { type: name, kinds: [] }
          const covered = resources.filter((each) => kinds.includes(each.kind) && covers(permission, each))
          return [type, covered.map((each) => each.name)]
        }),
      ),
    }))
  const { output = 'table' } = command.globals
  if (output !== 'table') {
    command.print(await renderData(permissions, output))
    return
  }
  command.print('Permissions:\n\npermissions')
  for (const [index, { name, roles, resources: covered }] of permissions.entries()) {
    const last = index === permissions.length - 1
    command.print(`${last ? '└── ' : '├── '}${name}${roles.length === 0 ? '' : ` [${roles.join(', ')}]`}`)
    const types = Object.entries(covered)
    for (const [at, [type, names]] of types.entries()) {
      const branch = `${last ? '    ' : '│   '}${at === types.length - 1 ? '└── ' : '├── '}`
      command.print(`${branch}${type}: ${names.length === 0 ? 'none' : names.join(', ')}`)
    }
  }
}
