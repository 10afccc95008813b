import { suggestion, suggestionHint } from '../base/suggest.ts'
import type { Tags } from '../model/field.ts'
import { versionNumber } from '../model/version-number.ts'
import { type CallSite, definitionError } from './place.ts'

/** What every object says of itself. */
export interface CommonOptions {
  readonly description?: string
  readonly tags?: Tags
  /** Usually the mail address of who looks after it. */
  readonly owner?: string
}

export const commonOptionNames: readonly (keyof CommonOptions)[] = ['description', 'tags', 'owner']

/** The part of the model that all objects share. */
export function registered<N extends string>(
  name: N,
  options: CommonOptions,
): { name: N; project: string; description: string; tags: Tags; owner: string } {
  return {
    name,
    project: '',
    description: options.description ?? '',
    tags: { ...options.tags },
    owner: options.owner ?? '',
  }
}

/** @throws FTS2001 for an empty name, blanks at its ends, control characters, or one of the forbidden characters. */
export function requireName(what: string, name: unknown, site: CallSite, forbidden: readonly string[] = []): void {
  const fault = faultOfName(name, forbidden)
  if (fault === undefined) return
  throw definitionError('FTS2001', site, {
    message: `The name ${JSON.stringify(name)} of ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what} ${fault}.`,
    mark: typeof name === 'string' ? name : undefined,
    field: 'name',
  })
}

/** What is wrong with a name; undefined when nothing is. */
export function faultOfName(name: unknown, forbidden: readonly string[] = []): string | undefined {
  if (typeof name !== 'string') return 'is not a text'
  if (name === '') return 'is empty'
  if (name.trim() !== name) return 'begins or ends with a blank'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'has a control character'
  const character = forbidden.find((each) => name.includes(each))
  return character === undefined
    ? undefined
    : `contains "${character}", which separates the parts of a feature reference`
}

/** The characters that `view@v2:feature` gives a meaning. */
export const reservedInViewNames: readonly string[] = ['@', ':']

/** @throws FTS2002 when an option is misspelt; JavaScript has no compiler that would say so. */
export function requireKnownOptions(what: string, options: object, known: readonly string[], site: CallSite): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw definitionError('FTS2002', site, {
      message: `The ${what} has no option "${name}".${suggestion(name, known)}`,
      mark: name,
      hint: suggestionHint(name, known),
      notes: [`options: ${known.join(', ')}`],
      field: name,
    })
  }
}

/** The pinned version in its short form. @throws FTS2010 when it is neither `latest` nor `vN`. */
export function requireVersion(what: string, version: string | undefined, site: CallSite): string {
  const text = version ?? 'latest'
  const number = versionNumber(text)
  if (number !== undefined) return number === null ? 'latest' : `v${number}`
  throw definitionError('FTS2010', site, {
    message: `The version "${text}" of ${what} is neither "latest" nor of the form "v2".`,
    mark: text,
    field: 'version',
  })
}
