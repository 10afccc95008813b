import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, extname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type ErrorPlace, FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { didYouMean } from '../base/suggest.ts'
import { filePath, placeInStack, placeOfName } from '../define/place.ts'
import { ownEntries } from './module-hooks.ts'

/**
 * The error of a file that could not be imported, with the place in the user's own files.
 * `files` are all definition files of the repository, since the fault may lie in one that `file` imports.
 */
export async function loadError(cause: unknown, file: string, files: readonly string[]): Promise<FeatureStoreError> {
  if (isOurs(cause)) return ourError(cause, file)
  if (!(cause instanceof Error)) {
    return new FeatureStoreError('FTS2201', { message: `${file} threw ${String(cause)}.`, where: { file }, cause })
  }
  if (isMissingModule(cause)) return missingModule(cause, file)
  if (cause instanceof SyntaxError) return syntaxError(cause, file, files)
  const where = placeInStack(cause.stack ?? '', isOfPackage) ?? { file }
  const circular = /^Cannot access '(.+)' before initialization$/.exec(cause.message)
  if (cause instanceof ReferenceError && circular !== null) {
    return new FeatureStoreError('FTS2203', {
      message: `"${circular[1]}" is used before the file that defines it has run; definition files import each other in a circle.`,
      where: placeOfName(where, circular[1] ?? ''),
      notes: ['move what both files need into a third file'],
      cause,
    })
  }
  const hint = await whatWasMeant(cause)
  return new FeatureStoreError('FTS2201', { message: `${cause.name}: ${cause.message}`, where, hint, cause })
}

/** Most names that a definition file uses are ours: one that is not defined is misspelt or not imported. */
async function whatWasMeant(cause: Error): Promise<string | undefined> {
  const [, name] = /^(.+) is not defined$/.exec(cause.message) ?? []
  if (!(cause instanceof ReferenceError) || name === undefined) return undefined
  const near = didYouMean(name, await exportsOf('feast-ts', ''))
  return near === name ? `import it from "feast-ts"` : didYouMeanHint(near)
}

/** What a module exports, by the name that a file imports it with; nothing of packages other than this one. */
async function exportsOf(specifier: string, importer: string): Promise<readonly string[]> {
  const url = specifier.startsWith('.') ? new URL(specifier, pathToFileURL(importer)).href : ownEntries().get(specifier)
  if (url === undefined) return []
  return Object.keys((await import(/* @vite-ignore */ url).catch(() => ({}))) as object)
}

const didYouMeanHint = (near: string | undefined): string | undefined =>
  near === undefined ? undefined : `did you mean "${near}"?`

const ownFolder = fileURLToPath(new URL('../', import.meta.url))

/** What is called wrongly fails inside of us; the place to look at is that of the call. */
const isOfPackage = (file: string): boolean => file.startsWith(ownFolder)

/** Another copy of the package throws another class of the same name. */
function isOurs(error: unknown): error is FeatureStoreError {
  return error instanceof Error && error.name === 'FeatureStoreError' && 'code' in error
}

function ourError(error: FeatureStoreError, file: string): FeatureStoreError {
  if (error instanceof FeatureStoreError && error.where !== undefined) return error
  const { message, where, hint, notes, field } = error
  return new FeatureStoreError(error.code, { message, where: where ?? { file }, hint, notes, field, cause: error })
}

interface MissingModule extends Error {
  readonly code: string
}

const missingModuleCodes: ReadonlySet<string> = new Set([
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
])

/** Of a package that is there but has no such entry point, the name that was imported and the file that did so. */
function subpath(message: string): readonly string[] {
  const found =
    /subpath '\.(.+?)' is not defined .* in .*node_modules[\\/](.+)[\\/]package\.json imported from (.+)$/.exec(message)
  return found === null ? [] : ['', `${found[2]}${found[1]}`, found[3] ?? '']
}

