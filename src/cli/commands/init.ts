import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { packageVersion } from '../../base/package-version.ts'
import { suggestionHint } from '../../base/suggest.ts'
import { isProjectName } from '../../model/project.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'
import { randomName } from '../random-name.ts'

/** Templates and what they need beyond their files. */
const templates = {
  local: async (folder: string, command: CommandContext) => {
    const { writeSampleData } = await import('../sample-data.ts')
    await writeSampleData(folder, command)
  },
  minimal: async (folder: string) => {
    await mkdir(join(folder, 'data'))
  },
} as const satisfies Record<string, (folder: string, command: CommandContext) => Promise<void>>

/** Files that npm would leave out of the package or read as its own under their real names. */
const realNames: Readonly<Record<string, string>> = { gitignore: '.gitignore', feastignore: '.feastignore' }

/** Makes a project: in a folder beside the target first, so that there is never half of one. */
export async function run(command: CommandContext): Promise<void> {
  const template = templateOf(command)
  const [given] = command.arguments
  const name = given === undefined ? randomName() : basename(given)
  if (!isProjectName(name)) {
    throw new FeatureStoreError('FTS1103', {
      message: `"${name}" is not a project name.`,
      notes: ['use letters, digits, underscores and hyphens, neither of the last two in front'],
    })
  }
  const target = resolve(command.terminal.cwd, command.options.text('repoPath') ?? given ?? name)
  await refuseUsed(target)
  const { output = 'table' } = command.globals
  if (output === 'table') command.print(`\nCreating a new Feast repository in ${target}.\n`)
  await mkdir(dirname(target), { recursive: true })
  const building = join(dirname(target), `.feast-init-${process.pid}-${basename(target)}`)
  await mkdir(building)
  try {
    // Table names of SQLite cannot have hyphens.
    await copyTemplate(template, building, name.replaceAll('-', '_'))
    await templates[template](building, command)
    await moveInto(building, target)
  } catch (error) {
    await rm(building, { recursive: true, force: true })
    throw error
  }
  if (output !== 'table')
    command.print(await renderData({ project: name.replaceAll('-', '_'), template, path: target }, output))
  else command.print(`Go on with:${changeTo(target, command)}\n  npm install\n  npx feast apply`)
}

/** The line that goes to the new folder, as a shell takes it. */
function changeTo(target: string, command: CommandContext): string {
  const path = relative(command.terminal.cwd, target)
  if (path === '') return ''
  return `\n  cd ${/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`}`
}

function templateOf(command: CommandContext): keyof typeof templates {
  const typed = command.options.flag('minimal') ? 'minimal' : (command.options.text('template') ?? 'local')
  const known = Object.keys(templates) as (keyof typeof templates)[]
  const found = known.find((each) => each === typed.toLowerCase())
  if (found !== undefined) return found
  throw new FeatureStoreError('FTS1109', {
    message: `There is no template "${typed}" in this version.`,
    hint: suggestionHint(typed, known),
    notes: [`templates: ${known.join(', ')}`],
  })
}

async function refuseUsed(target: string): Promise<void> {
  const found = await stat(target).catch(() => undefined)
  if (found === undefined || (found.isDirectory() && (await readdir(target)).length === 0)) return
  throw new FeatureStoreError('FTS1108', {
    message: found.isDirectory() ? `The folder ${target} is not empty.` : `${target} is a file.`,
    notes: ['choose another name, or another place with --repo-path'],
  })
}

/** Copies the files of a template; the words that stand for the name and the version are replaced. */
async function copyTemplate(template: string, folder: string, name: string): Promise<void> {
  const from = new URL(`../../../templates/${template}/`, import.meta.url)
  const version = await packageVersion()
  for (const file of await readdir(from)) {
    const text = await readFile(new URL(file, from), 'utf8')
    const filled = text.replaceAll('my_project', name).replaceAll('0.0.0-of-this-package', version)
    await writeFile(join(folder, realNames[file] ?? file), filled)
  }
}

/** An empty folder that is there already is replaced. */
async function moveInto(building: string, target: string): Promise<void> {
  await rmdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await rename(building, target)
}
