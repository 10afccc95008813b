import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, extname, relative } from 'node:path'
import { type ErrorPlace, FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { filePath, placeInStack, placeOfName } from '../define/place.ts'

/**
 * The error of a file that could not be imported, with the place in the user's own files.
 * `files` are all definition files of the repository, since the fault may lie in one that `file` imports.
 */
export function loadError(cause: unknown, file: string, files: readonly string[]): FeatureStoreError {
  if (isOurs(cause)) return ourError(cause, file)
  if (!(cause instanceof Error)) {
    return new FeatureStoreError('FTS2201', { message: `${file} threw ${String(cause)}.`, where: { file }, cause })
  }
  if (isMissingModule(cause)) return missingModule(cause, file)
  if (cause instanceof SyntaxError) return syntaxError(cause, file, files)
  const where = placeInStack(cause.stack ?? '') ?? { file }
  const circular = /^Cannot access '(.+)' before initialization$/.exec(cause.message)
  if (cause instanceof ReferenceError && circular !== null) {
    return new FeatureStoreError('FTS2203', {
      message: `"${circular[1]}" is used before the file that defines it has run; definition files import each other in a circle.`,
      where: placeOfName(where, circular[1] ?? ''),
      notes: ['move what both files need into a third file'],
      cause,
    })
  }
  return new FeatureStoreError('FTS2201', { message: `${cause.name}: ${cause.message}`, where, cause })
}

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

function isMissingModule(error: Error): error is MissingModule {
  return 'code' in error && (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'ERR_UNSUPPORTED_DIR_IMPORT')
}

function missingModule(cause: MissingModule, file: string): FeatureStoreError {
  const [, what = '', importer = file] =
    /(?:module|package|import) '([^']+)'.* imported from (.+)$/.exec(cause.message) ?? []
  const path = filePath(what)
  const from = filePath(importer)
  const isFile = path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)
  const shown = isFile ? importName(from, path) : what
  const near = isFile ? ['.ts', '.mts', '.js', '.mjs', '/index.ts'].find((end) => existsSync(path + end)) : undefined
  const source = path.replace(/\.(m?)js$/, '.$1ts')
  const meant =
    near !== undefined
      ? shown + near
      : isFile && source !== path && existsSync(source)
        ? importName(from, source)
        : undefined
  return new FeatureStoreError('FTS2204', {
    message: `${isFile ? 'The file' : 'The package'} "${shown}" is not there.`,
    where: placeOfName({ file: from, line: 1, column: 1 }, shown),
    hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
    notes: [isFile ? 'imports of files need their extension' : `install it: npm install ${what}`],
    cause,
  })
}

function importName(from: string, path: string): string {
  const name = relative(dirname(from), path).replaceAll('\\', '/')
  return name.startsWith('.') ? name : `./${name}`
}

function syntaxError(cause: SyntaxError, file: string, files: readonly string[]): FeatureStoreError {
  const where = placeInHeader(cause.stack ?? '') ?? placeByCheck(file, files) ?? { file }
  const missing = /^The requested module '(.+)' does not provide an export named '(.+)'$/.exec(cause.message)
  if (missing !== null) {
    return new FeatureStoreError('FTS2204', {
      message: `"${missing[1]}" exports nothing named "${missing[2]}".`,
      where,
      cause,
    })
  }
  return new FeatureStoreError('FTS2202', { message: `${cause.message}.`, where, cause })
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
