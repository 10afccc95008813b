import { existsSync, readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** How `type:` names a module. */
type ModuleName = { readonly kind: 'file' | 'package'; readonly name: string }

/** Characters that npm allows in names. Class paths of Python have capitals and are no packages. */
const packageName = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(\/[^\\]+)?$/

/** A file or package that a plug-in can be imported from; undefined for any other text. */
export function moduleNamed(type: string): ModuleName | undefined {
  if (/^(\.{1,2}[\\/]|\/|[A-Za-z]:[\\/]|file:)/.test(type)) return { kind: 'file', name: type }
  return packageName.test(type) && !nodeModule.isBuiltin(type) ? { kind: 'package', name: type } : undefined
}

/** The name that npm installs a module by: without the path inside the package. */
export function installName(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Absolute path of a file that is named relative to the repository. */
export function pluginFile(name: string, repoPath: string): string {
  return name.startsWith('file:') ? fileURLToPath(name) : resolve(repoPath, name)
}

/** The address to import a module by, as a program in the repository would find it; undefined when it is not there. */
export function moduleUrl(module: ModuleName, repoPath: string): string | undefined {
  if (module.kind === 'file') {
    const file = pluginFile(module.name, repoPath)
    return existsSync(file) ? pathToFileURL(file).href : undefined
  }
  const base = join(repoPath, 'feature_store.yaml')
  try {
    return pathToFileURL(nodeModule.createRequire(base).resolve(module.name)).href
  } catch (error) {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'MODULE_NOT_FOUND') return undefined
    if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return importOnlyUrl(module.name, base)
    throw error
  }
}

/** A package that only `import` finds, not `require`: its main entry, looked up in its `exports`. */
function importOnlyUrl(name: string, base: string): string | undefined {
  const manifest = nodeModule.findPackageJSON(name, base)
  if (manifest === undefined) return undefined
  const { exports }: { exports?: unknown } = JSON.parse(readFileSync(manifest, 'utf8'))
  const subpath = `.${name.slice(installName(name).length)}`
  const target = targetOf(exports, subpath)
  return target === undefined ? undefined : pathToFileURL(join(dirname(manifest), target)).href
}

function targetOf(exports: unknown, subpath: string): string | undefined {
  if (typeof exports === 'string') return subpath === '.' ? exports : undefined
  if (typeof exports !== 'object' || exports === null) return undefined
  const table = exports as Readonly<Record<string, unknown>>
  const hasPaths = Object.keys(table).some((key) => key.startsWith('.'))
  return byCondition(hasPaths ? table[subpath] : subpath === '.' ? table : undefined)
}

const conditions = ['node', 'import', 'module-sync', 'default']

/** The first branch in the order of the file whose condition holds, as Node.js chooses. */
function byCondition(target: unknown): string | undefined {
  if (typeof target === 'string') return target
  if (typeof target !== 'object' || target === null) return undefined
  for (const [condition, inner] of Object.entries(target)) {
    const found = conditions.includes(condition) ? byCondition(inner) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
