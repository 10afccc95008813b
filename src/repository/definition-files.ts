import type { Dirent } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { isIgnored, parseFeastIgnore } from './feast-ignore.ts'

/** Folders that never hold definitions. Folders that begin with a dot are passed over as well. */
const ignoredFolders: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  'build',
  'coverage',
  '__pycache__',
  'venv',
])

const definitionFile = /\.(?:ts|mts|js|mjs)$/
const otherFile = /\.d\.m?ts$|\.(?:test|spec|test-d|config)\.[mc]?[jt]s$/

/**
 * The files of a feature repository that may define something: TypeScript and JavaScript modules in it and in its
 * folders, without tests, declarations, configurations of tools and what `.feastignore` names. Absolute paths, sorted by
 * the path from the root, character by character.
 * @throws FTS2205 when the folder cannot be read.
 */
export async function definitionFiles(repoPath: string): Promise<readonly string[]> {
  const globs = parseFeastIgnore(await readFile(join(repoPath, '.feastignore'), 'utf8').catch(() => ''))
  const found: string[] = []
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await entriesOf(repoPath, folder)) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.name.startsWith('.') || isIgnored(path, globs)) continue
      if (entry.isDirectory()) {
        if (!ignoredFolders.has(entry.name)) await walk(path)
      } else if (definitionFile.test(entry.name) && !otherFile.test(entry.name)) {
        found.push(path)
      }
    }
  }
  await walk('')
  return found.sort((a, b) => (a < b ? -1 : 1)).map((path) => join(repoPath, path))
}

async function entriesOf(repoPath: string, folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(join(repoPath, folder), { withFileTypes: true })
  } catch (cause) {
    throw new FeatureStoreError('FTS2205', {
      message: `The folder ${join(repoPath, folder)} of the feature repository cannot be read.`,
      where: { file: join(repoPath, folder) },
      cause,
    })
  }
}
