import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { type ErrorPlace, FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { hideSecretsInText, secretName } from '../base/secrets.ts'
import { type Output, paint } from './terminal.ts'

export interface RenderOptions {
  readonly cwd: string
  /** Where the text goes; decides about colours. */
  readonly output: Output
  /** Print the stack and the causes. */
  readonly debug?: boolean
}

const widthOfMessages = 100

/**
 * The terminal form of an error: code and message, the marked place in the user's file when it is known, then notes.
 * An error that is not ours becomes FTS9001, which says how to report it.
 */
export function renderError(error: unknown, options: RenderOptions): string {
  const shown = asFeatureStoreError(error)
  const { output } = options
  const head = `${paint(output, ['red', 'bold'], `error ${shown.code}`)}  `
  const message = wrap(shown.message.replace(/\.$/, ''), widthOfMessages, ' '.repeat('error FTS0000  '.length))
  const place = shown.where === undefined ? [] : renderPlace(shown.where, shown.hint, options)
  const hintShown = shown.where?.column !== undefined && place.length > 1
  const notes = [
    ...(shown.hint !== undefined && !hintShown && !repeats(shown.message, shown.hint) ? [shown.hint] : []),
    ...shown.notes,
    `more: feast explain ${shown.code}`,
  ]
  const sign = paint(output, 'blue', '=')
  const lines = [
    `${head}${message}`,
    ...place,
    ...notes.map((note) => `  ${sign} ${wrap(note, widthOfMessages, '    ')}`),
    ...(options.debug ? [stackOf(error)] : []),
  ]
  return lines.join('\n')
}

/** True when message and hint both make a suggestion; one is enough. */
const repeats = (message: string, hint: string): boolean =>
  message.includes('Did you mean') && hint.startsWith('did you mean')

/** An error as `--output json` prints it. */
export function errorToJson(error: unknown): Readonly<Record<string, unknown>> {
  return { error: asFeatureStoreError(error).toJSON() }
}

/** What the system may answer on any path; anything else from it would be a fault of ours. */
const refusals: ReadonlySet<string> = new Set([
  'EACCES',
  'ENOENT',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'ENOTDIR',
  'EEXIST',
  'EISDIR',
  'EMFILE',
  'ENAMETOOLONG',
  'ELOOP',
])

function fileSystemError(error: unknown): FeatureStoreError | undefined {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error && 'path' in error)) return undefined
  const { code, syscall, path } = error
  if (typeof code !== 'string' || !refusals.has(code)) return undefined
  const [, reason = code] = /^[A-Z]+: (.+?), /.exec(error.message) ?? []
  return new FeatureStoreError('FTS1111', {
    message: `The system refuses "${syscall}" for ${path}: ${reason} (${code}).`,
    cause: error,
  })
}

/** The error itself when it has a code, else what it says: that the file system refused, or FTS9001 around it. */
export function asFeatureStoreError(error: unknown): FeatureStoreError {
  if (error instanceof FeatureStoreError) return error
  const refused = fileSystemError(error)
  if (refused !== undefined) return refused
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new FeatureStoreError('FTS9001', {
    message: `Something unexpected happened: ${text}`,
    notes: ['this is a fault of feast-ts; please report it with the output of the same command with --debug'],
    cause: error,
  })
}

function renderPlace(place: ErrorPlace, hint: string | undefined, options: RenderOptions): readonly string[] {
  const { output, cwd } = options
  const bar = paint(output, 'blue', '│')
  const inside = relative(cwd, place.file)
  const file = inside === '' || inside.startsWith('..') ? place.file : inside
  const position = [file, place.line, place.column].filter((part) => part !== undefined).join(':')
  const head = `  ${paint(output, 'blue', '┌')} ${position}`
  const line = place.column === undefined ? undefined : lineOf(place)
  if (line === undefined || place.column === undefined) return [head]
  const indent = line.length - line.trimStart().length
  const before = Math.max(0, place.column - 1 - indent)
  const length = Math.max(1, Math.min(place.length ?? 1, line.length - place.column + 1))
  const mark = paint(output, ['red', 'bold'], '^'.repeat(length))
  return [
    head,
    `  ${bar}   ${line.slice(indent)}`,
    `  ${bar}   ${' '.repeat(before)}${mark}${hint === undefined ? '' : ` ${paint(output, 'red', hint)}`}`,
  ]
}

/** The marked line without its line end, tabs as blanks, secrets of a configuration hidden; undefined when unreadable. */
function lineOf(place: ErrorPlace): string | undefined {
  try {
    const line = readFileSync(place.file, 'utf8').split(/\r?\n/)[(place.line ?? 0) - 1]?.replaceAll('\t', ' ')
    return line !== undefined && /\.ya?ml$/.test(place.file) ? hideSecrets(line) : line
  } catch {
    return undefined
  }
}

const stars = (value: string): string => '*'.repeat(value.length)

/** Stars over the values of keys that hold secrets; the length stays, so that marks stay in place. */
function hideSecrets(line: string): string {
  return hideSecretsInText(hideValues(line), stars)
}

function hideValues(text: string): string {
  const entries = /([\w-]+)(["']?\s*:\s*)("[^"]*"?|'[^']*'?|[{[|>].*|[^\s,}#]+)/g
  return text.replace(entries, (_, name: string, colon: string, value: string) => {
    return name + colon + (secretName.test(name) ? stars(value) : hideValues(value))
  })
}

/** Breaks a text at blanks; further lines start with `indent`. Words longer than a line stay whole. */
export function wrap(text: string, width: number, indent: string): string {
  return text
    .split('\n')
    .map((paragraph) => wrapParagraph(paragraph, width - indent.length).join(`\n${indent}`))
    .join(`\n${indent}`)
}

function wrapParagraph(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function stackOf(error: unknown): string {
  const stacks: string[] = []
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    stacks.push(current.stack ?? String(current))
  }
  return stacks.join('\ncaused by: ')
}
