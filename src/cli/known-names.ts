import { mkdir, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { dummyEntityName } from '../model/entity.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { inProject } from '../registry/lookup.ts'

/** What a word of the command line can be the name of; each but `objects` and `features` is a group of commands. */
export type NameKind = (typeof nameKinds)[number]
const nameKinds = [
  'entities',
  'data-sources',
  'feature-views',
  'on-demand-feature-views',
  'stream-feature-views',
  'label-views',
  'feature-services',
  'saved-datasets',
  'validation-references',
  'permissions',
  'projects',
  'features',
  'feature-names',
  'objects',
] as const

/**
 * The file that holds the names of a repository's objects for the completion of shells, which has no time to start a
 * program: lines of a kind, a blank and a name. The shell finds it by the folder, so its name is the folder's path.
 */
export function knownNamesFile(repoPath: string, env: Readonly<Record<string, string | undefined>>): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache')
  return join(cache, 'feast-ts', 'names', repoPath.replaceAll('/', '%'))
}

/** Writes the names down. A folder that cannot be written is no fault of the command at hand. */
export async function rememberNames(
  repoPath: string,
  env: Readonly<Record<string, string | undefined>>,
  contents: RegistryContents,
  project: string,
): Promise<void> {
  const file = knownNamesFile(repoPath, env)
  try {
    await mkdir(join(file, '..'), { recursive: true })
    const draft = `${file}.${process.pid}`
    await writeFile(draft, namesOf(contents, project))
    await rename(draft, file)
  } catch {
    // Completion goes on with what it knew.
  }
}

function namesOf(all: RegistryContents, project: string): string {
  const contents = inProject(all, project)
  const { featureViews, streamFeatureViews, onDemandFeatureViews, labelViews } = contents
  const views = [...featureViews, ...streamFeatureViews, ...onDemandFeatureViews, ...labelViews]
  const features = views.flatMap((view) => view.features.map((feature) => ({ view: view.name, name: feature.name })))
  const kinds: Readonly<Record<Exclude<NameKind, 'objects'>, readonly string[]>> = {
    entities: names(contents.entities.filter(({ name }) => name !== dummyEntityName)),
    'data-sources': names(contents.dataSources),
    'feature-views': names(views),
    'on-demand-feature-views': names(contents.onDemandFeatureViews),
    'stream-feature-views': names(contents.streamFeatureViews),
    'label-views': names(contents.labelViews),
    'feature-services': names(contents.featureServices),
    'saved-datasets': names(contents.savedDatasets),
    'validation-references': names(contents.validationReferences),
    permissions: names(contents.permissions),
    projects: names(contents.projects),
    features: features.map(({ view, name }) => `${view}:${name}`),
    'feature-names': [...new Set(features.map(({ name }) => name))],
  }
  const deletable = (
    ['entities', 'data-sources', 'feature-views', 'feature-services', 'saved-datasets'] as const
  ).flatMap((kind) => kinds[kind])
  const lines = Object.entries({ ...kinds, objects: deletable }).flatMap(([kind, list]) =>
    list.filter((name) => !name.includes('\n')).map((name) => `${kind} ${name}\n`),
  )
  return lines.join('')
}

const names = (objects: readonly { readonly name: string }[]): readonly string[] => objects.map(({ name }) => name)