function isMissingModule(error: Error): error is MissingModule {
  return 'code' in error && typeof error.code === 'string' && missingModuleCodes.has(error.code)
}

function missingModule(cause: MissingModule, file: string): FeatureStoreError {
  const [, what = '', importer = file] =
    /(?:module|package|import) '([^']+)'.* imported from (.+)$/.exec(cause.message) ?? subpath(cause.message)
  const path = filePath(what)
  const from = filePath(importer)
  const isFile = path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)
  const shown = isFile ? importName(from, path) : what
  const near = isFile ? ['.ts', '.mts', '.js', '.mjs', '/index.ts'].find((end) => existsSync(path + end)) : undefined
  const source = path.replace(/\.(m?)js$/, '.$1ts')
  const meant = !isFile
    ? didYouMean(what, ownEntries().keys())
    : near !== undefined
      ? shown + near
      : source !== path && existsSync(source)
        ? importName(from, source)
        : nearFile(from, path)
  return new FeatureStoreError('FTS2204', {
    message: `${isFile ? 'The file' : 'The package'} "${shown}" is not there.`,
    where: placeOfName({ file: from, line: 1, column: 1 }, shown),
    hint: didYouMeanHint(meant),
    notes: isFile
      ? ['imports of files need their extension']
      : meant === undefined
        ? [`install it: npm install ${what}`]
        : [],
    cause,
  })
}

function nearFile(from: string, path: string): string | undefined {
  const folder = dirname(path)
  const near = existsSync(folder) ? didYouMean(basename(path), readdirSync(folder)) : undefined
  return near === undefined ? undefined : importName(from, join(folder, near))
}

function importName(from: string, path: string): string {
  const name = relative(dirname(from), path).replaceAll('\\', '/')
  return name.startsWith('.') ? name : `./${name}`
}

async function syntaxError(cause: SyntaxError, file: string, files: readonly string[]): Promise<FeatureStoreError> {
  const where = placeInHeader(cause.stack ?? '') ?? placeByCheck(file, files) ?? { file }
  const missing = /^The requested module '(.+)' does not provide an export named '(.+)'$/.exec(cause.message)
  if (missing !== null) {
    const [, from = '', name = ''] = missing
    return new FeatureStoreError('FTS2204', {
      message: `"${from}" exports nothing named "${name}".`,
      where,
      hint: didYouMeanHint(didYouMean(name, await exportsOf(from, where.file))),
      cause,
    })
  }
  // Node's parser goes on with all tokens that it would have taken, in its own notation.
  const message = cause.message.replace(/\. Expected [\s\S]*$/, '').replace('token `ident`', 'identifier')
  return new FeatureStoreError('FTS2202', { message: `${message}.`, where, cause })
}

/** Node.js begins some stacks with file and line, the text of the line, and marks below it. */
function placeInHeader(text: string): ErrorPlace | undefined {
  const lines = text.split('\n')
  const first = /^((?:file:\/\/|\/|[A-Za-z]:[\\/]).*):(\d+)$/.exec(lines[0] ?? '')
  if (first?.[1] === undefined) return undefined
  const place = { file: filePath(first[1]), line: Number(first[2]) }
  const marks = /^\s*(\^+)\s*$/.exec(lines.find((line) => /^\s*\^+\s*$/.test(line)) ?? '')
  if (marks?.[1] === undefined) return place
  return { ...place, column: marks[0].indexOf('^') + 1, length: marks[1].length }
}

/** For plain JavaScript Node.js names neither file nor line to a program, but it prints them. */
function placeByCheck(file: string, files: readonly string[]): ErrorPlace | undefined {
  const scripts = [file, ...files].filter((each) => /^\.m?js$/.test(extname(each)))
  for (const script of new Set(scripts)) {
    const { stderr } = spawnSync(process.execPath, ['--check', script], { encoding: 'utf8' })
    const place = placeInHeader(stderr)
    if (place !== undefined) return place
  }
  return undefined
}
