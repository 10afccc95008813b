import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The query that makes Node.js load a file anew, and with it whatever it imports from the same repository. */
const loadQuery = 'feast-load'

/** What is loaded from here is ours to give a format and a generation. */
const repositories = new Set<string>()
let registered = false

/**
 * Prepares the process for importing the files of a feature repository: `feast-ts` means the copy that is running, even
 * when none is installed there, and files are modules even when no package.json says so.
 */
export function registerRepository(repoPath: string): void {
  repositories.add(new URL('./', `${pathToFileURL(repoPath)}/`).href)
  if (registered || typeof nodeModule.registerHooks !== 'function') return
  registered = true
  const entries = ownEntries()
  nodeModule.registerHooks({
    resolve: (specifier, context, nextResolve) => {
      const own = entries.get(specifier)
      if (own !== undefined) return { url: own, format: formatOf(own), shortCircuit: true }
      const resolved = nextResolve(specifier, context)
      if (!isOfRepository(resolved.url)) return resolved
      const url = sameGeneration(resolved.url, context.parentURL)
      return { ...resolved, url, format: resolved.format ?? formatOf(url) }
    },
  })
}

/** The address to import a file by. Generation 0 shares what the program has imported itself; others load anew. */
export function importUrl(file: string, generation: number): string {
  const url = pathToFileURL(file)
  if (generation > 0) url.searchParams.set(loadQuery, String(generation))
  return url.href
}

function isOfRepository(url: string): boolean {
  if (!url.startsWith('file:') || url.includes('/node_modules/')) return false
  for (const repository of repositories) if (url.startsWith(repository)) return true
  return false
}

function sameGeneration(url: string, parentUrl: string | undefined): string {
  const generation = parentUrl?.includes(loadQuery) ? new URL(parentUrl).searchParams.get(loadQuery) : null
  if (generation === null) return url
  const renewed = new URL(url)
  renewed.searchParams.set(loadQuery, generation)
  return renewed.href
}

function formatOf(url: string): string {
  return /\.m?ts$/.test(new URL(url).pathname) ? 'module-typescript' : 'module'
}

/** Import name to address, for every entry point of the running copy: its sources, or what was built from them. */
export function ownEntries(): ReadonlyMap<string, string> {
  const root = new URL('../../', import.meta.url)
  const condition = import.meta.url.endsWith('.ts') ? 'source' : 'default'
  const manifest: unknown = JSON.parse(readFileSync(fileURLToPath(new URL('package.json', root)), 'utf8'))
  const { name, exports } = manifest as { name: string; exports: Readonly<Record<string, unknown>> }
  const entries = new Map<string, string>()
  for (const [subpath, target] of Object.entries(exports)) {
    const file = typeof target === 'string' ? target : (target as Readonly<Record<string, string>>)[condition]
    if (file !== undefined && /\.[jt]s$/.test(file)) entries.set(name + subpath.slice(1), new URL(file, root).href)
  }
  return entries
}
