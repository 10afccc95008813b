import { type RegistryKind, registryKinds } from '../../model/registry-contents.ts'
import { inProject } from '../../registry/lookup.ts'
import { describeInfrastructure, describeObject } from '../../wire/json.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'

/** Every object of the project by kind, and the resources of the whole registry; names and keys in order, as Feast prints it. */
export async function run(command: CommandContext): Promise<void> {
  const { project, contents } = await command.registry()
  const own = inProject(contents, project)
  const kinds = (Object.keys(registryKinds) as RegistryKind[]).filter((kind) => own[kind].length > 0)
  const dump = Object.fromEntries(
    kinds.map((kind) => {
      const objects = [...own[kind]].sort((a, b) => (a.name < b.name ? -1 : 1))
      return [kind, objects.map((object) => sortedKeys(describeObject(object)))]
    }),
  )
  const { output = 'json' } = command.globals
  const rest = {
    ...(own.infrastructure.length > 0 && { infra: own.infrastructure.map(describeInfrastructure) }),
    ...(own.projectMetadata.length > 0 && {
      projectMetadata: own.projectMetadata.map(({ project: name, uuid }) => ({ project: name, projectUuid: uuid })),
    }),
  }
  const sorted = sortedKeys({ ...dump, ...rest, project })
  command.print(await renderData(sorted, output === 'yaml' ? 'yaml' : 'json'))
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortedKeys(item)]),
  )
}
